// Hot file: its inner loop looks at every ready task for every task that it takes.
import { accelerators } from './coplaced.ts';
import type { Plan } from './fitting.ts';
import { groupWork } from './greedy.ts';
import { MemoryLedger } from './memory-ledger.ts';
import { type PlacementProblem, transferSeconds } from './problem.ts';
import { meanSeconds, upwardRanks } from './ranks.ts';

export interface EarliestFirstOptions {
  /** Share of each memory that may be filled; default 1. */
  readonly memoryShare?: number;
  /** Per task: its favourite child (see favouriteChildren), for which its device waits; −1 for none. */
  readonly favourite?: Int32Array;
}

/**
 * List scheduling by earliest start under memory limits: m-ETF, and m-SCT where tasks have favourite children.
 *
 * Of all ready tasks the one that can start earliest is taken (ties: the longest way to the end, then the lowest task)
 *
 *     start(task, d) = max(free(d), max over inputs u of done(u) + transfer(u, d))
 *
 * on its group's device, or, for the first of a group, on the accelerator with room where start(task, d) plus the whole
 * group's seconds is least (ties: the lowest device). Without room on any accelerator it goes to a CPU with room, without
 * room anywhere to where least is missing.
 *
 * Variables, and what else reads nothing and takes no time, are bound by the first task that reads them: taken by
 * themselves they would all start at 0 on the first device.
 */
export function earliestFirst(problem: PlacementProblem, options: EarliestFirstOptions = {}): Plan {
  return new EarliestFirst(problem, options).run();
}

class EarliestFirst {
  private readonly problem: PlacementProblem;
  private readonly favourite: Int32Array | undefined;
  private readonly memoryShare: number;
  private readonly ledger: MemoryLedger;
  private readonly work: Float64Array;
  private readonly rank: Float64Array;
  /** Per group: the devices to be tried first. */
  private readonly preferred: readonly (readonly number[])[];
  private readonly bound: Int32Array;
  private readonly placement: Int32Array;
  private readonly priority: Float64Array;
  private readonly pending: Int32Array;
  /** 1 for tasks that wait for their first reader. */
  private readonly deferred: Uint8Array;
  private readonly free: Float64Array;
  private readonly done: Float64Array;
  /** Per ready task: when the last of its inputs is made. */
  private readonly inputsDone: Float64Array;
  /** `[task * deviceCount + device]`: when the inputs of a ready task would be there. */
  private readonly arrival: Float64Array;
  /** Ready tasks, by descending rank, then number. */
  private readonly ready: number[] = [];
  private readonly isReady: Uint8Array;
  private readonly last: Int32Array;
  /** Per device: the favourite child that it waits for now; −1 for none. */
  private readonly awaited: Int32Array;
  private taken = 0;

  constructor(problem: PlacementProblem, { memoryShare = 1, favourite }: EarliestFirstOptions) {
    const { taskCount, deviceCount, groupCount, feasible, inputStart } = problem;
    this.problem = problem;
    this.favourite = favourite;
    this.memoryShare = memoryShare;
    this.ledger = new MemoryLedger(problem);
    this.work = groupWork(problem);
    this.rank = upwardRanks(problem, meanSeconds(problem));
    this.preferred = feasible.map((choice) => accelerators(problem, choice));
    this.bound = new Int32Array(groupCount).fill(-1);
    this.placement = new Int32Array(taskCount).fill(-1);
    this.priority = new Float64Array(taskCount);
    this.deferred = Uint8Array.from({ length: taskCount }, (_, task) =>
      isIdleSource(problem, task) ? 1 : 0,
    );
    this.pending = new Int32Array(taskCount);
    for (let task = 0; task < taskCount; task++) {
      for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
        if (this.deferred[problem.producer[problem.input[e]!]!] === 0) this.pending[task]!++;
      }
    }
    this.free = new Float64Array(deviceCount);
    this.done = new Float64Array(taskCount);
    this.inputsDone = new Float64Array(taskCount);
    this.arrival = new Float64Array(taskCount * deviceCount);
    this.isReady = new Uint8Array(taskCount);
    this.last = new Int32Array(deviceCount).fill(-1);
    this.awaited = new Int32Array(deviceCount).fill(-1);
  }

  run(): Plan {
    const { taskCount } = this.problem;
    for (let task = 0; task < taskCount; task++) {
      if (this.pending[task] === 0 && this.deferred[task] === 0) this.makeReady(task);
    }
    while (this.ready.length > 0) this.takeNext();
    for (let task = 0; task < taskCount; task++) if (this.placement[task]! < 0) this.bindUnread(task);
    return { placement: this.placement, priority: this.priority };
  }

  private takeNext(): void {
    const { ready, awaited } = this;
    let best = -1;
    let bestDevice = -1;
    let bestStart = Number.POSITIVE_INFINITY;
    if (this.favourite !== undefined) {
      this.findAwaited();
      for (const [d, task] of awaited.entries()) {
        if (task < 0 || this.start(task, d) >= bestStart) continue;
        [best, bestDevice, bestStart] = [task, d, this.start(task, d)];
      }
    }
    const soonest = this.free.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY);
    for (let i = 0; i < ready.length && bestStart > soonest; i++) {
      const task = ready[i]!;
      const device = this.deviceFor(task, bestStart);
      if (device < 0) continue;
      const start = this.start(task, device);
      if (start < bestStart) [best, bestDevice, bestStart] = [task, device, start];
    }
    this.take(best, bestDevice);
  }

  private start(task: number, d: number): number {
    return Math.max(this.free[d]!, this.arrival[task * this.problem.deviceCount + d]!);
  }

  /** Where a ready task would go; −1 where that cannot be before `unless`, or a device that waits does not take it. */
  private deviceFor(task: number, unless: number): number {
    const { problem, bound, preferred } = this;
    const g = problem.group[task]!;
    if (bound[g]! >= 0) return bound[g]!;
    let soonest = Number.POSITIVE_INFINITY;
    for (const d of problem.feasible[g]!) soonest = Math.min(soonest, this.start(task, d));
    if (soonest >= unless) return -1;
    const device = this.withRoom(task, preferred[g]!);
    if (device !== NO_ROOM) return device;
    const other = this.withRoom(task, problem.feasible[g]!);
    if (other !== NO_ROOM) return other;
    const open = problem.feasible[g]!.filter((d) => this.takes(task, d));
    if (open.length === 0) return -1;
    return open.reduce((a, b) => (this.missing(task, b) < this.missing(task, a) ? b : a));
  }

  /** The best of the devices that have room; −1 if those that have are all waiting for other tasks. */
  private withRoom(task: number, choice: readonly number[]): number {
    const { deviceCount, group } = this.problem;
    let best = NO_ROOM;
    let least = Number.POSITIVE_INFINITY;
    for (const d of choice) {
      const isOpen = this.takes(task, d);
      const finish = this.start(task, d) + this.work[group[task]! * deviceCount + d]!;
      if (best >= 0 && (!isOpen || finish >= least)) continue;
      if (this.missing(task, d) > 0) continue;
      if (isOpen) [best, least] = [d, finish];
      else if (best === NO_ROOM) best = -1;
    }
    return best;
  }

  /** Bytes beyond a device's memory if a task, and the sources that wait for it, came there. */
  private missing(task: number, device: number): number {
    const { ledger, placement, bound } = this;
    const { inputStart, input, producer, bytes, group, capacityBytes } = this.problem;
    const capacity = capacityBytes[device]! * this.memoryShare;
    if (capacity === Number.POSITIVE_INFINITY) return 0;
    let needs = ledger.needs(task, device);
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      const from = producer[input[e]!]!;
      if (placement[from]! >= 0 || bound[group[from]!]! >= 0 || group[from] === group[task]) continue;
      // The ledger counts a copy of what is read; here it is the source itself that comes.
      needs += ledger.needs(from, device) - bytes[input[e]!]!;
    }
    return Math.max(0, ledger.live[device]! + needs - capacity);
  }

  /**
   * From when its last task's favourite child only waits for transfers, a device takes, besides, only what could
   * start on any device by then.
   */
  private takes(task: number, d: number): boolean {
    const { awaited, arrival, problem } = this;
    const child = awaited[d]!;
    if (child < 0 || child === task) return true;
    const start = this.start(task, d);
    if (start < this.inputsDone[child]!) return true;
    let everywhere = 0;
    for (const other of this.preferred[problem.group[task]!]!) {
      everywhere = Math.max(everywhere, arrival[task * problem.deviceCount + other]!);
    }
    return everywhere <= start;
  }

  /** A device waits for a favourite child that is ready, free to go anywhere, and would start earliest here. */
  private findAwaited(): void {
    const { favourite, last, awaited, bound, isReady } = this;
    const { group } = this.problem;
    awaited.fill(-1);
    for (let d = 0; d < awaited.length; d++) {
      const child = last[d]! < 0 ? -1 : favourite![last[d]!]!;
      if (child < 0 || isReady[child] === 0 || bound[group[child]!]! >= 0) continue;
      const choice = this.preferred[group[child]!]!;
      const isEarliest = choice.every((other) => this.start(child, d) <= this.start(child, other));
      if (choice.includes(d) && isEarliest && this.missing(child, d) === 0) awaited[d] = child;
    }
  }

  private take(task: number, device: number): void {
    const { problem, ready } = this;
    const { inputStart, input, producer, outputStart, readerStart, reader, group, deviceCount } = problem;
    ready.splice(this.positionOf(task), 1);
    this.isReady[task] = 0;
    this.bind(group[task]!, device);
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      const from = producer[input[e]!]!;
      if (this.placement[from]! < 0) this.bindSource(from, device);
    }
    const end = this.start(task, device) + problem.seconds[task * deviceCount + device]!;
    this.place(task, device, end);
    this.free[device] = end;
    this.last[device] = task;
    for (let r = readerStart[outputStart[task]!]!; r < readerStart[outputStart[task + 1]!]!; r++) {
      if (--this.pending[reader[r]!]! === 0) this.makeReady(reader[r]!);
    }
  }

  /** Binds a source to its group's device, or else to `device`, or to what it may run on instead. */
  private bindSource(task: number, device: number): void {
    const g = this.problem.group[task]!;
    this.bind(g, this.sourceDevice(g, device));
    this.place(task, this.bound[g]!, 0);
  }

  /** A source that nobody reads goes where there is room. */
  private bindUnread(task: number): void {
    const g = this.problem.group[task]!;
    const choice = [...this.preferred[g]!, ...this.problem.feasible[g]!];
    const roomy = choice.find((d) => this.missing(task, d) === 0);
    const least = (a: number, b: number): number => (this.missing(task, b) < this.missing(task, a) ? b : a);
    this.bindSource(task, roomy ?? choice.reduce(least));
  }

  private sourceDevice(g: number, device: number): number {
    if (this.bound[g]! >= 0) return this.bound[g]!;
    const choice = this.problem.feasible[g]!;
    return choice.includes(device) ? device : choice[0]!;
  }

  private place(task: number, device: number, end: number): void {
    this.placement[task] = device;
    this.priority[task] = this.problem.taskCount - this.taken++;
    this.done[task] = end;
    this.ledger.assign(task, device);
  }

  /** Binds a group; readers of its sources that count on having them where they like are told where these are. */
  private bind(g: number, device: number): void {
    if (this.bound[g]! >= 0) return;
    this.bound[g] = device;
    const { memberStart, member, outputStart, readerStart, reader } = this.problem;
    for (let m = memberStart[g]!; m < memberStart[g + 1]!; m++) {
      const source = member[m]!;
      if (this.deferred[source] === 0) continue;
      for (let r = readerStart[outputStart[source]!]!; r < readerStart[outputStart[source + 1]!]!; r++) {
        if (this.isReady[reader[r]!] === 1) this.findArrivals(reader[r]!);
      }
    }
  }

  private makeReady(task: number): void {
    this.isReady[task] = 1;
    this.findArrivals(task);
    this.ready.splice(this.positionOf(task), 0, task);
  }

  private findArrivals(task: number): void {
    const { problem, arrival, done, deferred } = this;
    const { deviceCount, inputStart, input, producer, bytes, group } = problem;
    for (const d of problem.feasible[group[task]!]!) {
      let latest = 0;
      for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
        const from = producer[input[e]!]!;
        const home = deferred[from] === 1 ? this.sourceDevice(group[from]!, d) : this.placement[from]!;
        if (done[from]! > this.inputsDone[task]!) this.inputsDone[task] = done[from]!;
        latest = Math.max(latest, done[from]! + transferSeconds(problem, bytes[input[e]!]!, home, d));
      }
      arrival[task * deviceCount + d] = latest;
    }
  }

  /** Where a task is, or would be, among the ready ones. */
  private positionOf(task: number): number {
    const { ready, rank } = this;
    let [low, high] = [0, ready.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = ready[middle]!;
      const isBefore = rank[other]! > rank[task]! || (rank[other] === rank[task] && other < task);
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const NO_ROOM = -2;

/** A variable, or another task that reads nothing and takes no time. */
function isIdleSource(problem: PlacementProblem, task: number): boolean {
  const { inputStart, op, seconds, deviceCount, feasible, group } = problem;
  if (inputStart[task + 1] !== inputStart[task]) return false;
  return (
    op[task] === 'Variable' || feasible[group[task]!]!.every((d) => seconds[task * deviceCount + d] === 0)
  );
}
