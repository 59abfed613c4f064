import { UserError } from '../base/errors.ts';
import { getOrMake } from '../base/get-or-make.ts';
import type { Cluster } from '../devices/cluster.ts';
import { algorithmFor, planCollective } from '../devices/collectives/index.ts';
import { type CollectivePlan, receiverOf } from '../devices/collectives/rounds.ts';
import type { Exchange } from '../graph/exchanges.ts';
import type { CollectiveGroup } from '../graph/plan.ts';
import { type CollectiveChoice, rankAlgorithms } from './collectives/choose.ts';
import { type Flows, patternSeconds } from './flow-seconds.ts';
import { libraryExchange } from './library-exchange.ts';

/** What is exchanged, by which algorithm (or `auto`), among whom. */
export type ExchangeTask = Pick<Exchange, 'collective' | 'algorithm' | 'bytes' | 'group'>;

/**
 * An exchange as the engine runs it: nothing moves for `delaySeconds`; then each flow moves, all at once. Together they take
 * the algorithm's time on an idle network, and load every link with the bytes that the algorithm sends over it.
 */
export interface ExchangeTime {
  readonly algorithm: string;
  /** Seconds on the idle network. */
  readonly seconds: number;
  readonly delaySeconds: number;
  /** Columns: rank that sends, rank that receives, bytes. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly bytes: Float64Array;
}

type Known = Map<CollectiveGroup, Map<string, ExchangeTime>>;

/** Clusters and groups are compared by identity: trials of one run share both. */
const known = new WeakMap<Cluster, Known>();

/**
 * Where GPUs of a cluster leave the algorithm to their communication library, its measured times hold (devices/communication/).
 * Otherwise the algorithm's messages in their order give the time (`rankAlgorithms`); what each rank sends to each other, summed,
 * gives the flows. So an exchange alone takes what its closed form says, and one that meets other traffic takes longer by
 * what its bytes wait, though not by what its rounds do.
 *
 * Groups that are `alike` exchange at the same time: their flows are timed with the group's own, and what these then take
 * longer is part of the delay.
 *
 * @throws UserError where there is no such algorithm, or it cannot do the task.
 */
export function exchangeTime(task: ExchangeTask, cluster: Cluster): ExchangeTime {
  const ofCluster: Known = known.get(cluster) ?? new Map();
  known.set(cluster, ofCluster);
  const ofGroup = getOrMake(ofCluster, task.group, () => new Map<string, ExchangeTime>());
  const key = `${task.collective} ${task.algorithm} ${task.bytes}`;
  return getOrMake(ofGroup, key, () => timed(task, cluster));
}

function timed(task: ExchangeTask, cluster: Cluster): ExchangeTime {
  const { devices, alike = [] } = task.group;
  const none = { from: new Int32Array(0), to: new Int32Array(0), bytes: new Float64Array(0) };
  if (devices.length === 1) return { algorithm: task.algorithm, seconds: 0, delaySeconds: 0, ...none };
  const { algorithm, seconds, flows } = libraryExchange(task, cluster) ?? byMessages(task, cluster);
  const pattern = `${task.collective} ${algorithm}`;
  const alone = patternSeconds(pattern, flows, { group: task.group, others: [] }, cluster);
  const together =
    alike.length === 0
      ? alone
      : patternSeconds(pattern, flows, { group: task.group, others: alike }, cluster);
  const waits = Math.max(0, seconds - alone);
  return { algorithm, seconds: waits + together, delaySeconds: waits + together - alone, ...flows };
}

function byMessages(
  task: ExchangeTask,
  cluster: Cluster,
): { readonly algorithm: string; readonly seconds: number; readonly flows: Flows } {
  const { algorithm, task: chosen, seconds } = choiceFor(task, cluster);
  // In pieces or not, as many bytes go from each to each.
  const plan = planCollective(task.collective, algorithm, { ...chosen, chunks: 1 });
  return { algorithm, seconds, flows: flowsOf(plan) };
}

/**
 * What `auto` chooses from where no communication library is known of. NCCL all-reduces by rings and trees, and gathers and reduce-scatters by rings
 * (ncclTopoTuneModel, src/graph/tuning.cc); it lays a ring through every network adapter of a host, which the hierarchical
 * algorithm stands for.
 */
const COMMON: { readonly [collective: string]: readonly string[] | undefined } = {
  'all-reduce': ['ring', 'tree', 'double-binary-tree', 'hierarchical'],
  'all-gather': ['ring', 'hierarchical'],
  'reduce-scatter': ['ring', 'hierarchical'],
};

function choiceFor(
  { collective, algorithm, bytes, group }: ExchangeTask,
  cluster: Cluster,
): CollectiveChoice {
  const { devices } = group;
  if (algorithm === 'auto')
    return rankAlgorithms(collective, { bytes, algorithms: COMMON[collective] }, cluster, { devices })[0]!;
  algorithmFor(collective, algorithm);
  const [choice] = rankAlgorithms(collective, { bytes, algorithms: [algorithm] }, cluster, { devices });
  if (choice !== undefined) return choice;
  throw new UserError(
    `${collective} by ${algorithm} among ${devices.length} devices: the algorithm cannot do that; auto chooses one that can`,
  );
}

/** What each rank sends to each other, summed over the rounds. */
function flowsOf(plan: CollectivePlan): Flows {
  const { ranks } = plan;
  const sums = new Map<number, number>();
  const add = (from: number, to: number, bytes: number): void => {
    const pair = from * ranks + to;
    sums.set(pair, (sums.get(pair) ?? 0) + bytes);
  };
  if (plan.kind === 'messages') {
    for (const [m, from] of plan.from.entries()) add(from, plan.to[m]!, plan.bytes[m]!);
  } else {
    for (const { times, moves } of plan.rounds) {
      for (const move of moves) {
        for (let rank = 0; rank < ranks; rank++) add(rank, receiverOf(move, rank, ranks), times * move.bytes);
      }
    }
  }
  const pairs = [...sums.keys()].sort((a, b) => a - b);
  return {
    from: Int32Array.from(pairs, (pair) => Math.floor(pair / ranks)),
    to: Int32Array.from(pairs, (pair) => pair % ranks),
    bytes: Float64Array.from(pairs, (pair) => sums.get(pair)!),
  };
}
