import { MultiDirectedGraph } from 'graphology';
import { stream } from '../../base/random.ts';
import { NO_WORK } from '../../base/work.ts';
import type { Cluster } from '../../devices/cluster.ts';
import type { DeviceModel } from '../../devices/device.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Op } from '../../graph/op.ts';
import { graphProblem } from '../../placement/graph-problem.ts';
import type { PlacerContext } from '../../placement/placer.ts';
import type { PlacementProblem } from '../../placement/problem.ts';
import { listSchedule, type Machine } from './list-schedule.ts';

/** A node that takes seconds[d] on device d (the last entry for all further devices) and makes `size` floats. */
export const task: Op<{ readonly seconds: readonly number[]; readonly size?: number }> = {
  name: 'Task',
  infer: (_inputs, { size = 1 }) => [{ dtype: 'float32', shape: [size] }],
  cost: () => NO_WORK,
};

/** `CPU:0` stands for `/job:worker/task:0/device:CPU:0`, `2/GPU:1` for the same on task 2. */
export function clusterOf(...short: readonly string[]): Cluster {
  const names = short.map((s) => {
    const [device, job = 0] = s.split('/').reverse();
    return `/job:worker/task:${job}/device:${device}`;
  });
  return {
    devices: names.map((name) => ({ name, model: {} as DeviceModel, host: name.split('/device')[0]! })),
    links: [],
    topology: new MultiDirectedGraph(),
    route: () => new Int32Array(0),
    indexOf: (name) => names.indexOf(name),
  };
}

/** Seconds of a task by its attribute; other nodes take none. */
export function taskSeconds(graph: Graph): Machine['seconds'] {
  return (node, device) => {
    const seconds = graph.attrs[node]!.seconds as readonly number[] | undefined;
    return seconds === undefined ? 0 : (seconds[device] ?? seconds.at(-1)!);
  };
}

/** A machine on which tasks take their seconds, and one float crosses in 1 s: latency 0.5 s, 8 bytes per second. */
export function taskMachine(graph: Graph): Machine {
  return { seconds: taskSeconds(graph), latency: 0.5, bytesPerSecond: 8 };
}

/** The placement of a graph on a cluster that costs what a machine says. */
export function problemOn(graph: Graph, cluster: Cluster, machine: Machine): PlacementProblem {
  return graphProblem(graph, cluster, {
    seconds: machine.seconds,
    transferSeconds: (bytes, from, to) =>
      from === to ? 0 : machine.latency + bytes / machine.bytesPerSecond,
  });
}

export function contextOn(
  graph: Graph,
  machine: Machine,
  seed = 1,
): PlacerContext & { readonly calls: () => number } {
  let calls = 0;
  return {
    evaluate: (placement) => {
      calls++;
      return listSchedule(graph, placement, machine);
    },
    failing: Number.POSITIVE_INFINITY,
    random: stream(seed, 'placer'),
    calls: () => calls,
  };
}

/** A machine of CPUs and GPUs for graphs of real ops: a roofline with a launch time. Any number of either. */
export function rooflineMachine(
  cluster: Cluster,
  work: readonly { class: string; flops: number; bytesRead: number; bytesWritten: number }[],
): Machine {
  const isCpu = cluster.devices.map(({ name }) => name.includes('CPU'));
  const seconds = (node: number, device: number): number => {
    const { class: kind, flops, bytesRead, bytesWritten } = work[node]!;
    if (kind === 'none') return 0;
    const dense = kind.startsWith('conv') || kind === 'matmul';
    const [peak, bandwidth, launch] = isCpu[device] ? [0.25e12, 30e9, 5e-6] : [4.29e12, 216e9, 1e-5];
    return launch + Math.max(flops / (dense ? peak / 2 : peak), (bytesRead + bytesWritten) / bandwidth);
  };
  // Asked for each node of each evaluation: looked up.
  const table = work.map((_, node) => Float64Array.from(cluster.devices, (_device, d) => seconds(node, d)));
  return { seconds: (node, d) => table[node]![d]!, latency: 2e-5, bytesPerSecond: 10e9, sharedEgress: true };
}
