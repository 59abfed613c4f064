import { describe, expect, it, test } from 'vitest';
import type { Cluster } from '../../../devices/cluster.ts';
import { GraphBuilder } from '../../../graph/builder.ts';
import type { Plan } from '../../../graph/plan.ts';
import { elementCount } from '../../../graph/tensor-spec.ts';
import { MODELS } from '../../../graph/zoo/index.ts';
import { STRATEGIES } from '../../../sim/strategies/index.ts';
import { planBy, type RunOfStrategy } from '../../../sim/strategies/input.ts';
import { Row } from '../../../sim/trace.ts';
import {
  distance,
  gpuCluster,
  type Run,
  rowsOf,
  run,
  type TraceRow,
  trainedCopies,
  type Values,
} from './replica-training.ts';

const BATCH = 2;
const STAGES = [1, 2, 3];
const tinyGpt = MODELS.gpt!.with({ layers: 2, width: 8, heads: 2, length: 4, vocabulary: 11 });
const tinyLstm = { vocabulary: 13, embedding: 6, hidden: 5, projection: 4, steps: 3 };
const LEARNERS = {
  'a convolutional network': MODELS['mnist-cnn']!,
  'a Transformer with a tied embedding': tinyGpt,
  'a recurrent network': MODELS['lstm-512-512']!.with(tinyLstm),
  'a recommender with tables': MODELS['dlrm-kaggle']!.with({ largest: 20 }),
};

function planFor(kind: 'zero' | 'all-reduce', given: Partial<RunOfStrategy>) {
  const workers = given.workers ?? 4;
  const cluster = given.cluster ?? gpuCluster(workers, 1, 'v100');
  const plan = planBy(STRATEGIES[kind], {
    model: tinyGpt,
    batch: BATCH,
    cluster,
    workers,
    updates: 3,
    learningRate: 0.001,
    ...given,
  });
  return { plan, cluster };
}

describe('every stage trains as all-reduce does', () => {
  /** The copies that workers have, and the parameters that these are of. */
  function trained(kind: 'zero' | 'all-reduce', given: Partial<RunOfStrategy>) {
    const { plan, cluster } = planFor(kind, given);
    return trainedCopies(plan, cluster, given.model ?? tinyGpt, { batch: BATCH, dtype: given.dtype });
  }

  /** Whole parameters like those of `expected`: the first worker's, or all workers' shards, joined. */
  function whole(copies: ReadonlyMap<string, Values>, expected: Values): Values {
    const ranks = [...copies.values()];
    const joined = [...expected].map(([name, { length }]): [string, Float64Array] => {
      const parts = ranks.flatMap((rank) => [...(rank.get(`${name}/shard`) ?? [])]);
      return [name, ranks[0]!.get(name) ?? Float64Array.from(parts.slice(0, length))];
    });
    return new Map(joined);
  }

  function compared(stage: number, given: Partial<RunOfStrategy>): number {
    const { options, ...same } = given;
    const all = trained('all-reduce', { ...same, options: { optimizer: 'adam', ...options } });
    const copy = [...all.get('worker/0/')!];
    const expected = new Map(copy.filter(([name]) => !/Adam|Momentum|_power|master/.test(name)));
    const parts = trained('zero', { ...same, options: { stage, bucket: '1 kB', ...options } });
    return distance(expected, whole(parts, expected));
  }

  const cases = Object.entries(LEARNERS).flatMap(([what, model]) =>
    STAGES.map((stage) => ({ what, model, stage, workers: stage === 2 ? 2 : 3 })),
  );
  test.each(cases)('stage $stage, $what, $workers workers', ({ model, stage, workers }) => {
    expect(compared(stage, { model, workers })).toBeLessThan(1e-6);
  });

  const optimizers = STAGES.flatMap((stage) =>
    ['sgd', 'momentum'].map((optimizer) => ({ stage, optimizer })),
  );
  test.each(optimizers)('stage $stage, by $optimizer', ({ stage, optimizer }) => {
    expect(compared(stage, { options: { optimizer } })).toBeLessThan(1e-6);
  });

  test.each(STAGES)('stage %d, in mixed precision', (stage) => {
    expect(compared(stage, { dtype: 'float16', updates: 4 })).toBe(0);
  });

  test.each(STAGES)('stage %d, with one worker', (stage) => {
    expect(compared(stage, { workers: 1 })).toBeLessThan(1e-6);
  });
});

/** Bytes of one worker's device when its last step's updates begin, and before any step; per parameter. */
function bytesPerParameter(given: Partial<RunOfStrategy>, kind: 'zero' | 'all-reduce') {
  const { plan, cluster } = planFor(kind, given);
  const done = run(plan, cluster);
  const device = cluster.indexOf('/job:worker/task:1/device:GPU:0');
  const { residentBytes, overTime, peakBytes } = done.simulation.memory!;
  const rows = rowsOf(done).filter(({ loop, iteration }) => loop === 'worker/1' && iteration === 1);
  const begin = Math.min(...rows.filter(({ node }) => node.endsWith('/update')).map(({ start }) => start));
  const { seconds, bytes } = overTime[device]!;
  const parameters = parameterCount(given);
  // Adam has two more scalars of 4 bytes among its variables, and reads two constants of as many.
  return {
    resident: (residentBytes[device]! - 8) / parameters,
    atUpdate: (bytes[seconds.findLastIndex((time) => time <= begin)]! - 16) / parameters,
    peak: peakBytes[device]! / parameters,
  };
}

function parameterCount({ model = tinyGpt }: Partial<RunOfStrategy>): number {
  const { parameters } = model.build(new GraphBuilder(), { batch: 1, dtype: 'float16' });
  return parameters.reduce((sum, { spec }) => sum + elementCount(spec.shape), 0);
}

// Rajbhandari et al., "ZeRO", SC 2020, figure 1 and section 5, with K = 12: parameters, gradients and state of Adam.
describe.each([2, 4, 8])('bytes per parameter of 16 bits on each of %d workers', (N) => {
  const given = {
    model: MODELS.gpt!.with({ layers: 4, width: 64, heads: 2, length: 4, vocabulary: 64 }),
    batch: 1,
    workers: N,
    dtype: 'float16',
    updates: 2,
  } as const;

  test.each([
    { what: 'undivided: 2 + 2 + 12', stage: 0, gradients: 2, formula: 2 + 2 + 12 },
    { what: 'stage 1: 4 + 12/N', stage: 1, gradients: 2, formula: 4 + 12 / N },
    { what: 'stage 2: 2 + 14/N', stage: 2, gradients: 2 / N, formula: 2 + 14 / N },
    { what: 'stage 3: 16/N', stage: 3, gradients: 2 / N, formula: 16 / N },
  ])('$what', ({ stage, gradients, formula }) => {
    const kind = stage === 0 ? 'all-reduce' : 'zero';
    const options: RunOfStrategy['options'] = stage === 0 ? { optimizer: 'adam' } : { stage };
    const { resident, atUpdate } = bytesPerParameter({ ...given, options }, kind);
    expect(resident).toBeCloseTo(formula - gradients, 12);
    expect(atUpdate).toBeCloseTo(formula, 12);
  });
});

test('peaks fall with each stage', () => {
  const model = MODELS.gpt!.with({ layers: 6, width: 128, heads: 2, length: 4, vocabulary: 64 });
  const peaks = [0, ...STAGES].map((stage) => {
    const divided: RunOfStrategy['options'] = stage === 0 ? { optimizer: 'adam' } : { stage };
    const options = { ...divided, bucket: '300 kB' };
    const given = { model, batch: 1, dtype: 'float16', updates: 2, options } as const;
    return bytesPerParameter(given, stage === 0 ? 'all-reduce' : 'zero').peak;
  });
  expect(peaks).toEqual(peaks.toSorted((a, b) => b - a));
  // 16 and 4 + 12/4, and what a model of so few words has of activations.
  expect(peaks[0]).toBeLessThan(16.5);
  expect(peaks[1]).toBeLessThan(7.5);
});

// Section 7: 2Ψ elements per step and device with stages 1 and 2, as of an all-reduce, and 3Ψ with stage 3; of N devices
// each sends and receives (N − 1)/N of that.
test.each([
  ['all-reduce', { optimizer: 'adam' }, 2],
  ['zero', { stage: 1 }, 2],
  ['zero', { stage: 2 }, 2],
  ['zero', { stage: 3 }, 3],
] as const)('%s %o sends %d elements per parameter', (kind, divided: RunOfStrategy['options'], volume) => {
  const model = MODELS.gpt!.with({ layers: 2, width: 64, heads: 2, length: 4, vocabulary: 64 });
  const options = { ...divided, algorithm: 'ring' };
  const given = { model, workers: 8, dtype: 'float16', updates: 1, options } as const;
  const { plan, cluster } = planFor(kind, given);
  const { linkBytes } = run(plan, cluster).simulation;
  const elements = (7 / 8) * volume * parameterCount(given);
  for (const [link, { name }] of cluster.links.entries())
    if (name.includes('switch')) expect(linkBytes[link]! / 2).toBeCloseTo(elements, 3);
});

describe('stage 3', () => {
  const model = MODELS['vgg-11']!.with({ image: 32, dense: 512, width: 32 });
  const sharded = (cluster: Cluster) => {
    const { plan } = planFor('zero', {
      model,
      batch: 64,
      cluster,
      options: { stage: 3, bucket: '500 kB' },
    });
    return { plan, done: run(plan, cluster) };
  };
  const cluster = gpuCluster(4, 1, 'v100');
  const { plan, done } = sharded(cluster);
  const onOneHost = sharded(gpuCluster(1, 4, 'v100'));
  const gathers = gathersOf(done, plan);

  it('gathers each unit for forward and for backward', () => {
    const [forward, backward] = ['forward', 'backward'].map((pass) =>
      gathers.filter(({ node }) => node.startsWith(`exchange/${pass}`)),
    );
    expect(forward!.length).toBeGreaterThan(5);
    expect(backward!.map(({ bytes }) => bytes)).toEqual(forward!.map(({ bytes }) => bytes).reverse());
  });

  // On one host exchanges are shorter than what is computed meanwhile.
  it.each([
    ['between hosts', done, plan],
    ['within a host', onOneHost.done, onOneHost.plan],
  ])('%s: gathers a unit ahead of its use, but two at most', (_, done, plan) => {
    const gathers = gathersOf(done, plan);
    for (const [i, { start }] of gathers.entries()) {
      if (i > 0) expect(start).toBeGreaterThanOrEqual(gathers[i - 1]!.end);
      if (i > 1) expect(start).toBeGreaterThanOrEqual(gathers[i - 2]!.read);
    }
    const ahead = gathers.filter(({ start }, i) => i > 0 && start < gathers[i - 1]!.read);
    expect(ahead.length).toBeGreaterThan(gathers.length / 2);
  });

  it('takes no longer where workers are alike and one stands for all', () => {
    const folded = planFor('zero', {
      model,
      batch: 64,
      options: { stage: 3, bucket: '500 kB' },
      alike: true,
    });
    expect(folded.plan.loops).toHaveLength(1);
    expect(run(folded.plan, cluster).simulation.seconds / done.simulation.seconds).toBeCloseTo(1, 9);
  });
});

/** The gathers of one worker's second step, each with when it is read last in its pass. */
function gathersOf(done: Run, plan: Plan): (TraceRow & { readonly read: number })[] {
  const rows = rowsOf(done).filter(({ loop, iteration }) => loop === 'worker/1' && iteration === 1);
  const endOf = new Map(rows.map(({ node, end }) => [node, end]));
  const { graph } = plan.loops[1]!.template;
  const readersOf = (node: number): number[] =>
    Array.from({ length: graph.nodeCount }, (_, reader) => reader).filter((reader) =>
      graph.input
        .subarray(graph.inputStart[reader], graph.inputStart[reader + 1])
        .some((tensor) => graph.producer[tensor] === node),
    );
  const lastRead = (node: number): number =>
    Math.max(
      ...readersOf(node).map((reader) =>
        graph.op[reader] === 'Reshape' ? lastRead(reader) : (endOf.get(graph.name[reader]!) ?? 0),
      ),
    );
  return rows
    .filter(({ kind, node }) => kind === Row.exchange && !node.includes('reduce'))
    .map((row) => ({ ...row, read: lastRead(graph.name.indexOf(row.node)) }));
}

describe('a mesh whose replicas divide the state of the optimizer', () => {
  const model = tinyGpt.with({ vocabulary: 12 });

  function meshOf(
    workers: number,
    options: RunOfStrategy['options'],
    dtype: RunOfStrategy['dtype'] = 'float32',
  ) {
    const cluster = gpuCluster(workers, 1, 'v100');
    const given = { model, batch: 4, cluster, workers, updates: 3, learningRate: 0.001, dtype };
    const adam = { optimizer: 'adam', ...options };
    return { plan: planBy(STRATEGIES.mesh, { ...given, options: adam }), cluster };
  }

  test.each([
    [4, { pipeline: 2, micro_batches: 2 }],
    [8, { tensor: 2, pipeline: 2, micro_batches: 2, sequence: true, recompute: 'full' }],
    [3, { bucket: '1 kB' }],
  ])('trains as one does whose replicas do not: %d workers, %o', (workers, options) => {
    const [whole, divided] = [0, 1].map((zero) => {
      const { plan, cluster } = meshOf(workers, { ...options, zero });
      return trainedCopies(plan, cluster, model, { batch: 4 });
    });
    for (const [scope, values] of divided!) {
      const expected = [...whole!.get(scope)!].filter(([name]) => !/Adam|_power/.test(name));
      expect(expected.length).toBeGreaterThan(10);
      expect(distance(new Map(expected), values)).toBeLessThan(1e-6);
    }
  });

  it('has the memory of stage 1', () => {
    const [mesh, zero] = [
      meshOf(4, { zero: 1 }, 'float16'),
      planFor('zero', { model, options: { stage: 1 }, dtype: 'float16', batch: 4 }),
    ].map(({ plan, cluster }) => run(plan, cluster).simulation.memory!.residentBytes);
    expect(mesh).toEqual(zero);
  });

  it('refuses what is an algorithm of all-reduces only', () => {
    expect(() => meshOf(4, { zero: 1, algorithm: 'tree' })).toThrow(/ring.*not tree/);
  });
});
