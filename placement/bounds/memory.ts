import { formatMemory } from '../../base/units.ts';
import type { PlacementProblem } from '../problem.ts';

/** What memory alone says of every placement. */
export interface MemoryBound {
  /** No placement fits on fewer devices: 2 or more where the graph must be cut. 0 where there is nothing to place. */
  readonly devicesNeeded: number;
  /** False where no placement can fit. True says nothing: activations may still not fit. */
  readonly fits: boolean;
  /** Why not, for people. */
  readonly reason?: string;
}

/**
 * Bin packing with what stays (variables, by colocation group) and what each task holds while it runs (its inputs and
 * outputs, on its device). Devices needed: as many of the largest as hold the sum, or the bound L2 of Martello & Toth
 * (1990, chapter 8) for bins as large as the largest device, if that is more.
 */
export function memoryBound(problem: PlacementProblem): MemoryBound {
  const { taskCount, groupCount, group, feasible, capacityBytes, residentBytes, name, member, memberStart } =
    problem;
  if (taskCount === 0) return { devicesNeeded: 0, fits: true };
  const resident = new Float64Array(groupCount);
  for (let task = 0; task < taskCount; task++) resident[group[task]!]! += residentBytes[task]!;

  const running = runningBytes(problem);
  for (let g = 0; g < groupCount; g++) {
    const room = Math.max(...feasible[g]!.map((d) => capacityBytes[d]!));
    for (const task of member.subarray(memberStart[g]!, memberStart[g + 1]!)) {
      const need = resident[g]! + running[task]!;
      if (need <= room) continue;
      const what = `"${name[task]}" with its inputs, outputs and the variables beside it needs ${formatMemory(need)}`;
      return {
        devicesNeeded: 1,
        fits: false,
        reason: `${what}, no device that it may use has more than ${formatMemory(room)}`,
      };
    }
  }
  const crowded = crowdedDevices(problem, resident);
  if (crowded !== undefined) return { devicesNeeded: problem.deviceCount, fits: false, reason: crowded };

  const capacities = [...capacityBytes].sort((a, b) => b - a);
  const devicesNeeded = Math.max(1, bySum(resident, capacities), binPacking(resident, capacities[0]!));
  if (devicesNeeded <= problem.deviceCount) return { devicesNeeded, fits: true };
  return {
    devicesNeeded,
    fits: false,
    reason: `variables need ${devicesNeeded} devices of ${formatMemory(capacities[0]!)}, there are ${problem.deviceCount}`,
  };
}

/** Per task: bytes of its inputs and outputs, variables aside, each once. */
function runningBytes(problem: PlacementProblem): Float64Array {
  const { taskCount, inputStart, input, outputStart, heldBytes } = problem;
  return Float64Array.from({ length: taskCount }, (_, task) => {
    let sum = 0;
    for (const tensor of new Set(input.subarray(inputStart[task]!, inputStart[task + 1]!)))
      sum += heldBytes[tensor]!;
    for (let t = outputStart[task]!; t < outputStart[task + 1]!; t++) sum += heldBytes[t]!;
    return sum;
  });
}

/** Says where the groups that may only run on certain devices need more than these have. */
function crowdedDevices(
  { feasible, capacityBytes, deviceCount }: PlacementProblem,
  resident: Float64Array,
): string | undefined {
  const all = Array.from({ length: deviceCount }, (_, d) => d);
  const choices = new Map(feasible.map((devices) => [devices.join(), devices]));
  choices.set(all.join(), all);
  for (const devices of choices.values()) {
    const room = devices.reduce((sum, d) => sum + capacityBytes[d]!, 0);
    let need = 0;
    for (const [g, own] of feasible.entries())
      if (own.every((d) => devices.includes(d))) need += resident[g]!;
    if (need <= room) continue;
    const where = devices.length === deviceCount ? 'all devices together' : `the devices that they may use`;
    return `variables need ${formatMemory(need)}, ${where} have ${formatMemory(room)}`;
  }
  return undefined;
}

/** How many of the largest devices hold the sum. */
function bySum(resident: Float64Array, capacities: readonly number[]): number {
  const sum = resident.reduce((a, b) => a + b, 0);
  let room = 0;
  for (const [i, capacity] of capacities.entries()) {
    room += capacity;
    if (room >= sum) return i + 1;
  }
  return capacities.length + 1;
}

/**
 * L2: for a threshold k ≤ capacity / 2, items above capacity − k need a bin each and take nothing of k or more with
 * them; items above capacity / 2 need a bin each; what of the items in [k, capacity / 2] has no room beside these
 * needs more.
 */
function binPacking(items: Float64Array, capacity: number): number {
  if (capacity === Number.POSITIVE_INFINITY) return 1;
  const sorted = items.filter((size) => size > 0).sort();
  let most = 0;
  for (const k of new Set([0, ...sorted.filter((size) => size <= capacity / 2)])) {
    let alone = 0;
    let large = 0;
    let largeBytes = 0;
    let smallBytes = 0;
    for (const size of sorted) {
      if (size > capacity - k) alone++;
      else if (size > capacity / 2) {
        large++;
        largeBytes += size;
      } else if (size >= k) smallBytes += size;
    }
    const more = Math.ceil((smallBytes - (large * capacity - largeBytes)) / capacity - 1e-9);
    most = Math.max(most, alone + large + Math.max(0, more));
  }
  return most;
}
