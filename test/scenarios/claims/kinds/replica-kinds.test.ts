import { describe, expect, it, test } from 'vitest';
import { UserError } from '../../../../base/errors.ts';
import { CATALOG } from '../../../../devices/catalog/catalog.ts';
import { kernelSeconds } from '../../../../devices/kernels/index.ts';
import { MODELS } from '../../../../graph/zoo/index.ts';
import { dataParallel } from '../../../../scenarios/claims/kinds/data-parallel.ts';
import type { ClaimKind, PredictedStep } from '../../../../scenarios/claims/kinds/kind.ts';
import { parameterServer } from '../../../../scenarios/claims/kinds/parameter-server.ts';
import { claimedCluster } from '../../../../scenarios/claims/kinds/simulated-step.ts';
import { singleDevice } from '../../../../scenarios/claims/kinds/single-device.ts';
import { slowestOf } from '../../../../scenarios/claims/kinds/slowest-device.ts';
import { clusterSchema } from '../../../../scenarios/cluster-schema.ts';
import { compilePlan } from '../../../../sim/compile.ts';
import { simulate } from '../../../../sim/engine.ts';
import { STRATEGIES } from '../../../../sim/strategies/index.ts';
import { planBy } from '../../../../sim/strategies/input.ts';

const cluster = clusterSchema.parse({
  workers: { cpu: 'xeon-e5-2650v2', accelerator: 'p100', accelerators: 4 },
  parameter_servers: { count: 2, cpu: 'xeon-e5-2650v2' },
  network: { link: 'eth-10g' },
});
const setting = { cluster, catalog: CATALOG, kernelFactor: 1 };

function predict<F>(kind: ClaimKind<F>, fields: object, change: object = {}): PredictedStep {
  return kind.predict(kind.fields.parse(fields), { ...setting, ...change });
}

/** Small enough to be quick. */
const NET = { model: 'alexnet-v2', batch: 16 };

describe('single-device', () => {
  it('forward is part of forward and backward, and these of a training step', () => {
    const [forward, both, training] = ['forward', 'forward+backward', 'training'].map(
      (phase) => predict(singleDevice, { ...NET, phase }).seconds,
    );
    expect(both! / forward!).toBeGreaterThan(1.5);
    expect(training!).toBeGreaterThan(both!);
    expect(training! / both!).toBeLessThan(1.5);
  });

  it("counts the flops of products: three times forward's, but for the gradient of the images", () => {
    const step = predict(singleDevice, NET);
    // 736,555,776 multiply-adds forward; the first convolution, 54²·64·363 of them, has no gradient of its
    // input. Adding the biases is a part of convolutions.
    const forward = 736_555_776;
    expect(step.modelFlops! / (16 * 2 * (3 * forward - 54 ** 2 * 64 * 363))).toBeCloseTo(1, 3);
    expect(step.samples).toBe(16);
    expect(step.idealSeconds).toBeCloseTo(step.modelFlops! / step.peakFlops!, 12);
    expect(step.seconds).toBeGreaterThan(step.rooflineSeconds);
  });

  it('takes longer with slower kernels, in proportion but for the software', () => {
    const [once, twice] = [1, 2].map((kernelFactor) => predict(singleDevice, NET, { kernelFactor }).seconds);
    expect(twice! / once!).toBeCloseTo(2, 1);
  });

  it('merges memory-bound ops where the stack does', () => {
    const run = { model: 'resnet-18', batch: 16 };
    const of = (stack: string) => predict(singleDevice, { ...run, stack }).seconds;
    expect(of('xla')).toBeLessThan(of('tensorflow-1'));
    expect(of('nvidia-graphs')).toBeLessThan(of('nvidia-optimized'));
  });
});

describe('data-parallel', () => {
  it('on one device is the step of that device', () => {
    expect(predict(dataParallel, { ...NET, workers: 1 }).seconds).toBe(predict(singleDevice, NET).seconds);
  });

  it('is the simulation of all workers, of which one stands for all', () => {
    const workers = 8;
    const whole = claimedCluster(setting, workers);
    const plan = planBy(STRATEGIES['all-reduce'], {
      model: MODELS['alexnet-v2']!,
      batch: NET.batch,
      cluster: whole,
      workers,
      prefetched: true,
      updates: 2,
    });
    const slowed = slowestOf(workers, 'GPU');
    const compiled = compilePlan(plan, whole, (work, device) => slowed * kernelSeconds(work, device));
    const dispatch = whole.devices[0]!.model.dispatchSeconds?.value ?? 0;
    const { updateSeconds } = simulate(compiled, whole, {
      dispatchSeconds: Float64Array.from(whole.devices, ({ model }) => (model.kind === 'CPU' ? 0 : dispatch)),
      copyEngines: Int32Array.from(whole.devices, ({ model }) => model.copyEngines?.value ?? 0),
    });
    const { seconds } = predict(dataParallel, { ...NET, workers });
    expect(seconds / (updateSeconds[1]! - updateSeconds[0]!)).toBeCloseTo(1, 6);
  });

  it('adds micro-batches that exchange nothing', () => {
    const of = (accumulation: number) => predict(dataParallel, { ...NET, workers: 8, accumulation });
    const [one, two, four] = [of(1), of(2), of(4)];
    const more = two.seconds - one.seconds;
    expect(four.seconds - one.seconds).toBeCloseTo(3 * more, 9);
    expect(more).toBeLessThan(one.seconds);
    expect(four.samples).toBe(4 * 8 * 16);
  });

  it('hides exchanges behind backward', () => {
    const of = (overlap: boolean) => predict(dataParallel, { ...NET, workers: 8, overlap }).seconds;
    expect(of(true)).toBeLessThan(of(false));
  });

  it.each([
    [{ ...NET, workers: 2, batches: 3 }, 'batches'],
    [{ ...NET, workers: 2, heads: 3 }, 'heads'],
    [{ ...NET, model: 'alexnet-v3', workers: 2 }, 'alexnet-v3'],
  ])('%j is refused', (fields, named) => {
    expect(JSON.stringify(dataParallel.fields.safeParse(fields).error?.issues)).toContain(named);
  });

  it('says where the hardware has no 8-bit products, or is missing', () => {
    const bert = { model: 'bert-base', batch: 1, sequence: 8, layers: 1, workers: 1, precision: 'float8' };
    expect(() => predict(dataParallel, bert)).toThrow(UserError);
    expect(() => predict(dataParallel, { ...NET, workers: 1 }, { cluster: undefined })).toThrow(UserError);
  });
});

describe('parameter-server', () => {
  it('moves parameters and gradients over the network of one worker, one after the other', () => {
    const elements = 25_000_000;
    const step = predict(parameterServer, {
      model: 'null-step',
      elements,
      variables: 2,
      batch: 1,
      workers: 1,
      servers: 2,
    });
    const bytes = 2 * elements * 4;
    const rate = CATALOG.link('eth-10g').bytesPerSecond.value;
    expect(step.seconds).toBeGreaterThan((2 * bytes) / rate);
    expect(step.seconds).toBeLessThan((2.6 * bytes) / rate);
  });

  it('in the hosts of workers needs no network where there is one host', () => {
    const of = (placement: string) => predict(parameterServer, { ...NET, workers: 4, placement }).seconds;
    expect(of('in-host')).toBeLessThan(of('hosts'));
    expect(of('in-device')).toBeLessThan(of('hosts'));
  });

  it('of hosts that sum their gradients move a fourth of the bytes', () => {
    const of = (summed_in_hosts: boolean) =>
      predict(parameterServer, { ...NET, workers: 16, servers: 2, summed_in_hosts }).seconds;
    expect(of(true)).toBeLessThan(of(false) / 2);
    const one = { ...NET, workers: 1, servers: 1 };
    expect(predict(parameterServer, { ...one, summed_in_hosts: true }).seconds).toBeCloseTo(
      predict(parameterServer, one).seconds,
      9,
    );
  });

  it('with stragglers, waits less with backups', () => {
    const run = { model: 'resnet-18', batch: 32, workers: 8, servers: 2, stragglers: 'revisiting-sync-sgd' };
    // Slow enough that computing, not the network, is what is waited for.
    const of = (backups: number) =>
      predict(parameterServer, { ...run, backups }, { kernelFactor: 50 }).seconds;
    expect(of(1)).toBeLessThan(of(0));
  });

  it.each([
    [{ updates: 'async', backups: 1 }, /^backups are of workers that wait/],
    [{ updates: 'async', summed_in_hosts: true }, /^hosts that sum their gradients wait/],
    [{ placement: 'in-host', servers: 3 }, /^3 servers in-host have only 1 hosts to be on/],
  ])('%j: one clear sentence', (fields, message) => {
    expect(() => predict(parameterServer, { ...NET, workers: 2, ...fields })).toThrow(message);
  });

  it('says that hardware without hosts for servers has none', () => {
    const { parameter_servers: _, ...none } = cluster;
    expect(() => predict(parameterServer, { ...NET, workers: 2 }, { cluster: none })).toThrow(
      /^the hardware has no hosts for parameter servers/,
    );
  });
});

test('the slowest of many: expected maxima of normal draws', () => {
  expect(slowestOf(1, 'GPU')).toBe(1);
  expect(slowestOf(1000, 'CPU')).toBe(1);
  const deviations = (count: number) => (slowestOf(count, 'GPU') - 1) / (0.08 / 5.4);
  // Harter, "Expected values of normal order statistics", Biometrika 1961: 1.4236, 2.5076 and 3.2414.
  for (const [count, expected] of [
    [8, 1.4236],
    [100, 2.5076],
    [1000, 3.2414],
  ] as const)
    expect(deviations(count) / expected).toBeCloseTo(1, 1);
});
