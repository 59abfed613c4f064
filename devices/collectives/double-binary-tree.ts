import { invariant } from '../../base/errors.ts';
import type { CollectiveAlgorithm } from './algorithm.ts';
import { ScheduleBuilder } from './schedule.ts';

/*
 * Two binary trees over the same ranks, half of the vector each, so built that an inner rank of one is a leaf of the
 * other: then every rank sends and receives about as much as every other, and links are used fully in both
 * directions, which one tree cannot (its leaves send down nothing). Sanders, Speck & Träff, "Two-tree algorithms for
 * full bandwidth broadcast, reduction and scan", Parallel Computing 35 (2009) 581–594. The trees are those of NCCL
 * 2.4: the second is the first mirrored, or shifted by one where the number of ranks is odd.
 *
 * Edges have one of two colours, such that no rank has two incoming or two outgoing edges of one colour (as
 * there). Rounds alternate between the colours, so in a round every rank sends at most one chunk and receives at most
 * one.
 */

/** Edges of both trees, from parent to child, and how chunks come down them. */
interface TreePair {
  readonly parent: Int32Array;
  readonly child: Int32Array;
  /** Per edge: the round in which its first chunk comes down; further ones follow every other round. */
  readonly firstRound: Int32Array;
}

/** Parent of a label in the in-order binary tree with root 0, −1 for the root: odd labels are leaves. */
function parentLabel(label: number, ranks: number): number {
  if (label === 0) return -1;
  // In order: 2^k · odd is k levels above the leaves, and its parent is 2^k away from it, on the one side or the other.
  const step = label & -label;
  const above = (label & (2 * step)) === 0 ? label + step : label - step;
  return above < ranks ? above : label - step;
}

function treePair(ranks: number): TreePair {
  const edges = 2 * (ranks - 1);
  const parent = new Int32Array(edges);
  const child = new Int32Array(edges);
  /** Per tree and rank: the edge from its parent; −1 for the root. */
  const edgeAbove = [new Int32Array(ranks).fill(-1), new Int32Array(ranks).fill(-1)];
  let edge = 0;
  for (const [tree, above] of edgeAbove.entries()) {
    const rankOf = (label: number): number => {
      if (tree === 0) return label;
      return ranks % 2 === 0 ? ranks - 1 - label : (label + 1) % ranks;
    };
    for (let label = 1; label < ranks; label++) {
      parent[edge] = rankOf(parentLabel(label, ranks));
      child[edge] = rankOf(label);
      above[child[edge]!] = edge++;
    }
  }
  const colour = twoColours(ranks, parent, child);
  const firstRound = new Int32Array(edges).fill(-1);
  const arrive = (e: number, above: Int32Array): number => {
    if (firstRound[e]! >= 0) return firstRound[e]!;
    const before = above[parent[e]!]!;
    const earliest = before < 0 ? 0 : arrive(before, above) + 1;
    firstRound[e] = earliest + ((earliest + colour[e]!) % 2);
    return firstRound[e]!;
  };
  for (const above of edgeAbove) for (const e of above) if (e >= 0) arrive(e, above);
  // Where both roots begin with the second colour, nothing happens before.
  const first = firstRound.reduce((least, round) => Math.min(least, round), Number.POSITIVE_INFINITY);
  return { parent, child, firstRound: firstRound.map((round) => round - first) };
}

/** A colour per edge, 0 or 1: edges that leave the same rank differ, and so do those that enter the same rank. */
function twoColours(ranks: number, parent: Int32Array, child: Int32Array): Int8Array {
  /** Edges by the rank that they leave, then by the one that they enter, two places for each; −1 for none. */
  const meeting = new Int32Array(4 * ranks).fill(-1);
  const ends = [parent, child.map((rank) => ranks + rank)];
  for (let edge = 0; edge < parent.length; edge++) {
    for (const end of ends) {
      const place = meeting[2 * end[edge]!]! < 0 ? 2 * end[edge]! : 2 * end[edge]! + 1;
      invariant(meeting[place]! < 0, 'no rank has more than two edges in or out in two trees');
      meeting[place] = edge;
    }
  }
  const colour = new Int8Array(parent.length).fill(-1);
  for (let start = 0; start < parent.length; start++) {
    if (colour[start]! >= 0) continue;
    colour[start] = 0;
    // Edges that meet form paths and even circles: from `start`, both ways, colours alternate.
    for (const way of [0, 1]) {
      for (let edge = start, side = way; ; side = 1 - side) {
        const end = ends[side]![edge]!;
        const next = meeting[2 * end]! === edge ? meeting[2 * end + 1]! : meeting[2 * end]!;
        if (next < 0 || colour[next]! >= 0) break;
        colour[next] = 1 - colour[edge]!;
        edge = next;
      }
    }
  }
  return colour;
}

/** Rounds until `chunks` chunks per tree have come down to all ranks. */
function roundsDown({ firstRound }: TreePair, chunks: number): number {
  // Two ranks have nothing to do in rounds of the second colour, which are left out.
  if (firstRound.length === 2) return chunks;
  let last = -1;
  for (const round of firstRound) last = Math.max(last, round);
  return last < 0 ? 0 : last + 2 * chunks - 1;
}

/** The reduction is the broadcast backwards, with the same edges in the opposite order. */
export const doubleBinaryTree: CollectiveAlgorithm = {
  summary: 'up and down two binary trees at once, half of the vector each, in chunks',
  source: 'Sanders, Speck & Träff, Parallel Computing 35 (2009) 581–594; NCCL 2.4',
  pipelined: true,
  plan: ({ ranks, bytes, chunks }) => {
    const write = new ScheduleBuilder(ranks);
    const trees = treePair(ranks);
    const { parent, child, firstRound } = trees;
    const rounds = Math.max(roundsDown(trees, chunks), 2 * chunks - 1);
    const writeRound = (round: number, towardsRoot: boolean): void => {
      for (let edge = 0; edge < parent.length; edge++) {
        const since = round - firstRound[edge]!;
        if (since < 0 || since % 2 === 1 || since >= 2 * chunks) continue;
        if (towardsRoot) write.send(child[edge]!, parent[edge]!, bytes / (2 * chunks), true);
        else write.send(parent[edge]!, child[edge]!, bytes / (2 * chunks), false);
      }
      write.endRound();
    };
    for (let round = rounds - 1; round >= 0; round--) writeRound(round, true);
    for (let round = 0; round < rounds; round++) writeRound(round, false);
    return write.finish();
  },
  // As if rounds were barriers. They might as well be for all numbers of ranks up to 70 but 15 and 63, where a round
  // each way holds nobody up; where adding up takes time, a round's worth of that may be saved too.
  seconds: ({ ranks, bytes, chunks }, { latencySeconds, secondsPerByte, reduceSecondsPerByte }) =>
    roundsDown(treePair(ranks), chunks) *
    (2 * latencySeconds + (bytes / (2 * chunks)) * (2 * secondsPerByte + reduceSecondsPerByte)),
};
