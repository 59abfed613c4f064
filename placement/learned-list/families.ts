import type { RandomStream } from '../../base/random.ts';
import type { PlacementProblem } from '../problem.ts';
import {
  attention,
  branches,
  chains,
  embeddings,
  experts,
  forkJoin,
  layered,
  type Network,
  recurrent,
  translation,
} from './networks.ts';
import type { Cluster } from './training-tasks.ts';

/** Draws a network and a cluster of the family; `size`: 0 small … 1 large. */
export type Family = (random: RandomStream, size: number) => Network;

/** What the shipped policy learned on. */
export const TRAINING_FAMILIES: { readonly [name: string]: Family } = {
  recurrent: (random, size) =>
    recurrent({
      layers: 1 + random.below(3),
      steps: 4 + random.below(4 + Math.round(12 * size)),
      hidden: 256 * 2 ** random.below(4),
      batch: 32 * 2 ** random.below(3),
      vocabulary: 2000 + random.below(20000),
      shared: random.below(3) === 0,
    }),
  translation: (random, size) =>
    translation({
      layers: 1 + random.below(2),
      steps: 4 + random.below(3 + Math.round(8 * size)),
      hidden: 256 * 2 ** random.below(3),
      batch: 32 * 2 ** random.below(3),
      vocabulary: 4000 + random.below(30000),
      shared: random.below(3) === 0,
    }),
  layered: (random, size) => layered(random, 20 + random.below(30 + Math.round(120 * size))),
  chains: (random, size) => chains(random, 2 + random.below(5), 5 + random.below(6 + Math.round(20 * size))),
  'fork-join': (random, size) => forkJoin(random, 2 + random.below(4 + Math.round(6 * size))),
};

/** What it never saw. */
export const UNSEEN_FAMILIES: { readonly [name: string]: Family } = {
  attention: (random, size) =>
    attention({
      layers: 2 + random.below(3 + Math.round(4 * size)),
      hidden: 256 * 2 ** random.below(3),
      sequence: 64 * 2 ** random.below(3),
      batch: 8 * 2 ** random.below(3),
      heads: 1 + random.below(4),
    }),
  branches: (random, size) =>
    branches({ cells: 2 + random.below(3 + Math.round(6 * size)), batch: 16 * 2 ** random.below(3) }),
  experts: (random, size) =>
    experts({
      layers: 1 + random.below(2 + Math.round(3 * size)),
      experts: 4 + random.below(5),
      hidden: 256 * 2 ** random.below(3),
      tokens: 1024 * 2 ** random.below(3),
    }),
  embeddings: (random, size) =>
    embeddings({
      tables: 6 + random.below(6 + Math.round(14 * size)),
      batch: 1024 * 2 ** random.below(4),
      random,
    }),
};

/** How much the memory of a drawn cluster leaves free. */
export type Tightness = 'unlimited' | 'roomy' | 'tight';

/** 2 to 4 accelerators, some with a CPU, some of two speeds, on links of 2 to 10 GB/s. */
function drawCluster(random: RandomStream, tightness: Tightness): Cluster {
  const count = 2 + random.below(3);
  const slow = random.below(4) === 0 ? 0.3 + 0.5 * random.uniform() : 1;
  const cpu = random.below(2) === 0;
  const bytesPerSecond = 2e9 * 5 ** random.uniform();
  const spare = random.uniform();
  const room = tightness === 'tight' ? 1.1 + 0.5 * spare : 1.6 + 2 * spare;
  return {
    accelerators: Array.from({ length: count }, (_, d) => (d % 2 === 1 ? slow : 1)),
    cpu,
    bytesPerSecond,
    latencySeconds: 25e-6,
    ...(tightness !== 'unlimited' && { room }),
  };
}

/** One problem of a family. */
export function drawProblem(
  family: Family,
  random: RandomStream,
  size: number,
  tightness: Tightness,
): PlacementProblem {
  return family(random, size).problem(drawCluster(random, tightness));
}
