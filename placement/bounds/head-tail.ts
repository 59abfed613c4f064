import { groupWork } from '../greedy.ts';
import type { PlacementProblem } from '../problem.ts';
import { deviceClasses } from '../problem-columns.ts';
import { type FractionalSchedule, fractionalMakespan } from './fractional.ts';
import type { PathBounds } from './paths.ts';

/** The work of colocation groups on classes of devices that cost every task the same. */
export interface ClassWork {
  /** Per class: a device of it, and how many there are. */
  readonly device: readonly number[];
  readonly counts: readonly number[];
  /** Per colocation group: its summed seconds per class, Infinity where it is not feasible. */
  readonly rows: readonly Float64Array[];
}

export function classWork(problem: PlacementProblem): ClassWork {
  const { deviceCount: D, groupCount, seconds } = problem;
  const classOf = deviceClasses(seconds, new Float64Array(D));
  const device: number[] = [];
  const counts: number[] = [];
  for (const [d, c] of classOf.entries()) {
    if (c === device.length) counts.push(device.push(d) * 0);
    counts[c]!++;
  }
  const work = groupWork(problem);
  const rows = Array.from({ length: groupCount }, (_, g) =>
    Float64Array.from(device, (d) => work[g * D + d]!),
  );
  return { device, counts, rows };
}

/** Heads that are tried: all of them up to this many, else quantiles. */
const MOST_HEADS = 100;
/** Sets of tasks whose linear program is solved, beyond the one of all tasks. */
const MOST_PROGRAMS = 60;

/** Tasks that cannot start before `head` and need `tail` after their end, all of them. */
interface Window {
  readonly head: number;
  readonly tail: number;
  /** No makespan of the window's program is more than this, in seconds with head and tail. */
  readonly atMost: number;
}

/**
 * The area bound of the tasks in a window of the schedule, over all windows: for S = tasks with head ≥ h and tail ≥ t,
 *
 *     T ≥ h + area(S) + t
 *
 * because the devices do nothing of S in the first h and the last t seconds (Fernandez & Bussell 1973 for equal
 * machines; here with unrelated ones). area(S) is bounded from below with the shares (dual) and from above with the
 * fractions (primal) of the program of all tasks; the program of S itself is solved only where the two leave a doubt that
 * matters. Exact up to 100 different heads and 60 such programs, else a valid bound.
 */
export function headTailBound(
  problem: PlacementProblem,
  paths: PathBounds,
  work: ClassWork,
  all: FractionalSchedule,
): number {
  const scan = new WindowScan(problem, paths, work, all);
  let best = all.seconds;
  let doubtful: Window[] = [];
  for (const head of scan.heads()) {
    scan.walk(head, (lower, window) => {
      if (lower > best) best = lower;
      if (window.atMost > best * (1 + 1e-9)) doubtful.push(window);
    });
  }
  doubtful = doubtful.filter(({ atMost }) => atMost > best * (1 + 1e-9));
  doubtful.sort((a, b) => b.atMost - a.atMost);
  for (const { head, tail, atMost } of doubtful.slice(0, MOST_PROGRAMS)) {
    if (atMost <= best * (1 + 1e-9)) break;
    best = Math.max(
      best,
      head + fractionalMakespan({ rows: scan.rows(head, tail), counts: work.counts }).seconds + tail,
    );
  }
  return best;
}

class WindowScan {
  private readonly problem: PlacementProblem;
  private readonly work: ClassWork;
  private readonly all: FractionalSchedule;
  private readonly head: Float64Array;
  private readonly tail: Float64Array;
  /** Tasks that need time, longest tail first. */
  private readonly byTail: readonly number[];

  constructor(problem: PlacementProblem, paths: PathBounds, work: ClassWork, all: FractionalSchedule) {
    const { taskCount, deviceCount: D, seconds } = problem;
    this.problem = problem;
    this.work = work;
    this.all = all;
    const least = (values: Float64Array): Float64Array =>
      Float64Array.from({ length: taskCount }, (_, v) => Math.min(...values.subarray(v * D, (v + 1) * D)));
    this.head = least(paths.head);
    this.tail = least(paths.tail);
    const work0 = least(seconds);
    this.byTail = Array.from({ length: taskCount }, (_, v) => v)
      .filter((v) => work0[v]! > 0)
      .sort((a, b) => this.tail[b]! - this.tail[a]! || a - b);
  }

  heads(): number[] {
    const heads = [...new Set(this.byTail.map((v) => this.head[v]!))].sort((a, b) => a - b);
    if (heads.length <= MOST_HEADS) return heads;
    return Array.from({ length: MOST_HEADS }, (_, i) => heads[Math.floor((i * heads.length) / MOST_HEADS)]!);
  }

  /** Visits the windows of one head, by falling tail, with a bound of the step time for each. */
  walk(head: number, visit: (lower: number, window: Window) => void): void {
    const { problem, work, all } = this;
    const { deviceCount: D, group, groupCount, seconds } = problem;
    const classes = work.counts.length;
    const price = work.counts.map((count, c) => all.shares[c]! / count);
    const sums = new Float64Array(groupCount * classes);
    const value = new Float64Array(groupCount);
    const loads = new Float64Array(classes);
    let area = 0;
    for (const task of this.byTail) {
      if (this.head[task]! < head) continue;
      const g = group[task]!;
      let least = Number.POSITIVE_INFINITY;
      let most = 0;
      for (let c = 0; c < classes; c++) {
        const s = seconds[task * D + work.device[c]!]!;
        if (s === Number.POSITIVE_INFINITY) continue;
        sums[g * classes + c]! += s;
        least = Math.min(least, price[c]! * sums[g * classes + c]!);
        loads[c]! += (all.fractions[g * classes + c]! * s) / work.counts[c]!;
      }
      for (let c = 0; c < classes; c++) most = Math.max(most, loads[c]!);
      area += least - value[g]!;
      value[g] = least;
      const tail = this.tail[task]!;
      visit(head + area + tail, { head, tail, atMost: head + most + tail });
    }
  }

  /** Work of the tasks of a window per colocation group. */
  rows(head: number, tail: number): Float64Array[] {
    const { problem, work } = this;
    const { deviceCount: D, group, seconds } = problem;
    const rows = new Map<number, Float64Array>();
    for (const task of this.byTail) {
      if (this.head[task]! < head || this.tail[task]! < tail) continue;
      const row = rows.get(group[task]!) ?? new Float64Array(work.counts.length);
      rows.set(group[task]!, row);
      for (const [c, d] of work.device.entries()) row[c]! += seconds[task * D + d]!;
    }
    return [...rows.values()];
  }
}
