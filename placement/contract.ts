import { groupsAlone } from './groups.ts';
import type { PlacementProblem } from './problem.ts';
import { groupColumns, type TensorColumns, tensorReaders } from './problem-columns.ts';
import { meanSeconds } from './ranks.ts';

/**
 * The problem whose tasks are clusters of another's. `clusterOf`: cluster per task, numbered in topological order, so
 * that tensors that leave a cluster go to clusters of higher number. `groupOf`: per task, the first task of its group.
 *
 * Seconds and resident bytes are sums. Tensors that stay inside a cluster are gone; those of one cluster with the same
 * readers become one. A cluster has the name and op of its heaviest member; its forward cluster is the one that most of
 * its backward work belongs to, where most of its work is backward.
 */
export function contract(
  problem: PlacementProblem,
  clusterOf: Int32Array,
  clusterCount: number,
  groupOf: Int32Array,
): PlacementProblem {
  const { taskCount, deviceCount: D } = problem;
  const seconds = new Float64Array(clusterCount * D);
  const residentBytes = new Float64Array(clusterCount);
  const heaviest = new Int32Array(clusterCount).fill(-1);
  const work = meanSeconds(problem);
  for (let task = 0; task < taskCount; task++) {
    const c = clusterOf[task]!;
    for (let d = 0; d < D; d++) seconds[c * D + d]! += problem.seconds[task * D + d]!;
    residentBytes[c]! += problem.residentBytes[task]!;
    if (heaviest[c]! < 0 || work[task]! > work[heaviest[c]!]!) heaviest[c] = task;
  }
  /** Per group, by its first task: its first cluster. */
  const first = new Int32Array(taskCount).fill(clusterCount);
  for (let task = 0; task < taskCount; task++) {
    first[groupOf[task]!] = Math.min(first[groupOf[task]!]!, clusterOf[task]!);
  }
  const anyTask = new Int32Array(clusterCount);
  for (let task = taskCount - 1; task >= 0; task--) anyTask[clusterOf[task]!] = task;
  const groups = groupColumns(
    anyTask.map((task) => first[groupOf[task]!]!),
    (c) => problem.feasible[problem.group[anyTask[c]!]!]!,
  );
  const name = Array.from(heaviest, (task) => problem.name[task]!);
  return {
    taskCount: clusterCount,
    deviceCount: D,
    name,
    op: Array.from(heaviest, (task) => problem.op[task]!),
    deviceName: problem.deviceName,
    deviceKind: problem.deviceKind,
    deviceClass: problem.deviceClass,
    seconds,
    ...crossing(problem, clusterOf, clusterCount),
    latencySeconds: problem.latencySeconds,
    secondsPerByte: problem.secondsPerByte,
    ...groups,
    capacityBytes: problem.capacityBytes,
    residentBytes,
    forward: forwardClusters(problem, clusterOf, clusterCount, work),
    opGroups: () => groupsAlone(name, groups),
  };
}

/** The tensors that leave their cluster. */
function crossing(problem: PlacementProblem, clusterOf: Int32Array, clusterCount: number): TensorColumns {
  const { tensorCount, producer, readerStart, reader } = problem;
  /** Per cluster, by its readers. */
  const outputs = Array.from({ length: clusterCount }, () => new Map<string, Output>());
  for (let t = 0; t < tensorCount; t++) {
    const from = clusterOf[producer[t]!]!;
    const readers = new Set<number>();
    for (let r = readerStart[t]!; r < readerStart[t + 1]!; r++) readers.add(clusterOf[reader[r]!]!);
    readers.delete(from);
    if (readers.size === 0) continue;
    const ascending = [...readers].sort((a, b) => a - b);
    const key = ascending.join();
    const known = outputs[from]!.get(key);
    if (known === undefined) {
      outputs[from]!.set(key, { readers: ascending, bytes: problem.bytes[t]!, held: problem.heldBytes[t]! });
    } else {
      known.bytes += problem.bytes[t]!;
      known.held += problem.heldBytes[t]!;
    }
  }
  const outputStart = new Int32Array(clusterCount + 1);
  const bytes: number[] = [];
  const held: number[] = [];
  const inputs: number[][] = Array.from({ length: clusterCount }, () => []);
  for (const [c, made] of outputs.entries()) {
    for (const output of made.values()) {
      for (const r of output.readers) inputs[r]!.push(bytes.length);
      bytes.push(output.bytes);
      held.push(output.held);
    }
    outputStart[c + 1] = bytes.length;
  }
  const inputStart = new Int32Array(clusterCount + 1);
  for (const [c, list] of inputs.entries()) inputStart[c + 1] = inputStart[c]! + list.length;
  return tensorReaders(
    outputStart,
    Float64Array.from(bytes),
    Float64Array.from(held),
    inputStart,
    inputs.flat(),
  );
}

interface Output {
  readonly readers: readonly number[];
  bytes: number;
  held: number;
}

function forwardClusters(
  { taskCount, forward }: PlacementProblem,
  clusterOf: Int32Array,
  clusterCount: number,
  work: Float64Array,
): Int32Array {
  const all = new Float64Array(clusterCount);
  /** Per cluster: backward work by forward cluster. */
  const votes = Array.from({ length: clusterCount }, () => new Map<number, number>());
  for (let task = 0; task < taskCount; task++) {
    const c = clusterOf[task]!;
    all[c]! += work[task]!;
    if (forward[task]! < 0) continue;
    const of = clusterOf[forward[task]!]!;
    votes[c]!.set(of, (votes[c]!.get(of) ?? 0) + work[task]!);
  }
  return Int32Array.from(votes, (byForward, c) => {
    let backward = 0;
    let best = -1;
    for (const [of, seconds] of byForward) {
      backward += seconds;
      if (of === c) continue;
      const lead = best < 0 ? 1 : seconds - byForward.get(best)!;
      if (lead > 0 || (lead === 0 && of < best)) best = of;
    }
    return 2 * backward >= all[c]! ? best : -1;
  });
}
