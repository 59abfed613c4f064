// Hot file: the dataflow walk that simulation and execution share. No allocation per node.

/** What waits for what, as a partitioned graph or any other step has it. */
export interface Dependencies {
  /** Edges that must be done before a node starts. */
  readonly pending: Int32Array;
  /** CSR: nodes that wait for node i. */
  readonly successorStart: Int32Array;
  readonly successor: Int32Array;
}

/**
 * Pending counts of the steps in flight: each step has its own stretch of `pending`, from `offset`.
 * A node is ready when its count is zero; a Recv becomes ready when its transfer has arrived.
 */
export function startStep(p: Dependencies, pending: Int32Array, offset: number, ready: Int32Array): number {
  const { pending: edges } = p;
  pending.set(edges, offset);
  let count = 0;
  for (let node = 0; node < edges.length; node++) if (edges[node] === 0) ready[count++] = node;
  return count;
}

/**
 * Notes that `node` is done (for a Send: that its bytes have arrived). Writes the nodes that became ready to
 * `ready` and returns how many there are, in the order of the successor list.
 */
export function complete(
  p: Dependencies,
  pending: Int32Array,
  offset: number,
  node: number,
  ready: Int32Array,
): number {
  const { successor, successorStart } = p;
  let count = 0;
  for (let e = successorStart[node]!, end = successorStart[node + 1]!; e < end; e++) {
    const next = successor[e]!;
    if (--pending[offset + next]! === 0) ready[count++] = next;
  }
  return count;
}
