import type { PlacementProblem } from './problem.ts';

export type TensorColumns = Pick<
  PlacementProblem,
  | 'tensorCount'
  | 'outputStart'
  | 'producer'
  | 'bytes'
  | 'heldBytes'
  | 'inputStart'
  | 'input'
  | 'readerStart'
  | 'reader'
>;

/** Who makes and who reads each tensor, from the outputs and inputs of each task. */
export function tensorReaders(
  outputStart: Int32Array,
  bytes: Float64Array,
  heldBytes: Float64Array,
  inputStart: Int32Array,
  inputs: readonly number[],
): TensorColumns {
  const taskCount = outputStart.length - 1;
  const tensorCount = bytes.length;
  const producer = new Int32Array(tensorCount);
  for (let task = 0; task < taskCount; task++)
    producer.fill(task, outputStart[task]!, outputStart[task + 1]!);
  const input = Int32Array.from(inputs);
  const readerStart = new Int32Array(tensorCount + 1);
  for (const tensor of input) readerStart[tensor + 1]!++;
  for (let tensor = 0; tensor < tensorCount; tensor++) readerStart[tensor + 1]! += readerStart[tensor]!;
  const reader = new Int32Array(input.length);
  const next = readerStart.slice();
  for (let task = 0; task < taskCount; task++) {
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) reader[next[input[e]!]!++] = task;
  }
  return { tensorCount, outputStart, producer, bytes, heldBytes, inputStart, input, readerStart, reader };
}

/** Colocation groups from the first member of each task's group. */
export function groupColumns(
  firstMember: Int32Array,
  feasibleOf: (first: number) => readonly number[],
): Pick<PlacementProblem, 'groupCount' | 'group' | 'memberStart' | 'member' | 'feasible'> {
  const group = new Int32Array(firstMember.length);
  const feasible: (readonly number[])[] = [];
  for (const [task, first] of firstMember.entries()) {
    group[task] = first === task ? feasible.push(feasibleOf(first)) - 1 : group[first]!;
  }
  const memberStart = new Int32Array(feasible.length + 1);
  for (const g of group) memberStart[g + 1]!++;
  for (let g = 0; g < feasible.length; g++) memberStart[g + 1]! += memberStart[g]!;
  const member = new Int32Array(group.length);
  const next = memberStart.slice();
  for (const [task, g] of group.entries()) member[next[g]!++] = task;
  return { groupCount: feasible.length, group, memberStart, member, feasible };
}

/** Devices that cost every task the same and have the same memory are of one class. */
export function deviceClasses(seconds: Float64Array, capacityBytes: Float64Array): Int32Array {
  const devices = capacityBytes.length;
  const representatives: number[] = [];
  return Int32Array.from(capacityBytes, (capacity, d) => {
    const known = representatives.findIndex((r) => {
      if (capacityBytes[r] !== capacity) return false;
      for (let row = 0; row < seconds.length; row += devices) {
        if (seconds[row + r] !== seconds[row + d]) return false;
      }
      return true;
    });
    return known >= 0 ? known : representatives.push(d) - 1;
  });
}
