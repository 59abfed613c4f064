import type { Work } from '../base/work.ts';
import { type Graph, inputSpecs, outputSpecs } from './graph.ts';

const counted = new WeakMap<Graph, readonly Work[]>();

/** What one run of each node asks of a device; counted once per graph. */
export function graphWork(graph: Graph): readonly Work[] {
  let work = counted.get(graph);
  if (work === undefined) {
    work = Array.from({ length: graph.nodeCount }, (_, node) => workOf(graph, node));
    counted.set(graph, work);
  }
  return work;
}

/** Says that nodes of `graph` ask for what nodes of `of` do: where `like[node]` is one's id, not −1. */
export function countLike(graph: Graph, of: Graph, like: Int32Array): void {
  const known = graphWork(of);
  counted.set(
    graph,
    Array.from(like, (other, node) => (other < 0 ? workOf(graph, node) : known[other]!)),
  );
}

function workOf(graph: Graph, node: number): Work {
  const inputs = inputSpecs(graph, node);
  const outputs = outputSpecs(graph, node);
  const work = graph.row[node]!.cost(inputs, outputs, graph.attrs[node]! as never);
  return { ...work, call: { op: graph.op[node]!, inputs, outputs } };
}

/** Flops of one run of the whole graph. */
export function totalFlops(graph: Graph): number {
  return graphWork(graph).reduce((sum, work) => sum + work.flops, 0);
}
