import { afterAll, beforeAll, expect, test } from 'vitest';
import { wasmExecutor } from '../../../executor/wasm/executor.ts';
import { MODELS } from '../../../graph/zoo/index.ts';
import { STRATEGIES } from '../../../sim/strategies/index.ts';
import { planBy } from '../../../sim/strategies/input.ts';
import { gpuCluster, trainedCopies } from './replica-training.ts';
import { luck, planned, type ServerStrategy, trainedByServers } from './server-training.ts';

/*
 * The numbers of every strategy are the same, to the bit, on one thread and on three that share every result.
 */

const one = wasmExecutor();
const three = wasmExecutor({ threads: 3, leastShared: 0 });
beforeAll(() => three.start());
afterAll(() => three.close());

const servers: readonly [ServerStrategy, { readonly [key: string]: number }][] = [
  ['sync', {}],
  ['backup', { backups: 1 }],
  ['async', {}],
  ['hybrid', { groups: 2 }],
];

test.each(servers)('%s %o', (kind, options) => {
  const model = MODELS['mnist-cnn']!;
  const [alone, shared] = [one, three].map((backend) => {
    const run = planned(kind, { model, workers: 4, servers: 2, updates: 6, options });
    return trainedByServers(run, model, { backend, disturbances: luck() }).values;
  });
  expect(shared).toEqual(alone);
});

const gpt = MODELS.gpt!.with({ layers: 4, width: 16, heads: 4, length: 8, vocabulary: 16 });
const ranks = [
  ['all-reduce', {}],
  ['zero', { stage: 1 }],
  ['zero', { stage: 2 }],
  ['zero', { stage: 3 }],
  ['pipeline', { stages: 2, micro_batches: 2 }],
  ['tensor', { ranks: 2, sequence: true }],
  ['mesh', { tensor: 2, pipeline: 2, micro_batches: 2, recompute: 'full' }],
] as const;

test.each(ranks)('%s %o', (kind, options) => {
  const cluster = gpuCluster(4);
  const [alone, shared] = [one, three].map((backend) => {
    const plan = planBy(STRATEGIES[kind], { model: gpt, batch: 4, cluster, workers: 4, updates: 3, options });
    return trainedCopies(plan, cluster, gpt, { batch: 4, backend });
  });
  expect(alone!.size).toBeGreaterThan(0);
  expect(shared).toEqual(alone);
});
