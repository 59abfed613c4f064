// Hot file: a search over schedules changes the order once per evaluation.
import type { RandomStream } from '../base/random.ts';
import type { Placement } from './placer.ts';
import { type PlacementProblem, transferSeconds } from './problem.ts';
import { ReadyQueue } from './ready-queue.ts';

/**
 * A topological order of tasks as priorities (the earlier, the higher), and small random changes of it that can be
 * taken back. OrderedTimer takes tasks in exactly this order.
 */
export class TaskOrder {
  /** `taskCount` for the first task of the order … 1 for the last. */
  readonly priority: Float64Array;
  private readonly problem: PlacementProblem;
  private readonly sequence: Int32Array;
  private readonly position: Int32Array;
  private readonly before: Int32Array;
  private shifted = -1;
  private shiftedFrom = -1;
  private resorted = false;

  constructor(problem: PlacementProblem) {
    this.problem = problem;
    this.priority = new Float64Array(problem.taskCount);
    this.sequence = Int32Array.from({ length: problem.taskCount }, (_, task) => task);
    this.position = new Int32Array(problem.taskCount);
    this.before = new Int32Array(problem.taskCount);
    this.renumber();
  }

  /** Orders by priority: of the tasks whose inputs are all ordered, the highest comes next (ties: lowest task). */
  sortBy(priority: ArrayLike<number>): void {
    const { taskCount, inputStart, outputStart, readerStart, reader } = this.problem;
    this.before.set(this.sequence);
    const pending = new Int32Array(taskCount);
    const ready = new ReadyQueue(taskCount);
    for (let task = 0; task < taskCount; task++) {
      pending[task] = inputStart[task + 1]! - inputStart[task]!;
      if (pending[task] === 0) ready.push(-priority[task]!, task);
    }
    for (let at = 0; ready.length > 0; at++) {
      const task = ready.pop();
      this.sequence[at] = task;
      for (let r = readerStart[outputStart[task]!]!; r < readerStart[outputStart[task + 1]!]!; r++) {
        if (--pending[reader[r]!]! === 0) ready.push(-priority[reader[r]!]!, reader[r]!);
      }
    }
    this.renumber();
    this.resorted = true;
    this.shifted = -1;
  }

  /** Moves one task past another one of its device, as far as inputs and readers allow. False where nothing moved. */
  propose(placement: Placement, random: RandomStream): boolean {
    this.resorted = false;
    this.shifted = -1;
    const { taskCount } = this.problem;
    if (taskCount < 2) return false;
    const task = random.below(taskCount);
    const from = this.position[task]!;
    const earlier = random.uniform() < 0.5;
    const bound = earlier ? this.earliest(task) : this.latest(task);
    const step = earlier ? -1 : 1;
    let to = -1;
    for (let at = from + step; earlier ? at >= bound : at <= bound; at += step) {
      if (placement[this.sequence[at]!] !== placement[task]) continue;
      to = at;
      // On to the next one of the device, or not.
      if (random.uniform() < 0.5) break;
    }
    if (to < 0) return false;
    this.shift(task, to);
    this.shifted = task;
    this.shiftedFrom = from;
    return true;
  }

  /** Moves a task anywhere between its inputs and its readers. */
  reinsert(task: number, random: RandomStream): void {
    this.resorted = false;
    const first = this.earliest(task);
    this.shifted = task;
    this.shiftedFrom = this.position[task]!;
    this.shift(task, first + random.below(this.latest(task) - first + 1));
  }

  /** Takes the last change back. */
  undo(): void {
    if (this.resorted) {
      this.sequence.set(this.before);
      this.renumber();
    } else if (this.shifted >= 0) {
      this.shift(this.shifted, this.shiftedFrom);
    }
    this.keep();
  }

  /** Forgets the last change: there is nothing to take back. */
  keep(): void {
    this.resorted = false;
    this.shifted = -1;
  }

  private earliest(task: number): number {
    const { inputStart, input, producer } = this.problem;
    let first = 0;
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      first = Math.max(first, this.position[producer[input[e]!]!]! + 1);
    }
    return first;
  }

  private latest(task: number): number {
    const { taskCount, outputStart, readerStart, reader } = this.problem;
    let last = taskCount - 1;
    for (let r = readerStart[outputStart[task]!]!; r < readerStart[outputStart[task + 1]!]!; r++) {
      last = Math.min(last, this.position[reader[r]!]! - 1);
    }
    return last;
  }

  private shift(task: number, to: number): void {
    const { sequence, position, priority } = this;
    const n = sequence.length;
    const step = to < position[task]! ? -1 : 1;
    let at = position[task]!;
    for (; at !== to; at += step) {
      const other = sequence[at + step]!;
      sequence[at] = other;
      position[other] = at;
      priority[other] = n - at;
    }
    sequence[to] = task;
    position[task] = to;
    priority[task] = n - to;
  }

  private renumber(): void {
    const n = this.sequence.length;
    for (let at = 0; at < n; at++) {
      this.position[this.sequence[at]!] = at;
      this.priority[this.sequence[at]!] = n - at;
    }
  }
}

/**
 * Per task: the longest way from its start to the end in a placement: its seconds there, and those of transfers between
 * devices, but not of those within one.
 */
export function placedRanks(
  problem: PlacementProblem,
  placement: Placement,
  rank: Float64Array,
): Float64Array {
  const { taskCount, deviceCount, seconds, outputStart, readerStart, reader, bytes } = problem;
  for (let task = taskCount - 1; task >= 0; task--) {
    const device = placement[task]!;
    let longest = 0;
    for (let t = outputStart[task]!; t < outputStart[task + 1]!; t++) {
      for (let r = readerStart[t]!; r < readerStart[t + 1]!; r++) {
        const next = reader[r]!;
        const way = rank[next]! + transferSeconds(problem, bytes[t]!, device, placement[next]!);
        if (way > longest) longest = way;
      }
    }
    rank[task] = seconds[task * deviceCount + device]! + longest;
  }
  return rank;
}
