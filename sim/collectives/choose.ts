import { invariant } from '../../base/errors.ts';
import type { Cluster } from '../../devices/cluster.ts';
import type { CollectiveTask, LinearCost } from '../../devices/collectives/algorithm.ts';
import { algorithmsFor, collectiveSeconds, planCollective } from '../../devices/collectives/index.ts';
import { messageCount } from '../../devices/collectives/rounds.ts';
import { idleRoute } from '../../devices/idle-route.ts';
import { ActivityGraphBuilder } from '../activity-graph.ts';
import { idleMakespan } from '../idle-makespan.ts';
import { type FoldedSetting, foldedSeconds } from './folded.ts';
import { writeCollective } from './write-collective.ts';

/** An algorithm and what it takes. */
export interface CollectiveChoice {
  readonly algorithm: string;
  /** What the algorithm is given, ranks and bytes included. */
  readonly task: Required<CollectiveTask>;
  readonly seconds: number;
  /** `folded` and `simulated` are times on the cluster; `closed form` those on a switch as slow as its slowest route. */
  readonly by: 'folded' | 'simulated' | 'closed form';
}

/** What is to be done by whichever algorithm. */
export interface CollectiveWish {
  /** As in CollectiveTask. */
  readonly bytes: number;
  readonly root?: number;
  /** Those to be timed; all unless given. */
  readonly algorithms?: readonly string[];
  /** More messages are not simulated, or looked at for symmetry: 100,000 unless given (about 0.1 s). */
  readonly mostMessages?: number;
}

/** Plans of more messages than this are not simulated one by one to be compared, unless told otherwise. */
const MOST_MESSAGES = 100_000;

/** Chunks that pipelined algorithms are tried with: powers of two up to this. */
const MOST_CHUNKS = 1024;

/**
 * The algorithms that can do the collective on these devices, the fastest first; equally fast ones in the order of the
 * registry. NCCL chooses likewise, by a latency and a bandwidth per algorithm that it knows of the machine
 * (ncclTopoTuneModel, src/graph/tuning.cc); here the messages themselves are timed on the cluster: all ranks start
 * together, and nothing else is on the network.
 *
 * Of plans with more than `mostMessages` messages only the closed form is known. It leaves out that ranks share links,
 * so these come after all that were timed.
 */
export function rankAlgorithms(
  collective: string,
  { bytes, root = 0, algorithms: wanted, mostMessages = MOST_MESSAGES }: CollectiveWish,
  cluster: Cluster,
  setting: FoldedSetting,
): CollectiveChoice[] {
  const ranks = setting.devices.length;
  const cost = slowestNeighbours(cluster, setting);
  const groupSize = commonGroup(cluster, setting.devices);
  const choices: CollectiveChoice[] = [];
  for (const [algorithm, row] of Object.entries(algorithmsFor(collective))) {
    if (wanted !== undefined && !wanted.includes(algorithm)) continue;
    // Hosts of one rank, or one host: that is the ring.
    const isRing = algorithm === 'hierarchical' && (groupSize === 1 || groupSize === ranks);
    if (isRing && wanted?.length !== 1) continue;
    const closedForm = (chunks: number): number =>
      collectiveSeconds(collective, algorithm, { ranks, bytes, root, groupSize, chunks }, cost);
    const task = { ranks, bytes, root, groupSize, chunks: 1 };
    if (row.refusal?.(task) !== undefined) continue;
    if (row.pipelined) task.chunks = bestChunks(closedForm);
    const timed = timeOnCluster(collective, algorithm, task, cluster, setting, mostMessages);
    choices.push({ algorithm, task, ...(timed ?? { seconds: closedForm(task.chunks), by: 'closed form' }) });
  }
  const untimed = ({ by }: CollectiveChoice): number => Number(by === 'closed form');
  return choices.sort((a, b) => untimed(a) - untimed(b) || a.seconds - b.seconds);
}

/** The fastest of `rankAlgorithms`. @throws UserError where there is no such collective. */
export function chooseAlgorithm(...of: Parameters<typeof rankAlgorithms>): CollectiveChoice {
  const [best] = rankAlgorithms(...of);
  invariant(best !== undefined, `no algorithm for ${of[0]} takes any number of ranks`);
  return best;
}

/** Undefined where that would take too many messages. */
function timeOnCluster(
  collective: string,
  algorithm: string,
  task: Required<CollectiveTask>,
  cluster: Cluster,
  setting: FoldedSetting,
  mostMessages: number,
): Pick<CollectiveChoice, 'seconds' | 'by'> | undefined {
  // Four per rank and chunk are the most that a pipelined algorithm has: two trees, up and down.
  if (task.chunks > 1 && 4 * task.ranks * task.chunks > mostMessages) return undefined;
  const plan = planCollective(collective, algorithm, task);
  const kinds = plan.kind === 'rounds' ? plan.rounds.reduce((sum, { moves }) => sum + moves.length, 0) : 0;
  if (kinds * task.ranks <= mostMessages) {
    const folded = foldedSeconds(plan, cluster, setting);
    if (folded !== undefined) return { seconds: folded, by: 'folded' };
  }
  if (messageCount(plan) * (setting.splits ?? 1) > mostMessages) return undefined;
  const write = new ActivityGraphBuilder();
  writeCollective(write, plan, setting);
  return { seconds: idleMakespan(write.finish(), cluster), by: 'simulated' };
}

function bestChunks(seconds: (chunks: number) => number): number {
  let best = 1;
  for (let chunks = 2; chunks <= MOST_CHUNKS; chunks *= 2) if (seconds(chunks) < seconds(best)) best = chunks;
  return best;
}

/** The longest latency and the narrowest link between ranks that follow each other. */
function slowestNeighbours(cluster: Cluster, setting: FoldedSetting): LinearCost {
  const { devices, memoryBytesPerSecond, endpointSeconds = 0 } = setting;
  let longest = 0;
  let secondsPerByte = 0;
  for (let rank = 0; rank < devices.length; rank++) {
    const route = cluster.route(devices[rank]!, devices[(rank + 1) % devices.length]!);
    const { latencySeconds, messageSeconds, bytesPerSecond } = idleRoute(cluster.links, route);
    longest = Math.max(longest, latencySeconds + messageSeconds);
    secondsPerByte = Math.max(secondsPerByte, 1 / bytesPerSecond);
  }
  return {
    latencySeconds: longest + endpointSeconds,
    secondsPerByte,
    reduceSecondsPerByte: memoryBytesPerSecond === undefined ? 0 : 3 / memoryBytesPerSecond,
  };
}

/** How many consecutive ranks each host has, where all have the same number; otherwise 1. */
function commonGroup({ devices: all }: Cluster, devices: ArrayLike<number>): number {
  const hostOf = (rank: number): string => all[devices[rank]!]!.host;
  let size = 1;
  while (size < devices.length && hostOf(size) === hostOf(0)) size++;
  if (devices.length % size !== 0) return 1;
  for (let rank = 0; rank < devices.length; rank++) {
    const first = rank - (rank % size);
    if (hostOf(rank) !== hostOf(first)) return 1;
    if (rank === first && rank > 0 && hostOf(rank) === hostOf(rank - 1)) return 1;
  }
  return size;
}
