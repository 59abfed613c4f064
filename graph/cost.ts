import type { Work } from '../base/work.ts';
import { type Graph, inputSpecs, outputSpecs } from './graph.ts';
import type { Op } from './op.ts';
import { OPS } from './ops/index.ts';

const counted = new WeakMap<Graph, readonly Work[]>();

/** What one run of each node asks of a device; counted once per graph. */
export function graphWork(graph: Graph): readonly Work[] {
  let work = counted.get(graph);
  if (work === undefined) {
    work = countWork(graph);
    counted.set(graph, work);
  }
  return work;
}

function countWork(graph: Graph): Work[] {
  return Array.from({ length: graph.nodeCount }, (_, node) => {
    const op: Op<never> = OPS[graph.op[node]!];
    return op.cost(inputSpecs(graph, node), outputSpecs(graph, node), graph.attrs[node]! as never);
  });
}

/** Sum of flops over the nodes that `include` accepts. */
export function totalFlops(graph: Graph, include: (node: number) => boolean = () => true): number {
  return graphWork(graph).reduce((sum, work, node) => (include(node) ? sum + work.flops : sum), 0);
}
