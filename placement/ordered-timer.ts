// Hot file: searches over published scheduling instances call it a hundred thousand times.
import type { Placement } from './placer.ts';
import { inputCounts, type PlacementProblem } from './problem.ts';

/**
 * Times placements where each device runs its tasks strictly in the order of their priorities, and waits for what is not
 * ready, on an idle network. Tasks are taken one by one: of those whose inputs are all scheduled, the highest priority
 * (ties: lowest task) is appended to its device. So no priorities are contradictory, and some give the best schedule.
 */
export class OrderedTimer {
  readonly start: Float64Array;
  readonly finish: Float64Array;
  private readonly problem: PlacementProblem;
  private readonly pending: Int32Array;
  private readonly pendingAtFirst: Int32Array;
  private readonly free: Float64Array;
  private readonly ready: Int32Array;
  /** The tasks in the order in which they were taken, after `seconds`. */
  readonly order: Int32Array;

  constructor(problem: PlacementProblem) {
    const { taskCount, deviceCount } = problem;
    this.problem = problem;
    this.start = new Float64Array(taskCount);
    this.finish = new Float64Array(taskCount);
    this.pending = new Int32Array(taskCount);
    this.pendingAtFirst = inputCounts(problem);
    this.free = new Float64Array(deviceCount);
    this.ready = new Int32Array(taskCount);
    this.order = new Int32Array(taskCount);
  }

  /** Seconds until the last task is done; `start`, `finish` and `order` hold until the next call. */
  seconds(placement: Placement, priority: Float64Array): number {
    const { problem, pending, free, ready, start, finish, order } = this;
    const { taskCount, deviceCount: D, seconds, inputStart, input, producer, bytes } = problem;
    const { outputStart, readerStart, reader, latencySeconds, secondsPerByte } = problem;
    pending.set(this.pendingAtFirst);
    free.fill(0);
    let count = 0;
    for (let task = 0; task < taskCount; task++) if (pending[task] === 0) ready[count++] = task;
    let longest = 0;
    for (let taken = 0; taken < taskCount; taken++) {
      let best = 0;
      for (let i = 1; i < count; i++) {
        const ahead = priority[ready[i]!]! - priority[ready[best]!]!;
        if (ahead > 0 || (ahead === 0 && ready[i]! < ready[best]!)) best = i;
      }
      const task = ready[best]!;
      ready[best] = ready[--count]!;
      order[taken] = task;
      const d = placement[task]!;
      let begin = free[d]!;
      for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
        const tensor = input[e]!;
        const from = producer[tensor]!;
        let arrival = finish[from]!;
        if (placement[from] !== d) {
          const pair = placement[from]! * D + d;
          arrival += latencySeconds[pair]! + bytes[tensor]! * secondsPerByte[pair]!;
        }
        if (arrival > begin) begin = arrival;
      }
      start[task] = begin;
      const end = begin + seconds[task * D + d]!;
      finish[task] = end;
      free[d] = end;
      if (end > longest) longest = end;
      for (let t = outputStart[task]!; t < outputStart[task + 1]!; t++) {
        for (let r = readerStart[t]!; r < readerStart[t + 1]!; r++) {
          if (--pending[reader[r]!]! === 0) ready[count++] = reader[r]!;
        }
      }
    }
    return longest;
  }
}
