import { describe, expect, it, test } from 'vitest';
import { adam } from '../../../graph/optimizers/adam.ts';
import { MODELS } from '../../../graph/zoo/index.ts';
import { STRATEGIES } from '../../../sim/strategies/index.ts';
import { planBy, type RunOfStrategy } from '../../../sim/strategies/input.ts';
import { distance, gpuCluster, trainedCopies, type Values } from './replica-training.ts';

const BATCH = 2;
const tinyGpt = MODELS.gpt!.with({ layers: 2, width: 8, heads: 2, length: 4, vocabulary: 11 });
const LEARNERS = {
  'a convolutional network': MODELS['mnist-cnn']!,
  'a Transformer with a tied embedding': tinyGpt,
  'a recurrent network': MODELS['lstm-512-512']!.with({
    vocabulary: 13,
    embedding: 6,
    hidden: 5,
    projection: 4,
    steps: 3,
  }),
  'a recommender with tables': MODELS['dlrm-kaggle']!.with({ largest: 20 }),
};

function planFor(kind: 'zero' | 'all-reduce', given: Partial<RunOfStrategy>) {
  const workers = given.workers ?? 4;
  const cluster = given.cluster ?? gpuCluster(workers);
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

/** Whole parameters, from the first ranks of the loops' copies, or from all ranks' shards. */
function whole(copies: ReadonlyMap<string, Values>, names: Iterable<string>): Values {
  const ranks = [...copies.values()];
  const found = new Map<string, readonly number[]>();
  for (const name of names) {
    const own = ranks[0]!.get(name);
    found.set(name, own ?? ranks.flatMap((rank) => [...rank.get(`${name}/shard`)!]));
  }
  return found;
}

describe('every stage trains as all-reduce does', () => {
  const cases = Object.entries(LEARNERS).flatMap(([what, model]) =>
    [1, 2, 3].flatMap((stage) => [2, 3].map((workers) => ({ what, model, stage, workers }))),
  );
  test.each(cases)('stage $stage, $what, $workers workers', ({ model, stage, workers }) => {
    const trained = (kind: 'zero' | 'all-reduce', options: RunOfStrategy['options']) => {
      const { plan, cluster } = planFor(kind, { model, workers, options });
      return trainedCopies(plan, cluster, model, { batch: BATCH });
    };
    const expected = trained('all-reduce', { optimizer: 'adam' }).get('worker/0/')!;
    const parameters = [...expected.keys()].filter((name) => !/Adam|_power/.test(name));
    const parts = trained('zero', { stage, bucket: '1 kB' });
    const got = whole(parts, parameters);
    for (const name of parameters)
      expect(got.get(name)!.slice(0, expected.get(name)!.length)).toHaveLength(expected.get(name)!.length);
    const cut = new Map(
      parameters.map((name) => [name, got.get(name)!.slice(0, expected.get(name)!.length)]),
    );
    const wanted = new Map(parameters.map((name) => [name, expected.get(name)!]));
    expect(distance(wanted, cut)).toBeLessThan(1e-6);
  });
});
