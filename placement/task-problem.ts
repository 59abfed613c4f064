import { DisjointSets } from '../graph/disjoint-sets.ts';
import { groupsAlone } from './groups.ts';
import type { PlacementProblem } from './problem.ts';
import { deviceClasses, groupColumns, tensorReaders } from './problem-columns.ts';

/** A task of a scheduling instance. */
export interface PlainTask {
  readonly name?: string;
  readonly op?: string;
  /** Seconds per device; a single number where all devices are alike. Infinity where it may not run. */
  readonly seconds: number | readonly number[];
  readonly inputs?: readonly PlainEdge[];
  /** Index of an earlier task with which it shares its device. */
  readonly colocateWith?: number;
  /** Bytes that stay on its device for good. */
  readonly residentBytes?: number;
  /** Index of the forward task whose gradient it computes. */
  readonly forward?: number;
}

export interface PlainEdge {
  readonly from: number;
  readonly bytes: number;
  /**
   * Edges of one producer with the same tensor number carry one tensor, which crosses once per device. Without one, an
   * edge is a tensor of its own.
   */
  readonly tensor?: number;
}

/** Devices that are all joined to each other alike. */
export interface PlainMachine {
  readonly devices: number;
  /** Between any two devices; default 0. */
  readonly latencySeconds?: number;
  /** Default 1: bytes are seconds. */
  readonly secondsPerByte?: number;
  /** Per device; default: unlimited. */
  readonly capacityBytes?: readonly number[];
  /** CPU, GPU, TPU or ASIC, per device; default: all GPUs. */
  readonly kinds?: readonly string[];
}

/**
 * A placement problem of plain tasks in topological order, on devices that are all joined with each other: published
 * instances of scheduling problems, tests, generated families.
 */
export function taskProblem(tasks: readonly PlainTask[], machine: PlainMachine): PlacementProblem {
  const { devices, latencySeconds = 0, secondsPerByte = 1 } = machine;
  const seconds = new Float64Array(tasks.length * devices);
  for (const [i, task] of tasks.entries()) {
    for (let d = 0; d < devices; d++) {
      seconds[i * devices + d] = typeof task.seconds === 'number' ? task.seconds : task.seconds[d]!;
    }
  }
  const groups = colocation(tasks);
  const all = Array.from({ length: devices }, (_, d) => d);
  const common = new Map<number, number[]>();
  for (const [i, first] of groups.entries()) {
    const here = (common.get(first) ?? all).filter((d) => Number.isFinite(seconds[i * devices + d]));
    common.set(first, here);
  }
  const columns = groupColumns(groups, (first) => common.get(first)!);
  for (const [i, g] of columns.group.entries()) {
    for (let d = 0; d < devices; d++) {
      if (!columns.feasible[g]!.includes(d)) seconds[i * devices + d] = Number.POSITIVE_INFINITY;
    }
  }
  const capacityBytes = Float64Array.from(
    { length: devices },
    (_, d) => machine.capacityBytes?.[d] ?? Number.POSITIVE_INFINITY,
  );
  const kinds = machine.kinds ?? Array.from({ length: devices }, () => 'GPU');
  const between = (value: number): Float64Array =>
    Float64Array.from({ length: devices * devices }, (_, i) => (i % (devices + 1) === 0 ? 0 : value));
  const name = tasks.map((task, i) => task.name ?? `task${i}`);
  return {
    taskCount: tasks.length,
    deviceCount: devices,
    name,
    op: tasks.map(({ op = 'Task' }) => op),
    deviceName: kinds.map(
      (kind, d) =>
        `/job:worker/task:0/device:${kind}:${kinds.slice(0, d).filter((other) => other === kind).length}`,
    ),
    deviceKind: kinds,
    deviceClass: deviceClasses(seconds, capacityBytes),
    seconds,
    ...tensorColumns(tasks),
    latencySeconds: between(latencySeconds),
    secondsPerByte: between(secondsPerByte),
    ...columns,
    capacityBytes,
    residentBytes: Float64Array.from(tasks, (task) => task.residentBytes ?? 0),
    forward: Int32Array.from(tasks, (task) => task.forward ?? -1),
    opGroups: () => groupsAlone(name, columns),
  };
}

function colocation(tasks: readonly PlainTask[]): Int32Array {
  const sets = new DisjointSets(tasks.length);
  for (const [i, { colocateWith }] of tasks.entries())
    if (colocateWith !== undefined) sets.union(i, colocateWith);
  return sets.smallestMembers();
}

function tensorColumns(tasks: readonly PlainTask[]): ReturnType<typeof tensorReaders> {
  /** Per task: its tensors by key, with their bytes. */
  const outputs = tasks.map(() => new Map<string, number>());
  const keys = tasks.map(({ inputs = [] }, i) =>
    inputs.map(({ from, bytes, tensor }, e) => {
      const key = tensor === undefined ? `edge ${i} ${e}` : `tensor ${tensor}`;
      outputs[from]!.set(key, bytes);
      return { from, key };
    }),
  );
  const outputStart = new Int32Array(tasks.length + 1);
  const tensorOf = outputs.map(() => new Map<string, number>());
  const bytes: number[] = [];
  for (const [i, made] of outputs.entries()) {
    for (const [key, size] of made) tensorOf[i]!.set(key, bytes.push(size) - 1);
    outputStart[i + 1] = bytes.length;
  }
  const inputStart = new Int32Array(tasks.length + 1);
  for (const [i, list] of keys.entries()) inputStart[i + 1] = inputStart[i]! + list.length;
  const inputs = keys.flatMap((list) => list.map(({ from, key }) => tensorOf[from]!.get(key)!));
  const sizes = Float64Array.from(bytes);
  return tensorReaders(outputStart, sizes, sizes, inputStart, inputs);
}
