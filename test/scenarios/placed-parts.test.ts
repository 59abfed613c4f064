import { expect, test } from 'vitest';
import { parseScenario } from '../../scenarios/load.ts';
import type { TrainingExperiment } from '../../scenarios/results.ts';
import { runScenario } from '../../scenarios/run.ts';

/** Model parallelism on up to 4 GPUs of one host, cut by the placers of the catalogue. */
async function trained(experiment: string): Promise<TrainingExperiment> {
  const scenario = parseScenario(
    `
title: a test
cluster:
  workers: { cpu: xeon-e5-2699v3, accelerator: k40, accelerators: 4 }
  network: { link: eth-10g }
experiments:
  - { kind: training, name: a, ${experiment} }
`,
    'test.yaml',
  );
  const results = await runScenario(scenario, { seed: 1 });
  return results.training[0]!;
}

const by = (...placers: string[]): string =>
  `[${placers.map((placer) => `{ kind: model-parallel, placer: ${placer} }`).join(', ')}]`;

test('a placer may use the workers’ accelerators and their host’s CPU, and none besides', async () => {
  const { runs } = await trained(
    `model: { name: inception-v3, batch: 32 }, workers: [1, 2], steps: 3, strategies: ${by('single-device', 'round-robin', 'greedy')}`,
  );
  const usedBy = (label: string, workers: number): string[] =>
    runs
      .find((run) => run.label === label && run.workers === workers)!
      .devices.filter(({ compute }) => compute > 0)
      .map(({ device }) => device);
  const [cpu, ...gpus] = ['CPU:0', 'GPU:0', 'GPU:1'].map((device) => `/job:worker/task:0/device:${device}`);
  expect(usedBy('model parallel, single-device', 2)).toEqual([gpus[0]]);
  expect(usedBy('model parallel, round-robin', 1)).toEqual([cpu, gpus[0]]);
  expect(usedBy('model parallel, round-robin', 2)).toEqual([cpu, ...gpus]);
  const speedUp = (label: string): number =>
    runs.find((run) => run.label === label && run.workers === 2)!.speedUp;
  expect(speedUp('model parallel, greedy')).toBeGreaterThan(1.2);
  expect(speedUp('model parallel, round-robin')).toBeLessThan(1);
});

test('its numbers are those of one worker, whatever the cut', async () => {
  const { runs } = await trained(
    `model: { name: mnist-cnn, batch: 8 }, workers: [1, 3], steps: 12, strategies: ${by('single-device', 'round-robin')},
      numbers: { dataset: mnist, held_out: 50, evaluations: 4 }`,
  );
  const losses = runs.map(({ learning }) => learning!.heldOutLoss);
  expect(losses).toHaveLength(4);
  for (const curve of losses) {
    expect(curve).toHaveLength(4);
    for (const [i, loss] of curve.entries()) expect(Math.abs(loss! - losses[0]![i]!)).toBeLessThan(1e-5);
  }
  expect(losses[0]!.at(-1)).toBeLessThan(losses[0]![0]!);
});

test('a model that cannot say its parts has to be given a placer', async () => {
  await expect(
    trained(`model: { name: mnist-cnn, batch: 8 }, workers: [2], steps: 3, strategies: [model-parallel]`),
  ).rejects.toThrow(
    'experiments.0.strategies.0: mnist-cnn does not say how it may be cut into parts; name a placer, e.g. greedy',
  );
});
