import type { Work } from '../base/work.ts';
import { type Graph, inputSpecs, outputSpecs } from './graph.ts';
import type { Op } from './op.ts';
import { OPS } from './ops/index.ts';

/** What one run of each node asks of a device. */
export function graphWork(graph: Graph): Work[] {
  return Array.from({ length: graph.nodeCount }, (_, node) => {
    const op: Op<never> = OPS[graph.op[node]!];
    return op.cost(inputSpecs(graph, node), outputSpecs(graph, node), graph.attrs[node]! as never);
  });
}

/** Sum of flops over the nodes that `include` accepts. */
export function totalFlops(graph: Graph, include: (node: number) => boolean = () => true): number {
  return graphWork(graph).reduce((sum, work, node) => (include(node) ? sum + work.flops : sum), 0);
}
