import { describe, expect, it, test } from 'vitest';
import { MODELS } from '../../../graph/zoo/index.ts';
import { STRATEGIES, type StrategyKind } from '../../../sim/strategies/index.ts';
import { planBy } from '../../../sim/strategies/input.ts';
import { meshGroups, workerAt } from '../../../sim/strategies/mesh-shape.ts';
import { gpuCluster, run } from './replica-training.ts';

const tinyGpt = MODELS.gpt!.with({ layers: 4, width: 256, heads: 4, length: 64, vocabulary: 1024 });

type Options = { readonly [key: string]: number | string | boolean };

function planOf(kind: StrategyKind, workers: number, options: Options, batch = 8, perHost = 1) {
  const cluster = gpuCluster(Math.ceil(workers / perHost), perHost);
  const asked = (alike: boolean) =>
    planBy(STRATEGIES[kind], { model: tinyGpt, batch, cluster, workers, updates: 2, options, alike });
  return { cluster, asked };
}

describe('ranks of a mesh', () => {
  const shape = { tensor: 2, data: 3, pipeline: 2, expert: 1 };

  it('go by tensor, then by replica, then by pipeline', () => {
    const places = [0, 1].flatMap((pipeline) =>
      [0, 1, 2].flatMap((data) => [0, 1].map((tensor) => ({ tensor, data, pipeline }))),
    );
    expect(places.map((place) => workerAt(shape, place))).toEqual([...places.keys()]);
  });

  it('meet by replica, and by tensor rank, on each device of the pipeline', () => {
    const groups = meshGroups(shape, (worker) => worker, false);
    expect(Object.fromEntries(groups.map(({ name, devices }) => [name, devices]))).toEqual({
      'tensor/0/0': [0, 1],
      'tensor/1/0': [2, 3],
      'tensor/2/0': [4, 5],
      'data/0/0': [0, 2, 4],
      'data/1/0': [1, 3, 5],
      'tensor/0/1': [6, 7],
      'tensor/1/1': [8, 9],
      'tensor/2/1': [10, 11],
      'data/0/1': [6, 8, 10],
      'data/1/1': [7, 9, 11],
    });
  });

  it('divide experts among replicas next to each other', () => {
    const groups = meshGroups({ tensor: 1, data: 4, pipeline: 1, expert: 2 }, (worker) => worker, false);
    const named = Object.fromEntries(groups.map(({ name, devices }) => [name, devices]));
    expect(named).toEqual({
      'data/0/0': [0, 1, 2, 3],
      'expert/0/0/0': [0, 1],
      'expert/0/1/0': [2, 3],
      'same-experts/0/0/0': [0, 2],
      'same-experts/0/1/0': [1, 3],
    });
  });
});

test('tensor ranks of a replica have its luck and its samples', () => {
  const { loops } = planOf('mesh', 8, { tensor: 2, pipeline: 2 }).asked(false);
  expect(loops.map(({ name, replica, data }) => [name, replica, data])).toEqual([
    ['replica/0/0', 0, 0],
    ['replica/0/1', 0, 0],
    ['replica/1/0', 1, 1],
    ['replica/1/1', 1, 1],
  ]);
});

describe('one loop that stands for all', () => {
  const ratio = (workers: number, options: Options, perHost: number): number => {
    const { cluster, asked } = planOf('mesh', workers, options, 8, perHost);
    const [all, one] = [false, true].map((alike) => run(asked(alike), cluster).simulation.seconds);
    expect(asked(true).loops).toHaveLength(1);
    return one! / all!;
  };

  it('takes as long as they, where devices share no links', () => {
    expect(ratio(8, { tensor: 2, pipeline: 2, micro_batches: 4 }, 1)).toBeCloseTo(1, 9);
    expect(ratio(8, { tensor: 4, pipeline: 2, micro_batches: 4, sequence: true }, 1)).toBeCloseTo(1, 9);
    expect(ratio(4, { tensor: 1, pipeline: 2, micro_batches: 2, recompute: 'full' }, 1)).toBeCloseTo(1, 9);
  });

  // Where they share links, turns of different stages meet on them differently.
  it('takes nearly as long where hosts have one link for all of their devices', () => {
    expect(Math.abs(ratio(8, { tensor: 2, pipeline: 2, micro_batches: 4 }, 4) - 1)).toBeLessThan(0.03);
    expect(Math.abs(ratio(16, { tensor: 2, pipeline: 2, micro_batches: 4 }, 8) - 1)).toBeLessThan(0.03);
  });
});

test('the strategies pipeline and tensor are meshes', () => {
  const seconds = (kind: StrategyKind, options: Options): number => {
    const { cluster, asked } = planOf(kind, 4, options);
    return run(asked(false), cluster).simulation.seconds;
  };
  expect(seconds('pipeline', { stages: 2, micro_batches: 4 })).toBe(
    seconds('mesh', { pipeline: 2, micro_batches: 4 }),
  );
  expect(seconds('tensor', { ranks: 2, sequence: true })).toBe(
    seconds('mesh', { tensor: 2, sequence: true }),
  );
});

test.each<[number, Options, string]>([
  [
    6,
    { tensor: 2, pipeline: 2 },
    '6 workers cannot be divided into replicas of 4 (tensor 2 × pipeline 2); 4 or 8 can',
  ],
  [2, { pipeline: 2, micro_batches: 3 }, '3 micro-batches do not divide a batch of 8; 2 and 4 would'],
  [2, { pipeline: 2, chunks: 2 }, 'chunks are of the schedule interleaved, not of 1f1b'],
  [2, { pipeline: 2, schedule: 'interleaved' }, 'the schedule interleaved needs 2 chunks or more'],
  [
    4,
    { pipeline: 4, schedule: 'interleaved', chunks: 2, micro_batches: 2 },
    'the schedule interleaved needs micro-batches that 4 pipeline devices divide, such as 4, not 2',
  ],
  [3, { tensor: 3 }, '3 tensor ranks do not divide 4 heads; 2 and 4 would'],
  [4, { expert: 3 }, '3 expert ranks do not divide 4 replicas; 2 and 4 would'],
])('%i workers as %o: %s', (workers, options, message) => {
  expect(() => planOf('mesh', workers, options).asked(false)).toThrow(message);
});

test('a model that has too few places to be cut is refused', () => {
  const plan = () =>
    planBy(STRATEGIES.pipeline, {
      model: MODELS['mnist-softmax']!,
      batch: 2,
      cluster: gpuCluster(16),
      workers: 16,
      updates: 1,
      options: { stages: 16 },
    });
  expect(plan).toThrow(
    /^mnist-softmax can be cut into at most \d+ stages, not 16; use fewer stages or chunks$/,
  );
});
