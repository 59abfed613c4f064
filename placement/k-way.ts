import type { RandomStream } from '../base/random.ts';
import { coarserGraph, weightedGraph } from './k-way-matching.ts';
import { Partition } from './k-way-partition.ts';

/** An undirected graph with weights. CSR: each edge stands at both ends. */
export interface WeightedGraph {
  readonly nodeCount: number;
  readonly nodeWeight: Float64Array;
  readonly nodeBytes: Float64Array;
  readonly start: Int32Array;
  readonly neighbour: Int32Array;
  readonly edgeWeight: Float64Array;
}

/** Parts of a graph and what they may hold; both limits may turn out impossible. */
export interface PartLimits {
  readonly weight: Float64Array;
  readonly bytes: Float64Array;
}

/** Coarsening ends at so many nodes per part. */
const NODES_PER_PART = 30;
const TRIES = 6;
const REPEATS = 3;

/**
 * A part per node such that the limits hold and the weight of edges between parts is small: the multilevel method of
 * METIS (Karypis & Kumar 1998, a fast and high quality multilevel scheme for partitioning irregular graphs). Heavy-edge
 * matching makes the graph smaller; the smallest one is cut in two again and again, each time the best of several cuts by
 * greedy growing; and on the way back each level is refined by moves as of Fiduccia & Mattheyses 1982.
 */
export function partitionGraph(graph: WeightedGraph, limits: PartLimits, random: RandomStream): Int32Array {
  const parts = limits.weight.length;
  const levels: { graph: WeightedGraph; coarseOf: Int32Array }[] = [{ graph, coarseOf: new Int32Array(0) }];
  for (;;) {
    const fine = levels.at(-1)!.graph;
    if (fine.nodeCount <= NODES_PER_PART * parts) break;
    const coarser = coarserGraph(fine, limits);
    if (coarser.graph.nodeCount > 0.95 * fine.nodeCount) break;
    levels.push(coarser);
  }
  const coarsest = levels.at(-1)!.graph;
  const best = bestOf(REPEATS, () => new Partition(coarsest, limits, bisected(coarsest, limits, random)));
  let partOf = best.partOf;
  for (let level = levels.length - 1; level > 0; level--) {
    const { coarseOf } = levels[level]!;
    const partition = new Partition(
      levels[level - 1]!.graph,
      limits,
      coarseOf.map((c) => partOf[c]!),
    );
    partition.refine();
    partOf = partition.partOf;
  }
  return partOf;
}

/** The best of several partitions, each refined. */
function bestOf(tries: number, make: () => Partition): Partition {
  let best: Partition | undefined;
  for (let i = 0; i < tries; i++) {
    const partition = make();
    partition.refine();
    if (best === undefined || partition.isBetterThan(best)) best = partition;
  }
  return best!;
}

/** Cut in two, for half of the parts each, and so on. */
function bisected(graph: WeightedGraph, limits: PartLimits, random: RandomStream): Int32Array {
  const parts = limits.weight.length;
  const partOf = new Int32Array(graph.nodeCount);
  if (parts === 1 || graph.nodeCount === 0) return partOf;
  const half = parts >> 1;
  const sides = [0, half].map((from) => {
    const to = from === 0 ? half : parts;
    return { from, weight: limits.weight.subarray(from, to), bytes: limits.bytes.subarray(from, to) };
  });
  const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
  const both = {
    weight: Float64Array.from(sides, ({ weight }) => sum(weight)),
    bytes: Float64Array.from(sides, ({ bytes }) => sum(bytes)),
  };
  const halves = bestOf(TRIES, () => new Partition(graph, both, grown(graph, both, random))).partOf;
  for (const [i, side] of sides.entries()) {
    const nodes: number[] = [];
    for (const [node, h] of halves.entries()) if (h === i) nodes.push(node);
    const inner = bisected(subgraph(graph, nodes), side, random);
    for (const [at, node] of nodes.entries()) partOf[node] = side.from + inner[at]!;
  }
  return partOf;
}

/** The first part grows from a random node by the one that it is tied to most; the second is the rest. */
function grown(graph: WeightedGraph, limits: PartLimits, random: RandomStream): Int32Array {
  const { nodeCount, nodeWeight, nodeBytes, start, neighbour, edgeWeight } = graph;
  const total = nodeWeight.reduce((a, b) => a + b, 0);
  const target = (total * limits.weight[0]!) / (limits.weight[0]! + limits.weight[1]!);
  const partOf = new Int32Array(nodeCount).fill(1);
  /** Edges to the part, less those to the rest. */
  const tied = new Float64Array(nodeCount);
  for (let node = 0; node < nodeCount; node++) {
    for (let e = start[node]!; e < start[node + 1]!; e++) tied[node]! -= edgeWeight[e]!;
  }
  const touched = new Uint8Array(nodeCount);
  let weight = 0;
  let bytes = 0;
  let node = random.below(nodeCount);
  while (node >= 0) {
    weight += nodeWeight[node]!;
    bytes += nodeBytes[node]!;
    if (weight > target + nodeWeight[node]! / 2 || bytes > limits.bytes[0]!) break;
    partOf[node] = 0;
    for (let e = start[node]!; e < start[node + 1]!; e++) {
      tied[neighbour[e]!]! += 2 * edgeWeight[e]!;
      touched[neighbour[e]!] = 1;
    }
    node = -1;
    for (let other = 0; other < nodeCount; other++) {
      if (partOf[other] === 0) continue;
      const lead = node < 0 ? 1 : touched[other]! - touched[node]! || tied[other]! - tied[node]!;
      if (lead > 0) node = other;
    }
  }
  return partOf;
}

function subgraph(graph: WeightedGraph, nodes: readonly number[]): WeightedGraph {
  const numberOf = new Int32Array(graph.nodeCount).fill(-1);
  for (const [i, node] of nodes.entries()) numberOf[node] = i;
  const edges = nodes.map((node) => {
    const to = new Map<number, number>();
    for (let e = graph.start[node]!; e < graph.start[node + 1]!; e++) {
      const other = numberOf[graph.neighbour[e]!]!;
      if (other >= 0) to.set(other, graph.edgeWeight[e]!);
    }
    return to;
  });
  const of = (values: Float64Array): Float64Array => Float64Array.from(nodes, (node) => values[node]!);
  return weightedGraph(of(graph.nodeWeight), of(graph.nodeBytes), edges);
}
