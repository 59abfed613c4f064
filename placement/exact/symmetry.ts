import type { PlacementProblem } from '../problem.ts';

/**
 * Per device: the lowest device that it may be swapped with, itself at least, without any schedule changing its length:
 * of one class, and as far from every other device.
 */
export function interchangeableDevices({
  deviceCount: D,
  deviceClass,
  latencySeconds,
  secondsPerByte,
}: PlacementProblem): Int32Array {
  const alike = (a: number, b: number): boolean => {
    if (deviceClass[a] !== deviceClass[b]) return false;
    const swapped = (d: number): number => (d === a ? b : d === b ? a : d);
    for (const costs of [latencySeconds, secondsPerByte]) {
      for (const row of [a, b]) {
        for (let d = 0; d < D; d++) {
          if (costs[row * D + d] !== costs[swapped(row) * D + swapped(d)]) return false;
          if (costs[d * D + row] !== costs[swapped(d) * D + swapped(row)]) return false;
        }
      }
    }
    return true;
  };
  const first = new Int32Array(D);
  for (let d = 0; d < D; d++) {
    first[d] = d;
    for (let other = 0; other < d; other++) {
      if (first[other] !== other || !alike(other, d)) continue;
      first[d] = other;
      break;
    }
  }
  return first;
}

/**
 * Per task: the next lower task that it may be swapped with, −1 for none: equal seconds and memory, inputs of the same
 * size from the same tasks, outputs of the same size to the same tasks, alone in their colocation groups. Some
 * shortest schedule starts them by index.
 */
export function equalTaskBefore(problem: PlacementProblem): Int32Array {
  const { taskCount, deviceCount: D, seconds, inputStart, input, producer, bytes, heldBytes } = problem;
  const { outputStart, readerStart, reader, group, memberStart, residentBytes } = problem;
  const last = new Map<string, number>();
  return Int32Array.from({ length: taskCount }, (_, task) => {
    const g = group[task]!;
    if (memberStart[g + 1]! - memberStart[g]! > 1) return -1;
    const inputs = Array.from(
      input.subarray(inputStart[task]!, inputStart[task + 1]!),
      (tensor) => `${producer[tensor]}:${bytes[tensor]}`,
    );
    const outputs: string[] = [];
    for (let t = outputStart[task]!; t < outputStart[task + 1]!; t++) {
      const readers = reader.subarray(readerStart[t]!, readerStart[t + 1]!);
      outputs.push(`${bytes[t]}/${heldBytes[t]}:${readers.join()}`);
    }
    const own = seconds.subarray(task * D, (task + 1) * D);
    const key = [own.join(), inputs.sort().join(), outputs.sort().join(), residentBytes[task]].join(' ');
    const before = last.get(key) ?? -1;
    last.set(key, task);
    return before;
  });
}
