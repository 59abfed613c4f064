import type { SessionPlacement } from '../../executor/run-program.ts';
import { graphWork } from '../../graph/cost.ts';
import type { Graph } from '../../graph/graph.ts';

/**
 * Cuts a training step between two devices: forward, the first half of the arithmetic is on one and the rest on the other;
 * what follows the loss is where the forward values are that it reads, and changes of a variable are where the variable is.
 */
export function twoHalves(graph: Graph, loss: string): SessionPlacement {
  const end = graph.name.indexOf(loss);
  const flops = graphWork(graph).map((work) => work.flops);
  const half = flops.slice(0, end + 1).reduce((sum, one) => sum + one, 0) / 2;
  const deviceOf = new Int32Array(graph.nodeCount).fill(-1);
  for (let node = 0, before = 0; node <= end; node++) {
    before += flops[node]!;
    if (graph.inputStart[node] !== graph.inputStart[node + 1]) deviceOf[node] = before > half ? 1 : 0;
  }
  // What reads nothing is where it is read first.
  for (let node = 0; node < graph.nodeCount; node++) {
    if (node > end && deviceOf[node] === -1) deviceOf[node] = backward(graph, node, end, deviceOf);
    for (const tensor of inputsOf(graph, node)) {
      const producer = graph.producer[tensor]!;
      if (deviceOf[producer] === -1) deviceOf[producer] = Math.max(0, deviceOf[node]!);
    }
  }
  return {
    devices: ['/job:thread/task:0', '/job:thread/task:1'],
    deviceOf: deviceOf.map((device) => Math.max(0, device)),
  };
}

function inputsOf(graph: Graph, node: number): number[] {
  return [...graph.input.subarray(graph.inputStart[node], graph.inputStart[node + 1])];
}

/** The device of a node behind the loss; −1 where it reads nothing. */
function backward(graph: Graph, node: number, end: number, deviceOf: Int32Array): number {
  const producers = inputsOf(graph, node).map((tensor) => graph.producer[tensor]!);
  if ((graph.row[node]!.changes ?? 0) > 0) return deviceOf[producers[0]!]!;
  const saved = producers.findLast((producer) => producer <= end && deviceOf[producer] !== -1);
  const other = producers.find((producer) => deviceOf[producer] !== -1);
  return deviceOf[saved ?? other ?? node]!;
}
