import { describe, expect, it, test } from 'vitest';
import { COLLECTIVES, collectiveSeconds } from '../../../devices/collectives/index.ts';
import { idleRoute } from '../../../devices/idle-route.ts';
import { wasmExecutor } from '../../../executor/wasm/executor.ts';
import { GraphBuilder } from '../../../graph/builder.ts';
import { adam } from '../../../graph/optimizers/adam.ts';
import { gradientDescent } from '../../../graph/optimizers/gradient-descent.ts';
import { momentum } from '../../../graph/optimizers/momentum.ts';
import { byteCount } from '../../../graph/tensor-spec.ts';
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
  trainedAlone,
  trainedCopies,
} from './replica-training.ts';

const BATCH = 2;
const tinyGpt = MODELS.gpt!.with({ layers: 2, width: 8, heads: 2, length: 4, vocabulary: 11 });
const tinyRecommender = MODELS['dlrm-kaggle']!.with({ largest: 20 });
const LEARNERS = {
  'softmax regression': MODELS['mnist-softmax']!,
  'a convolutional network': MODELS['mnist-cnn']!,
  'a Transformer with a tied embedding': tinyGpt,
  'a recommender with tables': tinyRecommender,
};

function planFor(given: Partial<RunOfStrategy>) {
  const workers = given.workers ?? 4;
  const cluster = given.cluster ?? gpuCluster(workers);
  const plan = planBy(STRATEGIES['all-reduce'], {
    model: MODELS['mnist-mlp']!,
    batch: BATCH,
    cluster,
    workers,
    updates: 3,
    ...given,
  });
  return { plan, cluster };
}

it.each<Required<Pick<RunOfStrategy, 'workers' | 'options'>>>([
  { workers: 1, options: {} },
  { workers: 2, options: { overlap: false } },
])('$workers workers make no gradient as long as a table: $options', ({ workers, options }) => {
  const { plan } = planFor({ model: MODELS['null-step-sparse']!.with({ rows: 50 }), workers, options });
  for (const { template } of plan.loops) expect(template.graph.op).not.toContain('GatherGrad');
});

describe('n workers train as one with n times the batch', () => {
  const cases = Object.entries(LEARNERS).flatMap(([what, model]) =>
    [2, 3, 4].map((workers) => ({ what, model, workers })),
  );
  test.each(cases)('$what, $workers workers', ({ model, workers }) => {
    const { plan, cluster } = planFor({ model, workers, options: { bucket: '10 kB' } });
    const copies = trainedCopies(plan, cluster, model, { batch: BATCH });
    const alone = trainedAlone(model, gradientDescent(0.1), { batch: BATCH, replicas: workers, updates: 2 });
    expect(distance(alone, copies.get('worker/0/')!)).toBeLessThan(1e-5);
    for (const copy of copies.values()) expect(distance(copy, copies.get('worker/0/')!)).toBe(0);
  });
});

test.each([
  ['momentum', momentum({ learningRate: 0.001, momentum: 0.9 })],
  ['adam', adam({ learningRate: 0.001 })],
])('so they do with %s, and have slots of their own', (optimizer, alone) => {
  const { plan, cluster } = planFor({
    model: tinyRecommender,
    workers: 3,
    options: { optimizer },
    updates: 4,
    learningRate: 0.001,
  });
  const copies = trainedCopies(plan, cluster, tinyRecommender, { batch: BATCH });
  const expected = trainedAlone(tinyRecommender, alone, { batch: BATCH, replicas: 3, updates: 3 });
  expect(distance(expected, copies.get('worker/0/')!)).toBeLessThan(1e-5);
  for (const copy of copies.values()) expect(distance(copy, copies.get('worker/0/')!)).toBe(0);
});

test('the numbers do not depend on threads, buckets, overlap or algorithm', () => {
  const model = MODELS['mnist-cnn']!;
  const trained = (options: RunOfStrategy['options'], threads: number) => {
    const { plan, cluster } = planFor({ model, options, updates: 2 });
    const backend = wasmExecutor({ threads, leastShared: 0 });
    try {
      backend.start();
      return trainedCopies(plan, cluster, model, { batch: BATCH, backend }).get('worker/3/')!;
    } finally {
      backend.close();
    }
  };
  const expected = trained({}, 1);
  expect(distance(trained({}, 3), expected)).toBe(0);
  expect(distance(trained({ bucket: '1 kB', overlap: false, algorithm: 'tree' }, 2), expected)).toBe(0);
});

/** The rows of one worker's exchanges in its step `iteration`. */
function exchangesOf(done: Run, loop: string, iteration: number): TraceRow[] {
  return rowsOf(done).filter(
    (row) => row.kind === Row.exchange && row.loop === loop && row.iteration === iteration,
  );
}

describe('on an idle network an all-reduce takes what its closed form says', () => {
  const workers = 8;
  const { cluster } = planFor({ workers, computesOn: 'CPU' });
  const route = cluster.route(cluster.indexOf(cpuOf(0)), cluster.indexOf(cpuOf(1)));
  const { latencySeconds, messageSeconds, bytesPerSecond } = idleRoute(cluster.links, route);
  const cost = { latencySeconds: latencySeconds + messageSeconds, secondsPerByte: 1 / bytesPerSecond };

  test.each(Object.entries(COLLECTIVES['all-reduce']))('%s', (algorithm, row) => {
    const options = { algorithm, bucket: '100 kB', overlap: false };
    const model = MODELS['vgg-11']!.with({ image: 32, dense: 64, width: 8 });
    const { plan } = planFor({ model, workers, cluster, computesOn: 'CPU', options });
    const done = run(plan, cluster);
    const exchanges = exchangesOf(done, 'worker/5', 1);
    expect(exchanges.length).toBeGreaterThan(1);
    for (const { start, end, bytes } of exchanges) {
      const task = { ranks: workers, bytes, groupSize: 1 };
      const chunkings = Array.from({ length: 'pipelined' in row ? 11 : 1 }, (_, power) => 2 ** power);
      const times = chunkings.map((chunks) =>
        collectiveSeconds('all-reduce', algorithm, { ...task, chunks }, cost),
      );
      expect((end - start) / Math.min(...times)).toBeCloseTo(1, 9);
    }
  });

  function cpuOf(worker: number): string {
    return `/job:worker/task:${worker}/device:CPU:0`;
  }
});

describe('buckets', () => {
  const model = MODELS['vgg-11']!.with({ image: 32, dense: 256, width: 16 });
  const { plan, cluster } = planFor({ model, workers: 2, options: { bucket: '500 kB' } });
  const done = run(plan, cluster);
  const rows = rowsOf(done).filter(({ loop, iteration }) => loop === 'worker/1' && iteration === 1);
  const exchanges = exchangesOf(done, 'worker/1', 1);
  const { graph } = plan.loops[1]!.template;

  it('hold every gradient once', () => {
    const sizes = exchanges.map(({ bytes }) => bytes);
    const parameters = rows.filter(({ node }) => node.endsWith('/update'));
    const builder = new GraphBuilder();
    const authored = model.build(builder, { batch: BATCH, dtype: 'float32' }).parameters;
    expect(parameters).toHaveLength(authored.length);
    expect(sizes.reduce((a, b) => a + b)).toBe(authored.reduce((sum, { spec }) => sum + byteCount(spec), 0));
  });

  it('are full with the gradient that reaches their size', () => {
    for (const { node, bytes } of exchanges.slice(0, -1)) {
      const id = graph.name.indexOf(node);
      const last = graph.spec[graph.input[graph.inputStart[id + 1]! - 1]!]!;
      expect(bytes).toBeGreaterThanOrEqual(500e3);
      expect(bytes - byteCount(last)).toBeLessThan(500e3);
    }
  });

  it('go one after another, each when its gradients are there, while backward goes on', () => {
    const endOf = new Map(rows.map(({ node, end }) => [node, end]));
    let before = 0;
    for (const { node, start, end } of exchanges) {
      const id = graph.name.indexOf(node);
      const inputs = graph.input.subarray(graph.inputStart[id], graph.inputStart[id + 1]);
      const made = [...inputs].map((tensor) => endOf.get(graph.name[graph.producer[tensor]!]!)!);
      // The other worker makes its gradients at the same time.
      expect(start).toBeCloseTo(Math.max(before, ...made), 12);
      before = end;
    }
    const backward = rows.filter(({ node }) => node.startsWith('gradients/'));
    expect(exchanges[0]!.start).toBeLessThan(Math.max(...backward.map(({ end }) => end)));
  });

  it('of which the first is small, so that exchanges start early', () => {
    const large = MODELS['vgg-11']!.with({ image: 32 });
    const big = planFor({ model: large, workers: 2, updates: 1 });
    const [first, second] = exchangesOf(run(big.plan, big.cluster), 'worker/0', 0);
    // The last layer is 16 MB.
    expect(first!.bytes).toBeGreaterThanOrEqual(2 ** 20);
    expect(first!.bytes).toBeLessThan(25 * 2 ** 20);
    expect(second!.bytes).toBeGreaterThanOrEqual(25 * 2 ** 20);
  });

  it('make a step that is never longer for their overlap with backward', () => {
    for (const bucket of ['10 kB', '500 kB', '25 MiB']) {
      const seconds = [true, false].map((overlap) => {
        const asked = planFor({ model, workers: 2, options: { bucket, overlap } });
        return run(asked.plan, asked.cluster).simulation.seconds;
      });
      expect(seconds[0]).toBeLessThanOrEqual(seconds[1]!);
    }
  });
});

test('one worker exchanges nothing', () => {
  const { plan, cluster } = planFor({ workers: 1 });
  const { simulation } = run(plan, cluster);
  expect(plan.loops[0]!.template.graph.op).not.toContain('AllReduce');
  expect(simulation.updateSeconds).toHaveLength(3);
});

test('where workers are alike, one that stands for all takes as long as they', () => {
  const cluster = gpuCluster(4, 2);
  const [all, one] = [false, true].map((alike) => {
    const { plan } = planFor({ cluster, workers: 8, alike });
    return { loops: plan.loops.length, ...run(plan, cluster) };
  });
  expect(one!.loops).toBe(1);
  expect(one!.simulation.seconds / all!.simulation.seconds).toBeCloseTo(1, 9);
});

test('rows of tables travel, not the tables, where the update takes rows', () => {
  const carried = (largest: number, optimizer: string): number => {
    const { plan, cluster } = planFor({
      model: tinyRecommender.with({ largest }),
      workers: 2,
      updates: 1,
      options: { optimizer },
    });
    return Math.max(...run(plan, cluster).simulation.linkBytes);
  };
  expect(carried(1000, 'sgd')).toBe(carried(100_000, 'sgd'));
  expect(carried(100_000, 'adam')).toBeGreaterThan(10 * carried(1000, 'adam'));
});

test('an algorithm that cannot do it is refused, with the reason', () => {
  expect(() => planFor({ workers: 3, options: { algorithm: 'rings' } })).toThrow(/all-reduce: algorithm/);
});
