// Hot file: a search visits millions of partial schedules.
import { fractionalMakespan } from '../bounds/fractional.ts';
import { classWork } from '../bounds/head-tail.ts';
import { type PathBounds, pathBounds } from '../bounds/paths.ts';
import { MemoryLedger } from '../memory-ledger.ts';
import type { PlacementProblem } from '../problem.ts';
import { deviceClasses } from '../problem-columns.ts';
import { leastSeconds, upwardRanks } from '../ranks.ts';
import { equalTaskBefore, interchangeableDevices } from './symmetry.ts';

/** Partial schedules that are remembered; beyond, the search goes on with those. */
const MOST_STATES = 400_000;
/** Below this share of the best schedule a bound leaves nothing to find. */
const CLOSE = 1 - 1e-12;

export interface SearchLimits {
  /** Partial schedules to visit. */
  readonly nodes: number;
  readonly expired?: (() => boolean) | undefined;
  /** Whether schedules whose memory, as the ledger estimates it, does not fit are left out. */
  readonly holdMemory: boolean;
}

/**
 * Depth-first branch and bound over schedules in the order of their starts. A node is a partial schedule; a child appends
 * one ready task to one device, at the end of that device's tasks, and starts no earlier than the last one did. Every
 * schedule in which no task can start earlier without a change of order is reached in exactly this way, so is a
 * shortest one.
 *
 * A node is left
 * - where a bound says that it holds nothing better: its devices' free times, arrivals of what is done, and from
 *   there earliest starts on each device with transfers, plus the static tail; or the area of what is left;
 * - where the same state was visited before: the same tasks done, and nothing that still matters differs (device free
 *   times and arrivals before the present do not; interchangeable devices are sorted).
 */
export class ScheduleSearch {
  bestSeconds = Number.POSITIVE_INFINITY;
  readonly bestPlacement: Int32Array;
  readonly bestOrder: Int32Array;
  nodes = 0;
  /** Whether limits ended the search. */
  ended = false;

  private readonly problem: PlacementProblem;
  private readonly limits: SearchLimits;
  private readonly paths: PathBounds;
  private readonly likeDevice: Int32Array;
  private readonly taskBefore: Int32Array;
  private readonly rank: Float64Array;
  /** Area bound: price of a second on each device, and least priced seconds of each task. */
  private readonly price: Float64Array;
  private readonly pricedWork: Float64Array;
  /** Longest crossing of anything that a task makes. */
  private readonly longestCrossing: Float64Array;

  private readonly pending: Int32Array;
  private readonly placement: Int32Array;
  private readonly finish: Float64Array;
  private readonly free: Float64Array;
  private readonly order: Int32Array;
  private readonly boundTo: Int32Array;
  private readonly membersDone: Int32Array;
  private left = 0;
  private now = 0;

  private readonly earliest: Float64Array;
  private readonly seen = new Set<string>();
  /** Per device, of the present node: free time, tasks with results on their way, groups with members to come. */
  private readonly norm: Float64Array;
  private readonly openTasks: Float64Array;
  private readonly openGroups: Float64Array;
  /** Devices of which no other of less index differs in nothing. */
  private readonly active: Int32Array;
  private activeCount = 0;
  private readonly sorted: Int32Array;
  private readonly key: Float64Array;
  private readonly keyCharacters: Uint16Array;

  constructor(problem: PlacementProblem, limits: SearchLimits) {
    const { taskCount: n, deviceCount: D, groupCount, inputStart, seconds } = problem;
    this.problem = problem;
    this.limits = limits;
    this.paths = pathBounds(problem);
    this.likeDevice = interchangeableDevices(problem);
    this.taskBefore = equalTaskBefore(problem);
    this.rank = upwardRanks(problem, leastSeconds(problem));
    const work = classWork(problem);
    const { shares } = fractionalMakespan(work);
    this.price = Float64Array.from(
      deviceClasses(seconds, new Float64Array(D)),
      (c) => shares[c]! / work.counts[c]!,
    );
    this.pricedWork = Float64Array.from({ length: n }, (_, v) => {
      let least = Number.POSITIVE_INFINITY;
      for (let d = 0; d < D; d++) {
        const s = seconds[v * D + d]!;
        if (s < Number.POSITIVE_INFINITY) least = Math.min(least, this.price[d]! * s);
      }
      return least;
    });
    this.longestCrossing = longestCrossings(problem);
    this.pending = Int32Array.from({ length: n }, (_, v) => inputStart[v + 1]! - inputStart[v]!);
    this.placement = new Int32Array(n).fill(-1);
    this.finish = new Float64Array(n);
    this.free = new Float64Array(D);
    this.order = new Int32Array(n);
    this.boundTo = new Int32Array(groupCount).fill(-1);
    this.membersDone = new Int32Array(groupCount);
    this.bestPlacement = new Int32Array(n);
    this.bestOrder = new Int32Array(n);
    this.earliest = new Float64Array(n * D);
    this.norm = new Float64Array(D);
    this.openTasks = new Float64Array(D);
    this.openGroups = new Float64Array(D);
    this.active = new Int32Array(D);
    this.sorted = new Int32Array(D);
    this.key = new Float64Array(2 + 3 * D + n);
    this.keyCharacters = new Uint16Array(this.key.buffer);
  }

  /** A schedule that is known. */
  offer(seconds: number, placement: ArrayLike<number>, order: ArrayLike<number>): void {
    if (seconds >= this.bestSeconds) return;
    this.bestSeconds = seconds;
    this.bestPlacement.set(placement);
    this.bestOrder.set(order);
  }

  run(): void {
    this.left = this.problem.taskCount;
    this.visit(
      0,
      this.pricedWork.reduce((a, b) => a + b, 0),
    );
  }

  /** Everything below the present partial schedule. `work`: priced seconds of the tasks that are left. */
  private visit(longest: number, work: number): void {
    const { problem, limits } = this;
    if (this.left === 0) {
      this.offer(longest, this.placement, this.order);
      return;
    }
    if (++this.nodes > limits.nodes || (this.nodes % 4096 === 0 && limits.expired?.() === true)) {
      this.ended = true;
      return;
    }
    this.describe();
    if (Math.max(longest, this.bound(work)) >= this.bestSeconds * CLOSE) return;
    if (!limits.holdMemory && this.wasSeen()) return;

    const { deviceCount: D, seconds } = problem;
    const tasks: number[] = [];
    const devices: number[] = [];
    const starts: number[] = [];
    for (let task = 0; task < problem.taskCount; task++) {
      if (this.placement[task]! >= 0 || this.pending[task]! > 0) continue;
      const before = this.taskBefore[task]!;
      if (before >= 0 && this.placement[before]! < 0) continue;
      const bound = this.boundTo[problem.group[task]!]!;
      for (let i = 0; i < this.activeCount; i++) {
        const d = this.active[i]!;
        if (bound >= 0 && d !== bound) continue;
        if (seconds[task * D + d] === Number.POSITIVE_INFINITY) continue;
        const start = Math.max(this.free[d]!, this.arrival(task, d));
        if (start < this.now) continue;
        if (start + seconds[task * D + d]! + this.paths.tail[task * D + d]! >= this.bestSeconds * CLOSE)
          continue;
        let at = tasks.length;
        while (at > 0 && this.goesFirst(task, start, tasks[at - 1]!, starts[at - 1]!)) at--;
        tasks.splice(at, 0, task);
        devices.splice(at, 0, d);
        starts.splice(at, 0, start);
      }
    }
    for (let i = 0; i < tasks.length && !this.ended; i++) {
      this.descend(tasks[i]!, devices[i]!, starts[i]!, longest, work);
    }
  }

  /** Children: earlier starts first, then longer ways to the end. */
  private goesFirst(task: number, start: number, other: number, otherStart: number): boolean {
    if (start !== otherStart) return start < otherStart;
    return this.rank[task]! > this.rank[other]!;
  }

  private descend(task: number, d: number, start: number, longest: number, work: number): void {
    const { problem, placement, free, pending, boundTo, membersDone } = this;
    const { deviceCount: D, outputStart, readerStart, reader, group, taskCount } = problem;
    const end = start + problem.seconds[task * D + d]!;
    const at = taskCount - this.left;
    if (this.limits.holdMemory && !this.hasRoom(at, task, d)) return;
    const g = group[task]!;
    const [freeBefore, nowBefore, boundBefore] = [free[d]!, this.now, boundTo[g]!];
    placement[task] = d;
    this.finish[task] = end;
    this.order[at] = task;
    this.left--;
    free[d] = end;
    this.now = start;
    boundTo[g] = d;
    membersDone[g]!++;
    for (let r = readerStart[outputStart[task]!]!; r < readerStart[outputStart[task + 1]!]!; r++)
      pending[reader[r]!]!--;
    this.visit(Math.max(longest, end), work - this.pricedWork[task]!);
    for (let r = readerStart[outputStart[task]!]!; r < readerStart[outputStart[task + 1]!]!; r++)
      pending[reader[r]!]!++;
    membersDone[g]!--;
    boundTo[g] = boundBefore;
    this.now = nowBefore;
    free[d] = freeBefore;
    this.left++;
    placement[task] = -1;
  }

  /** When the last input of a ready task is on the device. */
  private arrival(task: number, d: number): number {
    const {
      deviceCount: D,
      inputStart,
      input,
      producer,
      bytes,
      latencySeconds,
      secondsPerByte,
    } = this.problem;
    let latest = 0;
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      const tensor = input[e]!;
      const from = producer[tensor]!;
      const pair = this.placement[from]! * D + d;
      let at = this.finish[from]!;
      if (this.placement[from] !== d) at += latencySeconds[pair]! + bytes[tensor]! * secondsPerByte[pair]!;
      if (at > latest) latest = at;
    }
    return latest;
  }

  /** Seconds that no schedule with the present beginning beats. */
  private bound(work: number): number {
    const { problem, placement, finish, free, now, earliest, paths, price, boundTo, active, activeCount } =
      this;
    const { taskCount, deviceCount: D, seconds, inputStart, input, producer, bytes, group } = problem;
    const { latencySeconds, secondsPerByte } = problem;
    let area = work;
    for (let d = 0; d < D; d++) area += price[d]! * Math.max(free[d]!, now);
    let longest = area;
    for (let task = 0; task < taskCount; task++) {
      if (placement[task]! >= 0) continue;
      let least = Number.POSITIVE_INFINITY;
      const bound = boundTo[group[task]!]!;
      for (let i = 0; i < activeCount; i++) {
        const d = active[i]!;
        const at = task * D + d;
        const own = seconds[at]!;
        if (own === Number.POSITIVE_INFINITY || (bound >= 0 && bound !== d)) {
          earliest[at] = Number.POSITIVE_INFINITY;
          continue;
        }
        let start = Math.max(now, free[d]!, paths.head[at]!);
        for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
          const tensor = input[e]!;
          const from = producer[tensor]!;
          const home = placement[from]!;
          let arrival = Number.POSITIVE_INFINITY;
          if (home >= 0) {
            arrival = finish[from]!;
            if (home !== d) {
              arrival += latencySeconds[home * D + d]! + bytes[tensor]! * secondsPerByte[home * D + d]!;
            }
          } else {
            for (let j = 0; j < activeCount; j++) {
              const other = active[j]!;
              let way = earliest[from * D + other]!;
              if (other !== d) {
                way += latencySeconds[other * D + d]! + bytes[tensor]! * secondsPerByte[other * D + d]!;
              }
              if (way < arrival) arrival = way;
            }
          }
          if (arrival > start) start = arrival;
        }
        const end = start + own;
        earliest[at] = end;
        if (end + paths.tail[at]! < least) least = end + paths.tail[at]!;
      }
      if (least > longest) longest = least;
    }
    return longest;
  }

  /** What of each device still matters: `norm`, `openTasks`, `openGroups`. */
  private describe(): void {
    const { problem, placement, norm, openTasks, openGroups, now, free, finish, likeDevice } = this;
    const { deviceCount: D, outputStart, readerStart, reader, groupCount, memberStart } = problem;
    const hold = this.limits.holdMemory;
    openTasks.fill(0);
    openGroups.fill(0);
    for (let d = 0; d < D; d++) norm[d] = free[d]! < now && !hold ? -1 : free[d]!;
    for (let task = 0; task < problem.taskCount; task++) {
      const d = placement[task]!;
      if (d < 0) continue;
      if (hold) openTasks[d]! += 2 ** task;
      else if (finish[task]! + this.longestCrossing[task]! >= now) {
        for (let r = readerStart[outputStart[task]!]!; r < readerStart[outputStart[task + 1]!]!; r++) {
          if (placement[reader[r]!]! >= 0) continue;
          openTasks[d]! += 2 ** task;
          break;
        }
      }
    }
    for (let g = 0; g < groupCount; g++) {
      const isOpen = this.membersDone[g]! > 0 && this.membersDone[g]! < memberStart[g + 1]! - memberStart[g]!;
      if (isOpen) openGroups[this.boundTo[g]!]! += 2 ** g;
    }
    this.activeCount = 0;
    for (let d = 0; d < D; d++) {
      let isNew = true;
      for (let i = 0; isNew && i < this.activeCount; i++) {
        const other = this.active[i]!;
        isNew =
          likeDevice[other] !== likeDevice[d] ||
          norm[other] !== norm[d] ||
          openTasks[other] !== openTasks[d] ||
          openGroups[other] !== openGroups[d];
      }
      if (isNew) this.active[this.activeCount++] = d;
    }
  }

  /** Whether this state was visited before; remembers it. */
  private wasSeen(): boolean {
    const { problem, placement, norm, openTasks, openGroups, sorted, key, likeDevice } = this;
    const { deviceCount: D, taskCount } = problem;
    for (let d = 0; d < D; d++) {
      let at = d;
      while (at > 0 && this.sortsBefore(d, sorted[at - 1]!)) {
        sorted[at] = sorted[at - 1]!;
        at--;
      }
      sorted[at] = d;
    }
    let done = 0;
    let open = 0;
    for (let task = 0; task < taskCount; task++) if (placement[task]! >= 0) done += 2 ** task;
    let length = 2;
    for (let i = 0; i < D; i++) {
      const d = sorted[i]!;
      // Empty devices at the end of their class say nothing.
      if (norm[d] === -1 && openTasks[d] === 0 && openGroups[d] === 0) continue;
      open += openTasks[d]!;
      key[length++] = norm[d]!;
      key[length++] = openTasks[d]!;
      key[length++] = openGroups[d]! * D + likeDevice[d]!;
    }
    key[0] = done;
    key[1] = this.now;
    for (let task = 0; open > 0; task++, open = Math.floor(open / 2)) {
      if (open % 2 === 1) key[length++] = this.finish[task]!;
    }
    const text = String.fromCharCode.apply(
      null,
      this.keyCharacters.subarray(0, 4 * length) as unknown as number[],
    );
    if (this.seen.has(text)) return true;
    if (this.seen.size < MOST_STATES) this.seen.add(text);
    return false;
  }

  /** By interchangeable class, then by what differs. */
  private sortsBefore(a: number, b: number): boolean {
    const { likeDevice, norm, openTasks, openGroups } = this;
    if (likeDevice[a] !== likeDevice[b]) return likeDevice[a]! < likeDevice[b]!;
    if (norm[a] !== norm[b]) return norm[a]! > norm[b]!;
    if (openTasks[a] !== openTasks[b]) return openTasks[a]! > openTasks[b]!;
    return openGroups[a]! > openGroups[b]!;
  }

  /** Whether the device has room for the task after all that is placed, in the order in which it was. */
  private hasRoom(count: number, task: number, d: number): boolean {
    const ledger = new MemoryLedger(this.problem);
    for (let i = 0; i < count; i++) ledger.assign(this.order[i]!, this.placement[this.order[i]!]!);
    return ledger.overflow(task, d) === 0;
  }
}

function longestCrossings(problem: PlacementProblem): Float64Array {
  const { taskCount, outputStart, bytes, latencySeconds, secondsPerByte } = problem;
  return Float64Array.from({ length: taskCount }, (_, task) => {
    let longest = 0;
    for (let t = outputStart[task]!; t < outputStart[task + 1]!; t++) {
      for (const [pair, latency] of latencySeconds.entries()) {
        longest = Math.max(longest, latency + bytes[t]! * secondsPerByte[pair]!);
      }
    }
    return longest;
  });
}
