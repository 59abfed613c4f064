import { stream } from '../../base/random.ts';
import {
  attention,
  branches,
  chains,
  embeddings,
  experts,
  layered,
  type Network,
  recurrent,
  translation,
} from '../../placement/learned-list/networks.ts';
import type { Cluster } from '../../placement/learned-list/training-tasks.ts';
import type { PlacementProblem } from '../../placement/problem.ts';

export interface RegimeCase {
  readonly regime:
    | 'parallel and cheap'
    | 'communication-dominated'
    | 'memory-bound'
    | 'heterogeneous'
    | 'contended';
  readonly name: string;
  readonly problem: () => PlacementProblem;
}

const even = (count: number): number[] => Array.from({ length: count }, () => 1);

/** Accelerators of these speeds, and a CPU. */
function cluster(accelerators: readonly number[], gigabytesPerSecond: number, room?: number): Cluster {
  return {
    accelerators,
    cpu: true,
    bytesPerSecond: gigabytesPerSecond * 1e9,
    latencySeconds: 25e-6,
    ...(room !== undefined && { room }),
  };
}

function one(regime: RegimeCase['regime'], name: string, network: () => Network, on: Cluster): RegimeCase {
  return { regime, name, problem: () => network().problem(on) };
}

const rnnlm =
  (layers: number, shared = false) =>
  (): Network =>
    recurrent({ layers, steps: 40, hidden: 2048, batch: 64, vocabulary: 10_000, shared });
const nmt =
  (layers: number, steps = 40, shared = false) =>
  (): Network =>
    translation({ layers, steps, hidden: 1024, batch: 64, vocabulary: 30_000, shared });
const bert = (layers: number, heads: number) => (): Network =>
  attention({ layers, hidden: 768, sequence: 128, batch: 32, heads });

/**
 * Training steps at the granularity of ops in which placers differ. Recurrent networks as in the papers; the policy that comes with
 * the package learned on small relatives of the recurrent ones, of layered graphs and of chains, and never on attention, branches,
 * experts or embeddings. `room`: memory of all accelerators together over what one would need for all.
 */
export const REGIME_CASES: readonly RegimeCase[] = [
  one('parallel and cheap', 'NMT, 2 layers, 4 GPUs', nmt(2), cluster(even(4), 10)),
  one('parallel and cheap', 'RNNLM, 2 layers, 2 GPUs', rnnlm(2), cluster(even(2), 10)),
  one('parallel and cheap', 'RNNLM, 2 layers, 4 GPUs', rnnlm(2), cluster(even(4), 10)),
  one('parallel and cheap', 'RNNLM, 4 layers, 4 GPUs', rnnlm(4), cluster(even(4), 10)),
  one(
    'communication-dominated',
    'RNNLM, 2 layers, weights sent, 2 GPUs at 5 GB/s',
    rnnlm(2, true),
    cluster(even(2), 5),
  ),
  one(
    'communication-dominated',
    'chains with heavy edges, 4 GPUs at 4 GB/s',
    () => chains(stream(1, 'bench', 'chains'), 6, 40),
    cluster(even(4), 4),
  ),
  one('communication-dominated', 'BERT-like, 4 layers, 3 GPUs at 2 GB/s', bert(4, 4), cluster(even(3), 2)),
  one('memory-bound', 'NMT, 4 layers, 4 GPUs, room 1.2', nmt(4, 20), cluster(even(4), 10, 1.2)),
  one('memory-bound', 'BERT-like, 12 layers, 3 GPUs, room 1.35', bert(12, 1), cluster(even(3), 10, 1.35)),
  one(
    'memory-bound',
    'embedding tables, 4 GPUs, room 1.15',
    () => embeddings({ tables: 40, batch: 8192, random: stream(1, 'bench', 'embeddings') }),
    cluster(even(4), 10, 1.15),
  ),
  one('heterogeneous', 'NMT, 2 layers, GPUs of 1, 1, ½, ½', nmt(2), cluster([1, 1, 0.5, 0.5], 10)),
  one(
    'heterogeneous',
    'Inception-like, 9 cells, GPUs of 1 and 0.4',
    () => branches({ cells: 9, batch: 32 }),
    cluster([1, 0.4], 8),
  ),
  one('heterogeneous', 'BERT-like, 6 layers, GPUs of 1, ½, ¼', bert(6, 4), cluster([1, 0.5, 0.25], 8)),
  one(
    'contended',
    'experts, 4 layers of 8, 4 GPUs at 6 GB/s',
    () => experts({ layers: 4, experts: 8, hidden: 1024, tokens: 4096 }),
    cluster(even(4), 6),
  ),
  one(
    'contended',
    'layered, 300 ops, 4 GPUs at 4 GB/s',
    () => layered(stream(1, 'bench', 'layered'), 300),
    cluster(even(4), 4),
  ),
  one('contended', 'NMT, 2 layers, weights sent, 4 GPUs at 4 GB/s', nmt(2, 20, true), cluster(even(4), 4)),
];
