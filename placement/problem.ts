import type { OpGroups } from './groups.ts';

/**
 * What is to be placed, on what, and what it costs, in flat columns: all that a placer knows. `graphProblem` makes one of
 * a graph and a cluster, `taskProblem` one of plain tasks (published scheduling instances, tests).
 *
 * Tasks are in topological order: inputs come from tasks of lower index. Devices run one task at a time; a tensor
 * crosses once per target device, in latencySeconds + bytes · secondsPerByte on an idle network.
 */
export interface PlacementProblem {
  readonly taskCount: number;
  readonly deviceCount: number;
  /** For messages, scopes and rules: the node's name, e.g. `layer1/matmul`, and its op, e.g. `MatMul`. */
  readonly name: readonly string[];
  readonly op: readonly string[];
  /** `/job:worker/task:0/device:GPU:1` */
  readonly deviceName: readonly string[];
  /** CPU, GPU, TPU or ASIC, per device. */
  readonly deviceKind: readonly string[];
  /** Devices of one class cost each task the same and have the same memory; classes are numbered by first member. */
  readonly deviceClass: Int32Array;

  /** `[task * deviceCount + device]`: seconds. Infinity where the task may not run: no kernel there, or constraints. */
  readonly seconds: Float64Array;

  /** Tensors and signals (control edges: no bytes), by producer: task i makes outputStart[i] … outputStart[i + 1] − 1. */
  readonly tensorCount: number;
  readonly outputStart: Int32Array;
  readonly producer: Int32Array;
  readonly bytes: Float64Array;
  /** What a tensor occupies in its producer's memory: none for signals and for variables, which stay anyway. */
  readonly heldBytes: Float64Array;
  /** CSR: the tensors that each task waits for. */
  readonly inputStart: Int32Array;
  readonly input: Int32Array;
  /** CSR: the tasks that wait for each tensor, once per edge, ascending. */
  readonly readerStart: Int32Array;
  readonly reader: Int32Array;

  /** `[from * deviceCount + to]`: of an idle network; zero within a device. */
  readonly latencySeconds: Float64Array;
  readonly secondsPerByte: Float64Array;

  /** Colocation groups, numbered by first member: a placement gives all members one device. */
  readonly groupCount: number;
  readonly group: Int32Array;
  readonly memberStart: Int32Array;
  readonly member: Int32Array;
  /** Per group: the devices that every member may run on, ascending, never empty. */
  readonly feasible: readonly (readonly number[])[];

  /** Bytes per device that tasks may fill; Infinity where memory is not modelled. */
  readonly capacityBytes: Float64Array;
  /** Bytes per task that stay on its device for good: variables. */
  readonly residentBytes: Float64Array;

  /** Per task: the forward task whose gradient it computes a part of; −1 for forward tasks. */
  readonly forward: Int32Array;

  /** About `target` op groups (each one or more whole colocation groups) that a search may move as one. */
  readonly opGroups: (target: number) => OpGroups;
}

/** Seconds of `bytes` from one device to another on an idle network; 0 within a device. */
export function transferSeconds(
  { deviceCount, latencySeconds, secondsPerByte }: PlacementProblem,
  bytes: number,
  from: number,
  to: number,
): number {
  const pair = from * deviceCount + to;
  return from === to ? 0 : latencySeconds[pair]! + bytes * secondsPerByte[pair]!;
}

/** Per task: how many edges it waits for. */
export function inputCounts({ taskCount, inputStart }: PlacementProblem): Int32Array {
  return Int32Array.from({ length: taskCount }, (_, task) => inputStart[task + 1]! - inputStart[task]!);
}

/** The placement of a device per op group; tasks of none (−1 in `groupOf`) go where they must. */
export function placedOpGroups(
  { group, feasible }: PlacementProblem,
  groupOf: Int32Array,
  deviceOf: ArrayLike<number>,
): Int32Array {
  return groupOf.map((g, task) => (g < 0 ? feasible[group[task]!]![0]! : deviceOf[g]!));
}

/** The placement of a device per colocation group. */
export function placedGroups({ group }: PlacementProblem, deviceOf: ArrayLike<number>): Int32Array {
  return group.map((g) => deviceOf[g]!);
}
