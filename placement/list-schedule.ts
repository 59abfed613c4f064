import { BoundGroups } from './bound-groups.ts';
import { DeviceTimeline } from './device-timeline.ts';
import { MemoryLedger } from './memory-ledger.ts';
import type { Placement } from './placer.ts';
import { type PlacementProblem, transferSeconds } from './problem.ts';
import { SendQueues } from './send-queues.ts';

/** A complete schedule. */
export interface Schedule {
  readonly placement: Placement;
  /** Per task, seconds. */
  readonly start: Float64Array;
  readonly finish: Float64Array;
  /** The last finish. */
  readonly seconds: number;
  /** Tasks by start: each device runs its tasks in this order, and each task comes after those that it waits for. */
  readonly order: Int32Array;
}

export interface ListScheduleOptions {
  /** Whether a task may start in a gap between tasks that are scheduled already. Default true. */
  readonly insertion?: boolean;
  /** Whether tensors that leave a device queue up behind each other (see SendQueues). Default: all cross at once. */
  readonly contention?: boolean;
}

/** Sources and what follows only from them are left open no deeper than this. */
const OPEN_DEPTH = 32;

/**
 * A schedule under construction: what list-scheduling algorithms ask (when could this task start there, and where may
 * it go?) and tell (it goes there). The caller decides on tasks in topological order.
 *
 *     if (!schedule.leaveOpen(task)) schedule.assign(task, schedule.best(task, (d) => schedule.finishOn(task, d)));
 *     …
 *     return schedule.complete();
 *
 * - Tensors cross an idle network, all at once, or with `contention` one after another per sending device.
 * - The first member of a colocation group binds all (see BoundGroups for what that costs).
 * - Sources that take no time on any device (variables, placeholders) say nothing about where they belong: they are left
 *   open until a task that reads them, or a member of their group, has a device, and go there.
 * - Memory by MemoryLedger: only devices with room are candidates; where none has room, the one that lacks least.
 */
export class ListSchedule {
  readonly placement: Placement;
  readonly start: Float64Array;
  readonly finish: Float64Array;
  readonly groups: BoundGroups;
  private readonly problem: PlacementProblem;
  private readonly timelines: readonly DeviceTimeline[];
  private readonly ledger: MemoryLedger;
  private readonly queues: SendQueues | undefined;
  private readonly isOpen: Uint8Array;
  private readonly openDepth: Uint8Array;
  private readonly groupBytes: Float64Array;
  private readonly limited: boolean;

  constructor(problem: PlacementProblem, { insertion = true, contention = false }: ListScheduleOptions = {}) {
    const { taskCount, deviceCount, groupCount, group, residentBytes, capacityBytes } = problem;
    this.problem = problem;
    this.placement = new Int32Array(taskCount).fill(-1);
    this.start = new Float64Array(taskCount);
    this.finish = new Float64Array(taskCount);
    this.groups = new BoundGroups(problem);
    this.timelines = Array.from({ length: deviceCount }, () => new DeviceTimeline(insertion));
    this.ledger = new MemoryLedger(problem);
    this.queues = contention ? new SendQueues(problem) : undefined;
    this.isOpen = new Uint8Array(taskCount);
    this.openDepth = openDepths(problem);
    this.groupBytes = new Float64Array(groupCount);
    for (let task = 0; task < taskCount; task++) this.groupBytes[group[task]!]! += residentBytes[task]!;
    this.limited = capacityBytes.some((bytes) => bytes < Number.POSITIVE_INFINITY);
  }

  /** Leaves the task open, where it is a source without work and its group is not bound yet. */
  leaveOpen(task: number): boolean {
    if (this.openDepth[task] === 0 || this.groups.device[this.problem.group[task]!]! >= 0) return false;
    this.isOpen[task] = 1;
    return true;
  }

  /** Whether some input of the task is open: then, what `inputsOn` says may still change. */
  hasOpenInputs(task: number): boolean {
    const { inputStart, input, producer } = this.problem;
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      if (this.placement[producer[input[e]!]!]! < 0) return true;
    }
    return false;
  }

  /** When all inputs of the task can be on the device. */
  inputsOn(task: number, device: number): number {
    return this.arrival(task, device, false);
  }

  private arrival(task: number, device: number, book: boolean): number {
    const { problem, placement, finish } = this;
    if (this.queues !== undefined) {
      const deviceOf = (from: number): number =>
        placement[from]! >= 0 ? placement[from]! : this.openDevice(from, device);
      return this.queues.inputsOn(task, device, deviceOf, finish, book);
    }
    const { inputStart, input, producer, bytes, deviceCount, latencySeconds, secondsPerByte } = problem;
    let last = 0;
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      const tensor = input[e]!;
      const from = producer[tensor]!;
      const at = placement[from]! >= 0 ? placement[from]! : this.openDevice(from, device);
      let arrival = finish[from]!;
      if (at !== device) {
        const pair = at * deviceCount + device;
        arrival += latencySeconds[pair]! + bytes[tensor]! * secondsPerByte[pair]!;
      }
      if (arrival > last) last = arrival;
    }
    return last;
  }

  /** The earliest start of the task on the device, given when its inputs can be there. */
  startOn(task: number, device: number, inputs = this.inputsOn(task, device)): number {
    const { seconds, deviceCount } = this.problem;
    return this.timelines[device]!.earliestStart(inputs, seconds[task * deviceCount + device]!);
  }

  finishOn(task: number, device: number): number {
    return this.startOn(task, device) + this.problem.seconds[task * this.problem.deviceCount + device]!;
  }

  /** When the device is free for good. */
  freeAt(device: number): number {
    return this.timelines[device]!.free;
  }

  /** Devices that the task may go to, memory aside, ascending. */
  feasible(task: number): readonly number[] {
    const g = this.problem.group[task]!;
    const bound = this.groups.device[g]!;
    return bound >= 0 ? [bound] : this.problem.feasible[g]!;
  }

  /** Devices that the task may go to: those with room for it, or else that which lacks least. Never empty. */
  candidates(task: number): readonly number[] {
    const feasible = this.feasible(task);
    if (!this.limited || feasible.length === 1) return feasible;
    const lacks = feasible.map((d) => this.overflow(task, d));
    const least = Math.min(...lacks);
    return feasible.filter((_, i) => lacks[i] === least);
  }

  /**
   * The candidate with the least `cost` + what binding the task's group, and those of its open inputs, costs. Ties: the
   * lowest index.
   */
  best(task: number, cost: (device: number) => number): number {
    const candidates = this.candidates(task);
    let best = candidates[0]!;
    if (candidates.length === 1) return best;
    let least = Number.POSITIVE_INFINITY;
    for (const d of candidates) {
      const total = cost(d) + this.bindingSeconds(task, d);
      if (total < least) {
        least = total;
        best = d;
      }
    }
    return best;
  }

  /** Seconds that the bindings cost which the task would make on the device (see BoundGroups). */
  bindingSeconds(task: number, device: number): number {
    let seconds = this.groups.bindingSeconds(task, device);
    this.forOpenInputs(task, device, (from) => {
      seconds += this.groups.bindingSeconds(from, device);
    });
    return seconds;
  }

  /** Bytes that the device lacks for the task, and for the open inputs that would come along. */
  overflow(task: number, device: number): number {
    const capacity = this.problem.capacityBytes[device]!;
    if (capacity === Number.POSITIVE_INFINITY) return 0;
    let needs = this.ledger.needs(task, device);
    this.forOpenInputs(task, device, (from, tensor) => {
      // The ledger counts a copy of the tensor, and for a task alone: the original comes here, with its group.
      const { heldBytes, bytes, group } = this.problem;
      needs += heldBytes[tensor]! - bytes[tensor]! + this.groupBytes[group[from]!]!;
    });
    return Math.max(0, this.ledger.live[device]! + needs - capacity);
  }

  assign(task: number, device: number): void {
    const { inputStart, input, producer, seconds, deviceCount } = this.problem;
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      const from = producer[input[e]!]!;
      if (this.placement[from]! < 0) this.assign(from, this.openDevice(from, device));
    }
    const work = seconds[task * deviceCount + device]!;
    const begin = this.startOn(task, device, this.arrival(task, device, true));
    this.placement[task] = device;
    this.start[task] = begin;
    this.finish[task] = begin + work;
    this.isOpen[task] = 0;
    this.timelines[device]!.occupy(begin, begin + work);
    this.groups.bind(task, device);
    this.ledger.assign(task, device);
  }

  /** Assigns what was left open for good, and returns the schedule. */
  complete(): Schedule {
    const { placement, start, finish } = this;
    for (let task = 0; task < placement.length; task++) {
      if (this.isOpen[task] === 1)
        this.assign(
          task,
          this.best(task, (d) => this.finishOn(task, d)),
        );
    }
    const order = Int32Array.from(start, (_, task) => task).sort(
      (a, b) => start[a]! - start[b]! || finish[a]! - finish[b]! || a - b,
    );
    const seconds = finish.reduce((last, end) => Math.max(last, end), 0);
    return { placement, start, finish, seconds, order };
  }

  /** Where an open task goes when a task that reads it goes to `device`: there, or else where it is near. */
  private openDevice(open: number, device: number): number {
    const feasible = this.feasible(open);
    if (feasible.length === 1 || feasible.includes(device))
      return feasible.length === 1 ? feasible[0]! : device;
    const size = this.problem.bytes[this.problem.outputStart[open]!] ?? 0;
    let nearest = feasible[0]!;
    for (const d of feasible) {
      const nearer = transferSeconds(this.problem, size, d, device);
      if (nearer < transferSeconds(this.problem, size, nearest, device)) nearest = d;
    }
    return nearest;
  }

  /** Visits the open inputs of a task that would come along to the device and bind a group there, once per group. */
  private forOpenInputs(
    task: number,
    device: number,
    visit: (producer: number, tensor: number) => void,
  ): void {
    const { inputStart, input, producer, group, feasible } = this.problem;
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      const from = producer[input[e]!]!;
      const g = group[from]!;
      if (this.placement[from]! >= 0 || g === group[task] || this.groups.device[g]! >= 0) continue;
      if (!feasible[g]!.includes(device)) continue;
      let isFirst = true;
      for (let other = inputStart[task]!; other < e; other++) {
        if (group[producer[input[other]!]!] === g) isFirst = false;
      }
      if (isFirst) visit(from, input[e]!);
    }
  }
}

/** Per task: 1 + how many tasks deep it lies in sources without work, 0 where it is none of them. */
function openDepths(problem: PlacementProblem): Uint8Array {
  const { taskCount, deviceCount, seconds, inputStart, input, producer, group, feasible } = problem;
  const depth = new Uint8Array(taskCount);
  for (let task = 0; task < taskCount; task++) {
    if (feasible[group[task]!]!.some((d) => seconds[task * deviceCount + d] !== 0)) continue;
    let deepest = 1;
    for (let e = inputStart[task]!; e < inputStart[task + 1]! && deepest > 0; e++) {
      const before = depth[producer[input[e]!]!]!;
      deepest = before === 0 || before === OPEN_DEPTH ? 0 : Math.max(deepest, before + 1);
    }
    depth[task] = deepest;
  }
  return depth;
}
