import type { Cluster } from '../devices/cluster.ts';
import type { Graph } from '../graph/graph.ts';
import { byteCount } from '../graph/tensor-spec.ts';
import { type ConstraintOptions, type Constraints, resolveConstraints } from './constraints.ts';
import { forwardName, opGroups } from './groups.ts';
import type { PlacementProblem } from './problem.ts';
import { deviceClasses, groupColumns, type TensorColumns, tensorReaders } from './problem-columns.ts';

/** Seconds of nodes and of messages, by some cost model. */
export interface PlacementCosts {
  /** Seconds of a node on a device; Infinity where the device has no kernel for it. */
  readonly seconds: (node: number, device: number) => number;
  /** Seconds that `bytes` need from one device to another on an idle network. */
  readonly transferSeconds: (bytes: number, from: number, to: number) => number;
}

/**
 * The placement of a graph on a cluster: task i is node i, and so are the indices of devices.
 *
 * @throws UserError where constraints contradict each other, naming the nodes.
 */
export function graphProblem(
  graph: Graph,
  cluster: Cluster,
  costs: PlacementCosts,
  options: ConstraintOptions = {},
): PlacementProblem {
  const constraints = resolveConstraints(graph, cluster, costs, options);
  const { nodeCount } = graph;
  const residentBytes = new Float64Array(nodeCount);
  for (let node = 0; node < nodeCount; node++) {
    if (graph.op[node] === 'Variable') residentBytes[node] = byteCount(graph.spec[graph.outputStart[node]!]!);
  }
  const { latencySeconds, secondsPerByte } = idleNetwork(cluster.devices.length, costs);
  const capacityBytes = Float64Array.from(cluster.devices, ({ model }) => {
    const { memoryBytes, memoryOverhead } = model;
    const reserved = memoryOverhead?.reservedBytes.value ?? 0;
    const room =
      ((memoryBytes?.value ?? Number.POSITIVE_INFINITY) - reserved) /
      (memoryOverhead?.fragmentation.value ?? 1);
    return Math.max(0, room);
  });
  const seconds = feasibleSeconds(constraints);
  return {
    taskCount: nodeCount,
    deviceCount: cluster.devices.length,
    name: graph.name,
    op: graph.op,
    deviceName: cluster.devices.map(({ name }) => name),
    deviceKind: cluster.devices.map(({ name }) => /device:([A-Z]+)/.exec(name)?.[1] ?? ''),
    deviceClass: deviceClasses(seconds, capacityBytes),
    seconds,
    ...tensorColumns(graph),
    latencySeconds,
    secondsPerByte,
    ...groupColumns(constraints.group, (first) => constraints.feasible[first]!),
    capacityBytes,
    residentBytes,
    forward: forwardTasks(graph),
    opGroups: (target) => opGroups(graph, constraints, target),
  };
}

/** The cost model's seconds, where the group of a node may run; Infinity elsewhere. */
function feasibleSeconds({ deviceCount, feasible, seconds }: Constraints): Float64Array {
  const out = new Float64Array(seconds.length).fill(Number.POSITIVE_INFINITY);
  for (const [node, devices] of feasible.entries()) {
    for (const d of devices) out[node * deviceCount + d] = seconds[node * deviceCount + d]!;
  }
  return out;
}

/** The graph's tensors, and one signal after those of each node that others wait for. */
function tensorColumns(graph: Graph): TensorColumns {
  const { nodeCount, input, inputStart, control, controlStart } = graph;
  const signals = new Uint8Array(nodeCount);
  for (const node of control) signals[node] = 1;
  const outputStart = new Int32Array(nodeCount + 1);
  const bytes: number[] = [];
  const heldBytes: number[] = [];
  for (let node = 0; node < nodeCount; node++) {
    const isVariable = graph.op[node] === 'Variable' || graph.row[node]!.changes !== undefined;
    for (let t = graph.outputStart[node]!; t < graph.outputStart[node + 1]!; t++) {
      const size = byteCount(graph.spec[t]!);
      bytes.push(size);
      heldBytes.push(isVariable ? 0 : size);
    }
    if (signals[node] === 1) {
      bytes.push(0);
      heldBytes.push(0);
    }
    outputStart[node + 1] = bytes.length;
  }
  const inputs: number[] = [];
  const starts = new Int32Array(nodeCount + 1);
  for (let node = 0; node < nodeCount; node++) {
    for (let e = inputStart[node]!; e < inputStart[node + 1]!; e++) {
      const from = graph.producer[input[e]!]!;
      inputs.push(outputStart[from]! + input[e]! - graph.outputStart[from]!);
    }
    for (let e = controlStart[node]!; e < controlStart[node + 1]!; e++) {
      inputs.push(outputStart[control[e]! + 1]! - 1);
    }
    starts[node + 1] = inputs.length;
  }
  return tensorReaders(outputStart, Float64Array.from(bytes), Float64Array.from(heldBytes), starts, inputs);
}

/** Latency and inverse bandwidth per pair of devices, from what two messages need. */
function idleNetwork(
  devices: number,
  { transferSeconds }: PlacementCosts,
): Pick<PlacementProblem, 'latencySeconds' | 'secondsPerByte'> {
  const size = 2 ** 30;
  const latencySeconds = new Float64Array(devices * devices);
  const secondsPerByte = new Float64Array(devices * devices);
  for (let from = 0; from < devices; from++) {
    for (let to = 0; to < devices; to++) {
      if (from === to) continue;
      const latency = transferSeconds(0, from, to);
      latencySeconds[from * devices + to] = latency;
      secondsPerByte[from * devices + to] = (transferSeconds(size, from, to) - latency) / size;
    }
  }
  return { latencySeconds, secondsPerByte };
}

function forwardTasks(graph: Graph): Int32Array {
  const nodeOf = new Map(graph.name.map((name, node) => [name, node]));
  return Int32Array.from(graph.name, (name) => {
    const forward = forwardName(name);
    return forward === undefined ? -1 : (nodeOf.get(forward) ?? -1);
  });
}
