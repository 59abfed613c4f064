import type { Graph } from '../graph/graph.ts';
import { byteCount } from '../graph/tensor-spec.ts';
import { type Constraints, resolveConstraints } from './constraints.ts';
import type { Placement, Placer, PlacerContext } from './placer.ts';
import { ReadyQueue } from './ready-queue.ts';

/**
 * The greedy placement algorithm of TensorFlow's white paper (2015, section 3.2.1; constraints as in 4.3).
 *
 * It simulates one execution, from the sources on. The ready node with the smallest ready time comes next (ties:
 * lowest id). It goes to the feasible device on which it would *finish* soonest, counting its inputs' transfers
 *
 *     finish(d) = max(free(d), max over inputs u of done(u) + transfer(u, d)) + seconds(node, d)
 *
 * and that binds its whole colocation group. The simulated placement is the real one.
 *
 * The paper leaves ties between devices open. Here the device on which the group's summed work is least wins, then
 * the lowest index: a variable, which costs nothing anywhere, otherwise drags its update to the CPU.
 *
 * Known weaknesses, all of them in the paper's algorithm and kept:
 * - it never looks ahead: a chain hops to another device to finish one node a little sooner, and pays for the way
 *   back later;
 * - a group is bound by whichever member is reached first, however little work that member has;
 * - transfers are estimated on an idle network, so it does not see that its own transfers will share links;
 * - it does not know memory.
 */
export const greedy: Placer = {
  name: 'greedy',
  description: "each node where it would finish soonest (TensorFlow's white paper, 2015)",
  place(graph, cluster, context) {
    const constraints = resolveConstraints(graph, cluster, context);
    return { placement: simulateGreedily(graph, constraints, context), evaluations: 0 };
  },
};

function simulateGreedily(graph: Graph, constraints: Constraints, context: PlacerContext): Placement {
  const { nodeCount: n, input, inputStart, control, controlStart, producer } = graph;
  const { deviceCount, feasible, group, seconds } = constraints;
  const bytes = graph.spec.map(byteCount);
  const work = groupWork(constraints, n);
  const { pending, successorStart, successor } = dependencies(graph);

  const bound = new Int32Array(n).fill(-1);
  const placement = new Int32Array(n);
  const free = new Float64Array(deviceCount);
  const done = new Float64Array(n);
  const readyAt = new Float64Array(n);
  const ready = new ReadyQueue(n);

  const finishOn = (node: number, d: number): number => {
    let start = free[d]!;
    for (let e = inputStart[node]!; e < inputStart[node + 1]!; e++) {
      const tensor = input[e]!;
      const from = producer[tensor]!;
      const arrives = done[from]! + transfer(bytes[tensor]!, placement[from]!, d);
      if (arrives > start) start = arrives;
    }
    for (let e = controlStart[node]!; e < controlStart[node + 1]!; e++) {
      const from = control[e]!;
      const arrives = done[from]! + transfer(0, placement[from]!, d);
      if (arrives > start) start = arrives;
    }
    return start + seconds[node * deviceCount + d]!;
  };
  const transfer = (size: number, from: number, to: number): number =>
    from === to ? 0 : context.transferSeconds(size, from, to);

  for (let node = 0; node < n; node++) if (pending[node] === 0) ready.push(0, node);
  while (ready.length > 0) {
    const node = ready.pop();
    const root = group[node]!;
    let device = bound[root]!;
    let finish: number;
    if (device >= 0) {
      finish = finishOn(node, device);
    } else {
      const choice = feasible[node]!;
      device = choice[0]!;
      finish = finishOn(node, device);
      for (let i = 1; i < choice.length; i++) {
        const d = choice[i]!;
        const f = finishOn(node, d);
        const lessWork = work[root * deviceCount + d]! < work[root * deviceCount + device]!;
        if (f < finish || (f === finish && lessWork)) {
          device = d;
          finish = f;
        }
      }
      bound[root] = device;
    }
    placement[node] = device;
    free[device] = finish;
    done[node] = finish;
    for (let e = successorStart[node]!; e < successorStart[node + 1]!; e++) {
      const next = successor[e]!;
      if (finish > readyAt[next]!) readyAt[next] = finish;
      if (--pending[next]! === 0) ready.push(readyAt[next]!, next);
    }
  }
  return placement;
}

/** `[root * deviceCount + device]`: summed seconds of a colocation group on a device. */
function groupWork({ deviceCount, group, seconds }: Constraints, nodeCount: number): Float64Array {
  const work = new Float64Array(seconds.length);
  for (let node = 0; node < nodeCount; node++) {
    for (let d = 0; d < deviceCount; d++) {
      work[group[node]! * deviceCount + d]! += seconds[node * deviceCount + d]!;
    }
  }
  return work;
}

/** Edges to wait for per node, and the nodes that wait for it (one entry per edge). */
function dependencies(graph: Graph): {
  pending: Int32Array;
  successorStart: Int32Array;
  successor: Int32Array;
} {
  const { nodeCount: n, input, inputStart, control, controlStart, producer } = graph;
  const pending = new Int32Array(n);
  const successorStart = new Int32Array(n + 1);
  const sources = (node: number): number[] => {
    const from: number[] = [];
    for (let e = inputStart[node]!; e < inputStart[node + 1]!; e++) from.push(producer[input[e]!]!);
    for (let e = controlStart[node]!; e < controlStart[node + 1]!; e++) from.push(control[e]!);
    return from;
  };
  for (let node = 0; node < n; node++) {
    for (const from of sources(node)) {
      pending[node]!++;
      successorStart[from + 1]!++;
    }
  }
  for (let node = 0; node < n; node++) successorStart[node + 1]! += successorStart[node]!;
  const successor = new Int32Array(successorStart[n]!);
  const cursor = successorStart.slice();
  for (let node = 0; node < n; node++) for (const from of sources(node)) successor[cursor[from]!++] = node;
  return { pending, successorStart, successor };
}
