import { describe, expect, test } from 'vitest';
import { parseScenario } from '../../scenarios/load.ts';
import type { Results, TrainingRun } from '../../scenarios/results.ts';
import { runScenario } from '../../scenarios/run.ts';

const CLUSTER = `
title: a test
cluster:
  workers: { cpu: xeon-e5-2699v3, accelerator: k40, accelerators: 2 }
  parameter_servers: { count: 2, cpu: xeon-e5-2699v3 }
  network: { link: eth-10g }
noise:
  compute: { sigma: 0.1 }
  stragglers: { probability: 0.2, slowdown: 4 }
experiments:
`;

const training = (fields: string): string =>
  `  - { kind: training, learning_rate: 0.05, strategies: [{ kind: sync }], ${fields} }\n`;

async function results(experiments: string, seed = 7): Promise<Results> {
  return runScenario(parseScenario(CLUSTER + experiments, 'test.yaml'), { seed });
}

async function runs(experiments: string): Promise<readonly TrainingRun[]> {
  return (await results(experiments)).training.flatMap((experiment) => experiment.runs);
}

test('8 synchronous workers compute, step for step, the loss of one worker with an 8-fold batch', async () => {
  const numbers = 'numbers: { dataset: mnist, held_out: 100, evaluations: 21 }';
  const model = (batch: number): string => `model: { name: mnist-cnn, batch: ${batch} }`;
  const [eight, one] = await runs(
    training(`name: eight, ${model(4)}, workers: [8], steps: 20, ${numbers}`) +
      training(`name: one, ${model(32)}, workers: [1], steps: 20, ${numbers}`),
  );
  const [many, alone] = [eight!.learning!, one!.learning!];
  expect(many.updates).toEqual(Array.from({ length: 21 }, (_, i) => i));
  expect(many.samples).toEqual(alone.samples);
  for (const [i, loss] of many.heldOutLoss.entries()) {
    expect(Math.abs(loss! / alone.heldOutLoss[i]! - 1)).toBeLessThan(1e-4);
  }
  // It learns, so equal losses are not equal for want of change.
  expect(many.heldOutLoss[20]!).toBeLessThan(many.heldOutLoss[0]! - 0.05);
  expect(many.seconds[20]!).not.toBe(alone.seconds[20]);
});

test('equal scenarios and seeds give equal results, byte for byte; another seed gives others', async () => {
  const experiments =
    training(
      'name: t, model: { name: mnist-softmax, batch: 4 }, workers: [1, 3], steps: 12, numbers: { dataset: mnist, held_out: 50 }',
    ) +
    '  - { kind: placement, name: p, model: { name: mnist-cnn, batch: 64 }, placers: [{ kind: greedy }, { kind: reinforce, evaluations: 200 }] }\n';
  const once = JSON.stringify(await results(experiments));
  expect(JSON.stringify(await results(experiments))).toBe(once);
  expect(JSON.stringify(await results(experiments, 8))).not.toBe(once);
});

test('numbers change nothing in the timing', async () => {
  const timed = 'name: t, model: { name: mnist-mlp, batch: 4 }, workers: [2], steps: 10';
  const [withNumbers, without] = [
    await runs(training(`${timed}, numbers: { dataset: mnist, steps: 5, held_out: 10, evaluations: 3 }`)),
    await runs(training(timed)),
  ];
  expect({ ...withNumbers[0]!, learning: null }).toEqual(without[0]);
  expect(withNumbers[0]!.learning!.updates).toEqual([0, 3, 5]);
});

describe('physical limits', () => {
  test('no link carries more than its bandwidth, and device shares sum to 1', async () => {
    const all = await runs(
      training('name: t, model: { name: mnist-mlp, batch: 8 }, workers: [1, 4], steps: 20').replace(
        '[{ kind: sync }]',
        '[{ kind: sync }, { kind: backup, backups: 1 }, { kind: async }]',
      ),
    );
    expect(all).toHaveLength(5);
    for (const run of all) {
      for (const { compute, communication, waiting } of run.devices) {
        expect(compute + communication + waiting).toBeCloseTo(1, 9);
        expect(Math.min(compute, communication, waiting)).toBeGreaterThanOrEqual(0);
      }
      for (const { link, bytes } of run.links) {
        // 10 GbE: 1.17 GB/s at most, plus what was still queued at the end; PCIe is an order faster.
        const limit = link.includes('GPU') ? 15.75e9 : 1.25e9;
        expect(bytes / run.simulatedSeconds).toBeLessThan(limit);
      }
    }
  });

  test('without noise, more workers never make a synchronous step shorter, and one step is like another', async () => {
    const quiet = CLUSTER.replace('sigma: 0.1', 'sigma: 0').replace('probability: 0.2', 'probability: 0');
    const scenario = parseScenario(
      quiet + training('name: t, model: { name: mnist-cnn, batch: 8 }, workers: [1, 2, 4, 8], steps: 10'),
      'test.yaml',
    );
    const [experiment] = (await runScenario(scenario, { seed: 1 })).training;
    const means = experiment!.runs.map(({ stepSeconds }) => stepSeconds.mean);
    expect(means).toEqual([...means].sort((a, b) => a - b));
    for (const { stepSeconds } of experiment!.runs)
      expect(stepSeconds.max / stepSeconds.p50).toBeLessThan(1.01);
  });
});

test('runs that make no sense are skipped with a reason', async () => {
  const experiment = training(
    'name: t, model: { name: mnist-mlp, batch: 8 }, workers: [1, 2], steps: 5',
  ).replace('{ kind: sync }', '{ kind: backup, backups: 1 }');
  const {
    training: [result],
  } = await results(experiment);
  expect(result!.runs.map(({ workers }) => workers)).toEqual([2]);
  expect(result!.skipped).toEqual([
    { strategy: 'backup', workers: 1, reason: '1 of 1 workers as backups leaves none to wait for' },
  ]);
});

/*
 * The search starts at the fastest single device. The slower the GPUs, the less do transfers cost beside them, and the
 * more does greedy gain by the second (of V100s it loses, of K40s it saves 37 %): 600 placements do not suffice then to
 * come past greedy; 1,200 do. 3,000 is what scenarios/placement.yaml allows, and what the defaults of the search say to be
 * near its end.
 */
const EVALUATIONS = 3000;

test('placements: reinforcement learning is at least as good as the best of single device and greedy', async () => {
  const { placement } = await results(
    `  - { kind: placement, name: p, model: { name: inception-v3, batch: 32 }, placers: [{ kind: single-device }, { kind: greedy }, { kind: reinforce, evaluations: ${EVALUATIONS} }] }\n`,
  );
  const { runs: placed, bounds } = placement[0]!;
  const [single, greedy, learned] = placed.map(({ stepSeconds }) => stepSeconds);
  expect(learned!).toBeLessThanOrEqual(Math.min(single!, greedy!));
  // As many as asked for, the last update of 16 finished, and each of the 3 single devices tried first.
  expect(placed[2]!.evaluations).toBeLessThan(EVALUATIONS + 16 + 3);
  for (const { stepSeconds, speedUp } of placed) {
    expect(stepSeconds).toBeGreaterThanOrEqual(Math.max(bounds.criticalPathSeconds, bounds.areaSeconds));
    expect(speedUp).toBe(single! / stepSeconds);
  }
}, 120_000);

test('half-precision training keeps its parameters on servers whose CPUs have no such arithmetic', async () => {
  const inHalf = (accelerator: string, precision: string): string =>
    CLUSTER.replace('k40', accelerator) +
    training(
      `name: t, model: { name: mnist-mlp, batch: 256, precision: ${precision} }, workers: [2], steps: 3`,
    );
  for (const [accelerator, precision] of [
    ['v100', 'float16'],
    ['a100', 'bfloat16'],
    ['tpu-v3', 'bfloat16'],
  ]) {
    const scenario = parseScenario(inHalf(accelerator!, precision!), 'test.yaml');
    const [experiment] = (await runScenario(scenario, { seed: 1 })).training;
    expect(experiment!.model.parameterBytes).toBe(2 * 101_770);
    expect(experiment!.runs[0]!.stepSeconds.mean).toBeGreaterThan(0);
  }
});
