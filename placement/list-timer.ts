// Hot file: searches over published scheduling instances call it a hundred thousand times.
import type { Placement } from './placer.ts';
import { inputCounts, type PlacementProblem } from './problem.ts';

/** How tensors cross: each on a way of its own, or one after another per sending device. */
export type Crossing = 'unlimited' | 'by sender';

export interface TimedSchedule {
  readonly seconds: number;
  readonly start: Float64Array;
  readonly finish: Float64Array;
}

/**
 * Times placements by list scheduling on the problem's own, idle network: a quick model beside the simulator, and the
 * model in which published scheduling instances state their optima (`unlimited`).
 *
 * A device that is free takes, of the tasks whose inputs have arrived, the one with the highest priority (ties: lowest
 * task); without priorities the one that was ready first. It never waits for a task that is not ready.
 */
export class ListTimer {
  readonly start: Float64Array;
  readonly finish: Float64Array;
  private readonly problem: PlacementProblem;
  private readonly crossing: Crossing;
  private readonly pending: Int32Array;
  private readonly pendingAtFirst: Int32Array;
  private readonly readyAt: Float64Array;
  private readonly senderFree: Float64Array;
  private readonly running: Int32Array;
  private readonly until: Float64Array;
  /** Per device: tasks that are placed there, whose inputs are all on their way, not begun. */
  private readonly waiting: Int32Array[];
  private readonly waitingCount: Int32Array;
  private readonly arrival: Float64Array;

  constructor(problem: PlacementProblem, crossing: Crossing = 'unlimited') {
    const { taskCount, deviceCount } = problem;
    this.problem = problem;
    this.crossing = crossing;
    this.start = new Float64Array(taskCount);
    this.finish = new Float64Array(taskCount);
    this.pending = new Int32Array(taskCount);
    this.pendingAtFirst = inputCounts(problem);
    this.readyAt = new Float64Array(taskCount);
    this.senderFree = new Float64Array(deviceCount);
    this.running = new Int32Array(deviceCount);
    this.until = new Float64Array(deviceCount);
    this.waiting = Array.from({ length: deviceCount }, () => new Int32Array(taskCount));
    this.waitingCount = new Int32Array(deviceCount);
    this.arrival = new Float64Array(deviceCount);
  }

  /** Seconds until the last task is done; `start` and `finish` hold until the next call. */
  seconds(placement: Placement, priority?: Float64Array): number {
    const { problem, pending, readyAt, running, until, waiting, waitingCount, start, finish } = this;
    const { taskCount, deviceCount: D, seconds } = problem;
    pending.set(this.pendingAtFirst);
    readyAt.fill(0);
    this.senderFree.fill(0);
    running.fill(-1);
    waitingCount.fill(0);
    for (let task = 0; task < taskCount; task++) {
      if (pending[task] === 0) waiting[placement[task]!]![waitingCount[placement[task]!]!++] = task;
    }
    let now = 0;
    let left = taskCount;
    while (left > 0) {
      for (let d = 0; d < D; d++) {
        if (running[d]! >= 0) continue;
        const at = this.choose(d, now, priority);
        if (at < 0) continue;
        const task = waiting[d]![at]!;
        waiting[d]![at] = waiting[d]![--waitingCount[d]!]!;
        running[d] = task;
        start[task] = now;
        until[d] = now + seconds[task * D + d]!;
      }
      let next = Number.POSITIVE_INFINITY;
      for (let d = 0; d < D; d++) {
        if (running[d]! >= 0) {
          if (until[d]! < next) next = until[d]!;
        } else {
          for (let i = 0; i < waitingCount[d]!; i++) {
            const ready = readyAt[waiting[d]![i]!]!;
            if (ready < next) next = ready;
          }
        }
      }
      if (next === Number.POSITIVE_INFINITY) return next;
      now = next;
      for (let d = 0; d < D; d++) {
        const task = running[d]!;
        if (task < 0 || until[d]! > now) continue;
        finish[task] = now;
        running[d] = -1;
        left--;
        this.deliver(task, d, now, placement);
      }
    }
    return now;
  }

  /** Index in the device's line of the task that it takes now; −1 for none. */
  private choose(d: number, now: number, priority: Float64Array | undefined): number {
    const { readyAt } = this;
    const line = this.waiting[d]!;
    let best = -1;
    for (let i = 0, count = this.waitingCount[d]!; i < count; i++) {
      const task = line[i]!;
      if (readyAt[task]! > now) continue;
      if (best < 0) {
        best = i;
        continue;
      }
      const other = line[best]!;
      const a = priority === undefined ? -readyAt[task]! : priority[task]!;
      const b = priority === undefined ? -readyAt[other]! : priority[other]!;
      if (a > b || (a === b && task < other)) best = i;
    }
    return best;
  }

  private deliver(task: number, from: number, now: number, placement: Placement): void {
    const { problem, pending, readyAt, arrival, senderFree } = this;
    const {
      deviceCount: D,
      outputStart,
      readerStart,
      reader,
      bytes,
      latencySeconds,
      secondsPerByte,
    } = problem;
    for (let t = outputStart[task]!; t < outputStart[task + 1]!; t++) {
      arrival.fill(-1);
      arrival[from] = now;
      for (let r = readerStart[t]!; r < readerStart[t + 1]!; r++) {
        const next = reader[r]!;
        const to = placement[next]!;
        if (arrival[to]! < 0) {
          const wire = bytes[t]! * secondsPerByte[from * D + to]!;
          let sent = now + wire;
          if (this.crossing === 'by sender') {
            sent = Math.max(now, senderFree[from]!) + wire;
            senderFree[from] = sent;
          }
          arrival[to] = sent + latencySeconds[from * D + to]!;
        }
        if (arrival[to]! > readyAt[next]!) readyAt[next] = arrival[to]!;
        if (--pending[next]! === 0) this.waiting[to]![this.waitingCount[to]!++] = next;
      }
    }
  }
}

/** One placement, timed once. */
export function timed(
  problem: PlacementProblem,
  placement: Placement,
  options: { readonly priority?: Float64Array; readonly crossing?: Crossing } = {},
): TimedSchedule {
  const timer = new ListTimer(problem, options.crossing);
  const seconds = timer.seconds(placement, options.priority);
  return { seconds, start: timer.start, finish: timer.finish };
}
