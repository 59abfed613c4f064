import { stream } from '../base/random.ts';
import { mainDevices, placeAside } from './aside.ts';
import { accelerators, groupBytes } from './coplaced.ts';
import { bestThatFits, MEMORY_SHARES, type Plan } from './fitting.ts';
import { partitionGraph, type WeightedGraph } from './k-way.ts';
import { weightedGraph } from './k-way-matching.ts';
import type { Placer } from './placer.ts';
import { type PlacementProblem, placedGroups } from './problem.ts';
import { meanSeconds, upwardRanks } from './ranks.ts';

/** A part may be heavier than the average by this factor. */
const TOLERANCE = 1.05;

/**
 * Balanced minimum cut: the placements of "MinCut" and "Scotch" in the papers on learned placement (Mirhoseini et al. 2017
 * and 2018). Colocation groups are nodes that weigh their mean seconds, tensors edges that weigh their bytes; the graph is
 * cut into one part per accelerator, of about equal weight and within its memory, with few bytes between parts: see
 * `partitionGraph`, the method of METIS. As in the 2017 paper CPUs take no part, except where accelerators have no room.
 *
 * What may not run on all of these devices goes where it exchanges most bytes. Where the simulator finds no room, less of
 * each memory is filled, then CPUs are parts too.
 *
 * Known weaknesses, and a reason not to take pride in beating it: it does not know time. Work is balanced over the whole
 * step, not at any moment, so that devices wait for each other; unlike devices get equal parts; and a graph that runs best
 * on one device is spread over all of them. In the papers' tables it is the worst nearly everywhere.
 */
export const minCut: Placer = {
  name: 'min-cut',
  description: 'balanced parts with few bytes between them, without regard to time (multilevel, as METIS)',
  place(problem, context) {
    const all = mainDevices(problem);
    const fast = accelerators(problem, all);
    const priority = upwardRanks(problem, meanSeconds(problem));
    const plans = function* (): Iterable<Plan> {
      for (const devices of fast.length < all.length ? [fast, all] : [all]) {
        for (const share of MEMORY_SHARES) {
          yield { placement: placedGroups(problem, cutGroups(problem, devices, share)), priority };
        }
      }
    };
    return bestThatFits(problem, context, [plans()]);
  },
};

/** A device per group. */
function cutGroups(problem: PlacementProblem, devices: readonly number[], memoryShare: number): Int32Array {
  const { groupCount, feasible, capacityBytes } = problem;
  const nodes: number[] = [];
  for (let g = 0; g < groupCount; g++) if (devices.every((d) => feasible[g]!.includes(d))) nodes.push(g);
  const deviceOf = new Int32Array(groupCount).fill(-1);
  if (nodes.length > 0) {
    const graph = groupGraph(problem, nodes);
    const average = graph.nodeWeight.reduce((a, b) => a + b, 0) / devices.length;
    const heaviest = graph.nodeWeight.reduce((a, b) => Math.max(a, b), 0);
    const limits = {
      weight: new Float64Array(devices.length).fill(Math.max(average * TOLERANCE, heaviest)),
      bytes: Float64Array.from(devices, (d) => capacityBytes[d]! * memoryShare),
    };
    const partOf = partitionGraph(graph, limits, stream(1, 'min-cut'));
    for (const [i, g] of nodes.entries()) deviceOf[g] = devices[partOf[i]!]!;
  }
  placeAside(problem, deviceOf, memoryShare);
  return deviceOf;
}

/** The given groups; a tensor is an edge to each group that reads it. */
function groupGraph(problem: PlacementProblem, nodes: readonly number[]): WeightedGraph {
  const { groupCount, group, tensorCount, producer, readerStart, reader, bytes } = problem;
  const nodeOf = new Int32Array(groupCount).fill(-1);
  for (const [i, g] of nodes.entries()) nodeOf[g] = i;
  const nodeWeight = new Float64Array(nodes.length);
  for (const [task, seconds] of meanSeconds(problem).entries()) {
    const node = nodeOf[group[task]!]!;
    if (node >= 0) nodeWeight[node]! += seconds;
  }
  const edges = nodes.map(() => new Map<number, number>());
  for (let t = 0; t < tensorCount; t++) {
    const from = nodeOf[group[producer[t]!]!]!;
    const readers = new Set<number>();
    for (let r = readerStart[t]!; r < readerStart[t + 1]!; r++) readers.add(nodeOf[group[reader[r]!]!]!);
    for (const to of readers) {
      if (from < 0 || to < 0 || to === from) continue;
      edges[from]!.set(to, (edges[from]!.get(to) ?? 0) + bytes[t]!);
      edges[to]!.set(from, (edges[to]!.get(from) ?? 0) + bytes[t]!);
    }
  }
  const size = groupBytes(problem);
  return weightedGraph(
    nodeWeight,
    Float64Array.from(nodes, (g) => size[g]!),
    edges,
  );
}
