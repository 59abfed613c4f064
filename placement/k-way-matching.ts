import type { PartLimits, WeightedGraph } from './k-way.ts';

/** Matched nodes may weigh this share of the smallest part. */
const LARGEST_SHARE = 1 / 15;

/** Each node, lightest first, is matched with the free neighbour across its heaviest edge (ties: the lightest, the first). */
export function coarserGraph(
  graph: WeightedGraph,
  limits: PartLimits,
): { graph: WeightedGraph; coarseOf: Int32Array } {
  const { nodeCount, nodeWeight, nodeBytes, start, neighbour, edgeWeight } = graph;
  const most = Math.min(...limits.weight) * LARGEST_SHARE;
  const mostBytes = Math.min(...limits.bytes) * LARGEST_SHARE;
  const coarseOf = new Int32Array(nodeCount).fill(-1);
  const lightestFirst = Int32Array.from({ length: nodeCount }, (_, i) => i).sort(
    (a, b) => nodeWeight[a]! - nodeWeight[b]! || a - b,
  );
  let count = 0;
  for (const node of lightestFirst) {
    if (coarseOf[node]! >= 0) continue;
    let best = -1;
    let bestWeight = 0;
    for (let e = start[node]!; e < start[node + 1]!; e++) {
      const other = neighbour[e]!;
      if (coarseOf[other]! >= 0 || nodeWeight[node]! + nodeWeight[other]! > most) continue;
      if (nodeBytes[node]! + nodeBytes[other]! > mostBytes) continue;
      const lead = edgeWeight[e]! - bestWeight;
      if (best < 0 || lead > 0 || (lead === 0 && nodeWeight[other]! < nodeWeight[best]!)) {
        best = other;
        bestWeight = edgeWeight[e]!;
      }
    }
    coarseOf[node] = count;
    if (best >= 0) coarseOf[best] = count;
    count++;
  }
  return { graph: contracted(graph, coarseOf, count), coarseOf };
}

function contracted(graph: WeightedGraph, coarseOf: Int32Array, count: number): WeightedGraph {
  const edges = Array.from({ length: count }, () => new Map<number, number>());
  const nodeWeight = new Float64Array(count);
  const nodeBytes = new Float64Array(count);
  for (let node = 0; node < graph.nodeCount; node++) {
    const c = coarseOf[node]!;
    nodeWeight[c]! += graph.nodeWeight[node]!;
    nodeBytes[c]! += graph.nodeBytes[node]!;
    for (let e = graph.start[node]!; e < graph.start[node + 1]!; e++) {
      const other = coarseOf[graph.neighbour[e]!]!;
      if (other !== c) edges[c]!.set(other, (edges[c]!.get(other) ?? 0) + graph.edgeWeight[e]!);
    }
  }
  return weightedGraph(nodeWeight, nodeBytes, edges);
}

/** From weights and, per node, its neighbours with the weights of the edges to them. */
export function weightedGraph(
  nodeWeight: Float64Array,
  nodeBytes: Float64Array,
  edges: readonly ReadonlyMap<number, number>[],
): WeightedGraph {
  const start = new Int32Array(edges.length + 1);
  for (const [i, to] of edges.entries()) start[i + 1] = start[i]! + to.size;
  return {
    nodeCount: edges.length,
    nodeWeight,
    nodeBytes,
    start,
    neighbour: Int32Array.from(edges.flatMap((to) => [...to.keys()])),
    edgeWeight: Float64Array.from(edges.flatMap((to) => [...to.values()])),
  };
}
