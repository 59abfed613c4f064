import { beforeAll, describe, expect, test } from 'vitest';
import measured from '../../devices/catalog/drawn-power.json' with { type: 'json' };
import { findDevice, findNode } from '../../devices/catalog/index.ts';
import { BUSY, devicePower, drawnShare, WAITING } from '../../devices/power.ts';
import { parseScenario } from '../../scenarios/load.ts';
import type { Economy, Results } from '../../scenarios/results.ts';
import { parseResults } from '../../scenarios/results-schema.ts';
import { runScenario } from '../../scenarios/run.ts';

async function resultsOf(text: string): Promise<Results> {
  return runScenario(parseScenario(text, 'economy.yaml'), { seed: 1, placing: { jobs: 1 } });
}

const training = ({
  workers = '{cpu: xeon-e5-2699v3, accelerator: k40, price: "0.90 $/h"}',
  servers = '{count: 2, cpu: xeon-e5-2699v3, price: "0.50 $/h"}',
  noise = '{}',
  strategies = '[{kind: sync}, {kind: backup, backups: 1}, {kind: all-reduce}]',
  model = '{name: mnist-cnn, batch: 16}',
  counts = '[4]',
} = {}): string => `title: What it costs
cluster:
  workers: ${workers}
  parameter_servers: ${servers}
  network: {link: eth-10g}
noise: ${noise}
experiments:
  - kind: training
    name: cnn
    model: ${model}
    workers: ${counts}
    steps: 10
    strategies: ${strategies}
`;

describe('power', () => {
  test.each(measured.busy)('$device draws at $work what the model says it may', ({ rated, watts }) => {
    const { least, most } = devicePower(rated, 1);
    expect(watts).toBeGreaterThanOrEqual(least - 1e-9);
    expect(watts).toBeLessThanOrEqual(most);
  });

  test('of devices that the others tell of is off by a quarter on average, and by half at worst', () => {
    const devices = [...new Set(measured.busy.map(({ device }) => device))];
    const errors = devices.map((device) => {
      const others = drawnShare(measured.busy.filter((row) => row.device !== device));
      const own = drawnShare(measured.busy.filter((row) => row.device === device));
      return Math.abs(others.mean / own.mean - 1);
    });
    expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(0.25);
    expect(Math.max(...errors)).toBeLessThan(0.52);
  });

  test('of a node of 8 H100 is near the 76 % of its rating that Newkirk et al. (2025) measured in training', () => {
    const node = findNode('dgx-h100');
    const rating = node.powerWatts!.value;
    const [gpus, cpus] = [8 * 700, 2 * 350];
    const watts =
      devicePower(gpus, 1).expected +
      devicePower(cpus, 0).expected +
      devicePower(rating - gpus - cpus, 1).expected;
    expect(watts / rating).toBeGreaterThan(0.76 * 0.85);
    expect(watts / rating).toBeLessThan(0.76 * 1.15);
  });

  test('goes from that of waiting to that of computing in a straight line', () => {
    expect(devicePower(100, 0).expected).toBeCloseTo(100 * WAITING.mean, 9);
    expect(devicePower(100, 1).expected).toBeCloseTo(100 * BUSY.mean, 9);
    expect(devicePower(100, 0.5).expected).toBeCloseTo(50 * (WAITING.mean + BUSY.mean), 9);
  });
});

describe('training', () => {
  let results: Results;
  beforeAll(async () => {
    results = await resultsOf(training());
  });
  const of = (label: string): { economy: Economy; samplesPerSecond: number; step: number } => {
    const run = results.training[0]!.runs.find((one) => one.label === label)!;
    return { economy: run.economy!, samplesPerSecond: run.samplesPerSecond, step: run.stepSeconds.mean };
  };

  test('costs its hosts, backups and servers too; all-reduce rents no servers', () => {
    expect(of('synchronous').economy.dollarsPerHour).toBeCloseTo(4 * 0.9 + 2 * 0.5, 12);
    expect(of('synchronous, 1 backup').economy.dollarsPerHour).toBeCloseTo(4 * 0.9 + 2 * 0.5, 12);
    expect(of('all-reduce').economy.dollarsPerHour).toBeCloseTo(4 * 0.9, 12);
  });

  test('costs by the step and by the sample what its time costs', () => {
    const { economy, samplesPerSecond, step } = of('synchronous, 1 backup');
    const perSecond = economy.dollarsPerHour! / 3600;
    expect(economy.dollarsPerStep).toBeCloseTo(perSecond * step, 15);
    expect(economy.dollarsPerMillionSamples).toBeCloseTo((perSecond / samplesPerSecond) * 1e6, 12);
    expect(economy.joulesPerStep).toBeCloseTo(economy.watts! * step, 12);
    const { kilowattHoursPerMillionSamples: energy } = economy;
    expect(energy! * 3.6e6).toBeCloseTo((economy.watts! / samplesPerSecond) * 1e6, 6);
    expect(economy.wattsRange!.least).toBeLessThan(economy.watts!);
    const rated = 4 * (235 + 145) + 2 * 145;
    expect(economy.wattsRange!.most).toBeCloseTo(rated, 9);
  });

  test('tells the cheapest run in the answer, and prices among the assumptions', () => {
    expect(results.answers[0]).toMatch(/A million samples cost [\d.]+ \$/);
    const priced = results.assumptions.filter(({ decides }) => decides === 'economy').map(({ what }) => what);
    expect(priced).toEqual(
      expect.arrayContaining(['k40: power', 'price of a worker host', 'price of a parameter server']),
    );
  });

  test('is read back', () => {
    expect(() => parseResults(JSON.parse(JSON.stringify(results)), 'results.json')).not.toThrow();
  });

  test('draws as much where one worker stands for all as where each is simulated', async () => {
    const asked = { strategies: '[{kind: all-reduce}]', counts: '[8]' };
    const [folded, single] = await Promise.all([
      resultsOf(training(asked)),
      resultsOf(training({ ...asked, noise: '{compute: {sigma: 0.000001}}' })),
    ]);
    const watts = ({ training: [experiment] }: Results): number => experiment!.runs[0]!.economy!.watts!;
    expect(watts(folded) / watts(single)).toBeCloseTo(1, 3);
  });

  test('of a node has its list price and power; of another make of it neither price nor power of the whole', async () => {
    const strategies = '[{kind: all-reduce}]';
    const [node, other] = await Promise.all([
      resultsOf(training({ workers: '{node: aws-p3-16xlarge}', strategies, counts: '[8, 16]' })),
      resultsOf(training({ workers: '{node: aws-p3-16xlarge, accelerator: p100}', strategies })),
    ]);
    const economy = node.training[0]!.runs.map((run) => run.economy!.dollarsPerHour);
    expect(economy).toEqual([24.48, 2 * 24.48]);
    const { dollarsPerHour, watts, basis } = other.training[0]!.runs[0]!.economy!;
    expect(dollarsPerHour).toBeNull();
    expect(basis[0]).toBe('price: not known; to have costs, set cluster.workers.price, e.g. "1.20 $/h"');
    expect(watts).toBeGreaterThan(0);
  });

  test('on chips whose power nobody publishes has none', async () => {
    const {
      training: [experiment],
    } = await resultsOf(
      training({
        workers: '{node: tpu-v5e-8}',
        strategies: '[{kind: all-reduce}]',
        model: '{name: mnist-cnn, batch: 16, precision: bfloat16}',
      }),
    );
    const { watts, joulesPerStep, basis } = experiment!.runs[0]!.economy!;
    expect([watts, joulesPerStep]).toEqual([null, null]);
    expect(basis.join()).toMatch(/nobody publishes what a .*v5e.* draws/);
  });
});

test('a placement costs what its objective says, on the hosts that it uses', async () => {
  const {
    placement: [experiment],
  } = await resultsOf(`title: Placed
cluster:
  workers: {node: aws-p2-8xlarge, accelerators: 2}
experiments:
  - kind: placement
    name: where
    model: {name: mnist-cnn, batch: 64}
    placers: [{kind: greedy}]
    objective: cost
`);
  for (const run of experiment!.runs) {
    expect(run.economy!.dollarsPerHour).toBe(7.2);
    expect(run.economy!.dollarsPerStep! / run.score).toBeCloseTo(1, 9);
  }
});

test('energy of ResNet-50 on one GPU is near what Zeus measured', async () => {
  // Watts at the highest limit and seconds of an epoch of 1 281 167 images, batches of 128 (summary_power_*.csv).
  const zeus = [
    { device: 'v100-pcie', watts: 222.44, seconds: 3603.6 },
    { device: 'p100-pcie', watts: 165.47, seconds: 6277.98 },
    { device: 'a40', watts: 244.26, seconds: 3739.5 },
  ];
  for (const { device, watts, seconds } of zeus) {
    const {
      training: [experiment],
    } = await resultsOf(
      training({
        workers: `{cpu: xeon-e5-2699v3, accelerator: ${device}}`,
        strategies: '[{kind: all-reduce}]',
        counts: '[1]',
        model: '{name: resnet-50, batch: 128}',
      }),
    );
    const run = experiment!.runs[0]!;
    const busy = run.devices.find((use) => use.device.includes('GPU'))!.compute;
    const power = devicePower(findDevice(device).powerWatts!.value, busy);
    const predicted = (power.expected / run.samplesPerSecond) * 1e6;
    const real = (watts * seconds * 1e6) / 1_281_167;
    expect(real).toBeGreaterThan((power.least / run.samplesPerSecond) * 1e6 * 0.8);
    expect(predicted / real).toBeGreaterThan(0.6);
    expect(predicted / real).toBeLessThan(1.67);
  }
});
