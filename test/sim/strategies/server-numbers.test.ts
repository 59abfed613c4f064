import { describe, expect, test } from 'vitest';
import { wasmExecutor } from '../../../executor/wasm/executor.ts';
import { gradientDescent } from '../../../graph/optimizers/gradient-descent.ts';
import { MODELS } from '../../../graph/zoo/index.ts';
import { distance, trainedAlone, type Values } from './replica-training.ts';
import { luck, planned, type ServerStrategy, trainedByServers } from './server-training.ts';

const BATCH = 2;
const recommender = MODELS['dlrm-kaggle']!.with({ largest: 20 });
/** Of one step, so that all that is fed has the batch first. */
const words = { vocabulary: 23, embedding: 6, hidden: 8, projection: 6, steps: 1 };
const languageModel = MODELS['lstm-512-512']!.with(words);
const sampledModel = MODELS['lstm-512-512-sampled']!.with({ ...words, sampled: 7 });
const tiedModel = MODELS.gpt!.with({ layers: 1, width: 8, heads: 2, length: 4, vocabulary: 23 });
const LEARNERS = {
  'softmax regression': MODELS['mnist-softmax']!,
  'a convolutional network': MODELS['mnist-cnn']!,
  'a recommender with tables': recommender,
  'a language model': languageModel,
  'a Transformer with a tied embedding': tiedModel,
};

function valuesBy(
  kind: ServerStrategy,
  model: (typeof LEARNERS)[keyof typeof LEARNERS],
  options: { readonly [key: string]: number | string | boolean } = {},
  workers = 3,
): Values {
  return trainedByServers(planned(kind, { model, workers, servers: 3, options }), model).values;
}

describe('synchronous training of n workers is that of one with n times the batch', () => {
  const cases = Object.entries(LEARNERS).flatMap(([what, model]) =>
    [1, 2, 4].map((workers) => ({ what, model, workers })),
  );
  test.each(cases)('$what, $workers workers', ({ model, workers }) => {
    const alone = trainedAlone(model, gradientDescent(0.1), { batch: BATCH, replicas: workers, updates: 3 });
    expect(distance(alone, valuesBy('sync', model, {}, workers))).toBeLessThan(1e-5);
  });

  test('so it is where all is divided among servers', () => {
    for (const model of [recommender, languageModel, tiedModel]) {
      const alone = trainedAlone(model, gradientDescent(0.1), { batch: BATCH, replicas: 3, updates: 3 });
      expect(distance(alone, valuesBy('sync', model, { split_above: 64 }))).toBeLessThan(1e-5);
    }
  });
});

describe('where variables live does not change what is learnt', () => {
  // Gradients come in another order, and are rounded in it.
  test.each([
    ['a convolutional network', MODELS['mnist-cnn']!],
    ['a recommender with tables', recommender],
    ['a language model with a sampled softmax', sampledModel],
    ['a Transformer with a tied embedding', tiedModel],
  ])('%s', (_, model) => {
    const expected = valuesBy('sync', model, { split_above: 1e12 });
    for (const homes of ['round-robin', 'load']) {
      for (const split_above of [64, 1e12])
        expect(distance(expected, valuesBy('sync', model, { homes, split_above }))).toBeLessThan(1e-6);
    }
  });

  test('nor does a softmax on the servers', () => {
    for (const workers of [1, 2]) {
      const [beside, onServers] = [false, true].map((offload) =>
        valuesBy('sync', languageModel, { offload }, workers),
      );
      expect(distance(beside!, onServers!)).toBeLessThan(1e-5);
    }
  });
});

describe('groups', () => {
  const model = MODELS['mnist-softmax']!;
  const trained = (kind: ServerStrategy, options: { readonly [key: string]: number }) => {
    const run = planned(kind, { model, workers: 4, servers: 2, updates: 24, options });
    return trainedByServers(run, model, { disturbances: luck() });
  };

  test('one group trains as synchronous workers do, to the bit and at the same times', () => {
    for (const backups of [0, 1]) {
      const alike = backups === 0 ? trained('sync', {}) : trained('backup', { backups });
      const hybrid = trained('hybrid', { groups: 1, backups });
      expect(hybrid.values).toEqual(alike.values);
      expect(hybrid.simulation.updateSeconds).toEqual(alike.simulation.updateSeconds);
    }
  });

  test('groups of one train as asynchronous workers do, to the bit and at the same times', () => {
    const [alike, hybrid] = [trained('async', {}), trained('hybrid', { groups: 4 })];
    expect(hybrid.values).toEqual(alike.values);
    expect(hybrid.simulation.updateSeconds).toEqual(alike.simulation.updateSeconds);
  });

  test('an update takes the gradients of a group, but for its backups', () => {
    const { gradientsApplied } = trained('hybrid', { groups: 2, backups: 1 }).simulation;
    // 24 updates of two variables, by one gradient each; some are on their way at the end.
    expect(gradientsApplied).toBeGreaterThanOrEqual(48);
    expect(gradientsApplied).toBeLessThanOrEqual(48 + 2);
  });

  test.each([
    [3, 0, '3 groups do not divide 4 workers; 2 and 4 do'],
    [9, 0, '9 groups do not divide 4 workers; 4 do'],
    [2, 2, '2 of the 2 workers of a group as backups leaves none to wait for'],
  ])('%d groups with %d backups of 4 workers are refused', (groups, backups, message) => {
    expect(() => planned('hybrid', { model, workers: 4, servers: 1, options: { groups, backups } })).toThrow(
      message,
    );
  });
});

test('the numbers do not depend on the number of threads', () => {
  const one = wasmExecutor();
  const three = wasmExecutor({ threads: 3, leastShared: 0 });
  try {
    three.start();
    for (const model of [MODELS['mnist-cnn']!, recommender]) {
      const [a, b] = [one, three].map((backend) => {
        const run = planned('hybrid', {
          model,
          workers: 4,
          servers: 2,
          updates: 6,
          options: { groups: 2, split_above: 64 },
        });
        return trainedByServers(run, model, { backend, disturbances: luck() }).values;
      });
      expect(a).toEqual(b);
    }
  } finally {
    three.close();
  }
});
