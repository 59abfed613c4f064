import type { Cluster } from '../cluster.ts';
import { idleRoute, overheadBytes } from '../idle-route.ts';
import { type Move, receiverOf, type SymmetricRounds } from './rounds.ts';

/** What a round is to any one rank, where it is the same to all. */
export interface FoldedRound {
  readonly times: number;
  /** Messages that the rank sends at once, and receives. */
  readonly messages: number;
  /** Of each. */
  readonly bytes: number;
  readonly reduces: boolean;
  readonly path: FoldedPath;
}

/** What every message of a round meets on its way. */
export interface FoldedPath {
  readonly latencySeconds: number;
  /** Its max-min fair share while all messages of the round are under way. */
  readonly bytesPerSecond: number;
  /** What flows with a message besides its bytes. */
  readonly overheadBytes: number;
}

/** Folded, or why not: what differs between ranks. */
export type Folding =
  | { readonly kind: 'folded'; readonly rounds: readonly FoldedRound[] }
  | { readonly kind: 'asymmetric'; readonly reason: string };

/**
 * Whether one rank stands for all: in every round, all messages are equal, their routes have equal latencies, and all
 * get the same share of the network.
 *
 * The last is judged by loads. Let a link of capacity C carry L messages of the round; C / L is what it could give each.
 * If the least C / L along the route is the same number s for every message, then rates of s break no capacity (L s ≤ C
 * on every link) and each message crosses a saturated link on which none is faster, which is what makes rates max-min
 * fair (Bertsekas & Gallager, Data Networks, section 6.5.2); and there is only one such allocation. Messages that
 * start together and are equal then end together, so all ranks come to the next round at the same instant: by
 * induction, the folded time is exact, not an estimate.
 *
 * Costs one look at each rank's routes for each kind of round, whatever the number of rounds.
 */
export function foldRounds(
  { ranks, rounds }: SymmetricRounds,
  cluster: Cluster,
  devices: ArrayLike<number>,
): Folding {
  const known = new Map<string, FoldedPath | string>();
  const folded: FoldedRound[] = [];
  for (const { times, moves } of rounds) {
    if (times === 0 || moves.length === 0) continue;
    const { bytes, reduces } = moves[0]!;
    if (moves.some((move) => move.bytes !== bytes || move.reduces !== reduces)) {
      return { kind: 'asymmetric', reason: 'messages of one round differ' };
    }
    const key = moves.map(({ to, distance, within }) => `${to} ${distance} ${within}`).join();
    const path = known.get(key) ?? commonPath(moves, ranks, cluster, devices);
    known.set(key, path);
    if (typeof path === 'string') return { kind: 'asymmetric', reason: path };
    folded.push({ times, messages: moves.length, bytes, reduces, path });
  }
  return { kind: 'folded', rounds: folded };
}

/** What the messages of a round have in common; otherwise, what differs. */
function commonPath(
  moves: readonly Move[],
  ranks: number,
  cluster: Cluster,
  devices: ArrayLike<number>,
): FoldedPath | string {
  const load = new Int32Array(cluster.links.length);
  for (const move of moves) {
    for (let rank = 0; rank < ranks; rank++) {
      const route = cluster.route(devices[rank]!, devices[receiverOf(move, rank, ranks)]!);
      if (route.length === 0) return 'some ranks share a device';
      for (let hop = 0; hop < route.length; hop++) load[route[hop]!]!++;
    }
  }
  const fair = Float64Array.from(
    cluster.links,
    ({ model }, link) => model.bytesPerSecond.value / load[link]!,
  );
  let common: FoldedPath | undefined;
  for (const move of moves) {
    for (let rank = 0; rank < ranks; rank++) {
      const path = pathOf(
        cluster.route(devices[rank]!, devices[receiverOf(move, rank, ranks)]!),
        cluster,
        fair,
      );
      if (common === undefined) common = path;
      else if (path.latencySeconds !== common.latencySeconds) return 'latencies of routes differ';
      else if (path.bytesPerSecond !== common.bytesPerSecond) return 'shares of the network differ';
      else if (path.overheadBytes !== common.overheadBytes) return 'overheads per message differ';
    }
  }
  return common!;
}

function pathOf(route: Int32Array, { links }: Cluster, fair: Float64Array): FoldedPath {
  const idle = idleRoute(links, route);
  let bytesPerSecond = Number.POSITIVE_INFINITY;
  for (let hop = 0; hop < route.length; hop++) bytesPerSecond = Math.min(bytesPerSecond, fair[route[hop]!]!);
  return { latencySeconds: idle.latencySeconds, bytesPerSecond, overheadBytes: overheadBytes(idle) };
}
