import type { Placement } from './placer.ts';
import type { PlacementProblem } from './problem.ts';

/**
 * An estimate of each device's memory while tasks are assigned one after another, in some topological order, as if they
 * ran in this order: variables stay, a tensor is held from its producer's assignment to that of its last reader on
 * the device, once per device that reads it. Placers that build schedules ask it where there is room; the simulator
 * has the last word.
 *
 *     const ledger = new MemoryLedger(problem);
 *     if (ledger.overflow(task, device) === 0) { placement[task] = device; ledger.assign(task, device); }
 */
export class MemoryLedger {
  readonly live: Float64Array;
  readonly peak: Float64Array;
  private readonly problem: PlacementProblem;
  private readonly placement: Placement;
  /** Per tensor: readers that are not assigned yet. */
  private readonly readersLeft: Int32Array;
  /** `[tensor * deviceCount + device]`: 1 where a copy is held. */
  private readonly held: Uint8Array;
  private readonly reserved: Uint8Array;
  private readonly groupBytes: Float64Array;

  constructor(problem: PlacementProblem) {
    const { taskCount, deviceCount, tensorCount, readerStart, group, groupCount, residentBytes } = problem;
    this.problem = problem;
    this.live = new Float64Array(deviceCount);
    this.peak = new Float64Array(deviceCount);
    this.placement = new Int32Array(taskCount).fill(-1);
    this.readersLeft = new Int32Array(tensorCount);
    for (let t = 0; t < tensorCount; t++) this.readersLeft[t] = readerStart[t + 1]! - readerStart[t]!;
    this.held = new Uint8Array(tensorCount * deviceCount);
    this.reserved = new Uint8Array(groupCount);
    this.groupBytes = new Float64Array(groupCount);
    for (let task = 0; task < taskCount; task++) this.groupBytes[group[task]!]! += residentBytes[task]!;
  }

  /** Bytes beyond the device's capacity if the task (and its group's variables) came to it now; 0 where it fits. */
  overflow(task: number, device: number): number {
    return Math.max(0, this.live[device]! + this.needs(task, device) - this.problem.capacityBytes[device]!);
  }

  /** Bytes that the task would add to the device. */
  needs(task: number, device: number): number {
    const { deviceCount, outputStart, inputStart, input, bytes, heldBytes, group } = this.problem;
    const g = group[task]!;
    let needs = this.reserved[g] === 1 ? 0 : this.groupBytes[g]!;
    for (let t = outputStart[task]!; t < outputStart[task + 1]!; t++) needs += heldBytes[t]!;
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      const tensor = input[e]!;
      const isHere = this.placement[this.problem.producer[tensor]!] === device;
      if (!isHere && this.held[tensor * deviceCount + device] === 0) needs += bytes[tensor]!;
    }
    return needs;
  }

  assign(task: number, device: number): void {
    const { deviceCount, outputStart, inputStart, input, bytes, heldBytes, producer, group } = this.problem;
    const g = group[task]!;
    this.placement[task] = device;
    if (this.reserved[g] === 0) {
      this.reserved[g] = 1;
      this.live[device]! += this.groupBytes[g]!;
    }
    for (let t = outputStart[task]!; t < outputStart[task + 1]!; t++) {
      this.live[device]! += heldBytes[t]!;
      this.held[t * deviceCount + device] = 1;
    }
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      const at = input[e]! * deviceCount + device;
      if (this.held[at] === 1 || this.placement[producer[input[e]!]!] === device) continue;
      this.held[at] = 1;
      this.live[device]! += bytes[input[e]!]!;
    }
    if (this.live[device]! > this.peak[device]!) this.peak[device] = this.live[device]!;
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      if (--this.readersLeft[input[e]!]! === 0) this.free(input[e]!);
    }
    for (let t = outputStart[task]!; t < outputStart[task + 1]!; t++)
      if (this.readersLeft[t] === 0) this.free(t);
  }

  private free(tensor: number): void {
    const { deviceCount, bytes, heldBytes, producer } = this.problem;
    const home = this.placement[producer[tensor]!]!;
    for (let d = 0; d < deviceCount; d++) {
      if (this.held[tensor * deviceCount + d] === 0) continue;
      this.held[tensor * deviceCount + d] = 0;
      this.live[d]! -= d === home ? heldBytes[tensor]! : bytes[tensor]!;
    }
  }
}
