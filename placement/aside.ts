import { groupBytes } from './coplaced.ts';
import type { PlacementProblem } from './problem.ts';
import { meanSeconds } from './ranks.ts';

/** The devices that most of the work may run on: the choice of the groups with most mean seconds. */
export function mainDevices(problem: PlacementProblem): readonly number[] {
  const work = meanSeconds(problem);
  const seconds = new Map<string, { devices: readonly number[]; sum: number }>();
  for (let task = 0; task < problem.taskCount; task++) {
    const devices = problem.feasible[problem.group[task]!]!;
    const entry = seconds.get(devices.join()) ?? { devices, sum: 0 };
    seconds.set(devices.join(), entry);
    entry.sum += work[task]!;
  }
  let main: { devices: readonly number[]; sum: number } | undefined;
  for (const entry of seconds.values()) if (main === undefined || entry.sum > main.sum) main = entry;
  return main?.devices ?? [];
}

/** Groups without a device: where they exchange most bytes with what is placed, if there is room; ties: lowest index. */
export function placeAside(problem: PlacementProblem, deviceOf: Int32Array, memoryShare: number): void {
  const { deviceCount, groupCount, group, feasible, capacityBytes } = problem;
  const { producer, readerStart, reader, bytes, tensorCount } = problem;
  const exchanged = new Float64Array(groupCount * deviceCount);
  for (let t = 0; t < tensorCount; t++) {
    const from = group[producer[t]!]!;
    for (let r = readerStart[t]!; r < readerStart[t + 1]!; r++) {
      const to = group[reader[r]!]!;
      if (deviceOf[to]! >= 0) exchanged[from * deviceCount + deviceOf[to]!]! += bytes[t]!;
      if (deviceOf[from]! >= 0) exchanged[to * deviceCount + deviceOf[from]!]! += bytes[t]!;
    }
  }
  const size = groupBytes(problem);
  const held = new Float64Array(deviceCount);
  for (let g = 0; g < groupCount; g++) if (deviceOf[g]! >= 0) held[deviceOf[g]!]! += size[g]!;
  for (let g = 0; g < groupCount; g++) {
    if (deviceOf[g]! >= 0) continue;
    const overflow = (d: number): number =>
      Math.max(0, held[d]! + size[g]! - capacityBytes[d]! * memoryShare);
    const choice = feasible[g]!.toSorted(
      (a, b) =>
        overflow(a) - overflow(b) ||
        exchanged[g * deviceCount + b]! - exchanged[g * deviceCount + a]! ||
        a - b,
    );
    deviceOf[g] = choice[0]!;
    held[choice[0]!]! += size[g]!;
  }
}
