import { NO_WORK, type Work } from '../base/work.ts';
import { graphWork } from './cost.ts';
import { elementwiseNodes } from './fuse.ts';
import { type Graph, inputSpecs } from './graph.ts';
import { FIRST, isMatrixProduct, isPass, sourceOfViews, takesPasses } from './library-kernels.ts';
import { bytesOf } from './ops/costs.ts';
import { byteCount } from './tensor-spec.ts';

/** Who merges nodes into one kernel: `fuseElementwise`, `libraryKernels`, or both. */
export interface Mergers {
  readonly fuses: boolean;
  readonly library: boolean;
}

/**
 * The work that each node has under every placement, whatever is merged with whatever else on its device: a kernel takes at
 * least as long as the sum of what this says of its nodes, at the node where the kernel stands. So bounds that count it hold
 * where nodes are merged. Which nodes these are depends on the placement, and not monotonously (a reader on another
 * device may be all that keeps a node from being merged). Hence
 *
 * - nothing of a node that may become part of another's kernel;
 * - of a node that others may become part of: its arithmetic, what it writes, and what it reads of nodes that never join
 *   one, each tensor once;
 * - nothing of products that may be one with others: a wider or longer product has its time elsewhere.
 */
export function leastWork(graph: Graph, mergers: Mergers): readonly Work[] {
  const work = graphWork(graph);
  const joins = joiningNodes(graph, mergers);
  const products = mergers.library ? mergingProducts(graph) : new Uint8Array(graph.nodeCount);
  return work.map((own, node) => {
    if (joins.vanishes[node] === 1 || products[node] === 1) return NO_WORK;
    const inputs = graph.input.subarray(graph.inputStart[node]!, graph.inputStart[node + 1]!);
    const isJoined = joins.takes[node] === 1 && inputs.some((t) => joins.mayJoin[graph.producer[t]!] === 1);
    if (!isJoined) return own;
    const apart = new Set(inputs.filter((t) => joins.mayJoin[graph.producer[t]!] === 0));
    const again = Math.max(0, own.bytesRead - bytesOf(inputSpecs(graph, node)));
    const bytesRead = [...apart].reduce((sum, t) => sum + byteCount(graph.spec[t]!), again);
    return {
      ...own,
      bytesRead: Math.min(own.bytesRead, bytesRead),
      bytesWritten: Math.min(own.bytesWritten, byteCount(graph.spec[graph.outputStart[node]!]!)),
    };
  });
}

interface JoiningNodes {
  /** Per node: 1 where it is of a kind that joins the kernel of what uses its result. */
  readonly mayJoin: Uint8Array;
  /** Per node: 1 where it is of a kind that others join. */
  readonly takes: Uint8Array;
  /** Per node: 1 where it may join what uses it in this graph. */
  readonly vanishes: Uint8Array;
}

function joiningNodes(graph: Graph, { fuses, library }: Mergers): JoiningNodes {
  const { nodeCount } = graph;
  const work = graphWork(graph);
  const mayJoin = new Uint8Array(nodeCount);
  const takes = new Uint8Array(nodeCount);
  const vanishes = fuses ? vanishingNodes(graph) : new Uint8Array(nodeCount);
  if (fuses) {
    mayJoin.set(elementwiseNodes(graph));
    takes.set(mayJoin);
  }
  if (!library) return { mayJoin, takes, vanishes };
  for (let node = 0; node < nodeCount; node++) {
    const joins = isPass(graph, node, work) || FIRST.has(graph.op[node]!);
    const taken = takesPasses(graph, node, work);
    if (joins) mayJoin[node] = 1;
    if (taken) takes[node] = 1;
    for (let e = graph.inputStart[node]!; taken && e < graph.inputStart[node + 1]!; e++) {
      const from = graph.producer[graph.input[e]!]!;
      if (isPass(graph, from, work) || FIRST.has(graph.op[from]!)) vanishes[from] = 1;
    }
  }
  return { mayJoin, takes, vanishes };
}

/** Per node: 1 where `fuseElementwise` may merge it into what uses its result: all that do are such nodes too. */
function vanishingNodes(graph: Graph): Uint8Array {
  const elementwise = elementwiseNodes(graph);
  const out = new Uint8Array(graph.nodeCount);
  for (const tensor of graph.input) {
    const from = graph.producer[tensor]!;
    out[from] = elementwise[from]!;
  }
  for (let node = 0; node < graph.nodeCount; node++) {
    if (elementwise[node] === 1) continue;
    for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++) {
      out[graph.producer[graph.input[e]!]!] = 0;
    }
  }
  return out;
}

/** Per node: 1 for products that may be part of a wider one or of a sum of products, and for such sums. */
function mergingProducts(graph: Graph): Uint8Array {
  const work = graphWork(graph);
  const out = new Uint8Array(graph.nodeCount);
  const sums = new Uint8Array(graph.nodeCount);
  const sibling = new Map<string, number>();
  for (let node = 0; node < graph.nodeCount; node++) {
    const inputs = graph.input.subarray(graph.inputStart[node]!, graph.inputStart[node + 1]!);
    if (isMatrixProduct(graph, node, work)) {
      sums[node] = 1;
      const { m, k } = work[node]!.gemm!;
      const key = `${sourceOfViews(graph, inputs[0]!)} ${m} ${k}`;
      const other = sibling.get(key);
      if (other !== undefined) out[node] = out[other] = 1;
      else sibling.set(key, node);
    } else if (graph.op[node] === 'Add' && inputs.every((t) => sums[graph.producer[t]!] === 1)) {
      sums[node] = out[node] = 1;
      for (const t of inputs) out[graph.producer[t]!] = 1;
    }
  }
  return out;
}
