import type { PlacementProblem } from './problem.ts';
import { downwardRanks, meanSeconds, meanTransferSeconds, upwardRanks } from './ranks.ts';

/*
 * A task's favourite child is the one reader that is to run right after it on the same device, so that its tensor does not
 * cross. No task has two, and none is the favourite of two (Hanen & Munier, "An approximation algorithm for scheduling
 * dependent tasks on m processors with small communication delays", 1995). Readers within a task's own colocation group
 * are there anyway and do not count.
 */

/** Seconds that a reader waits for a tensor from another device, as a mean over pairs of devices. */
interface Edge {
  readonly from: number;
  readonly to: number;
  readonly seconds: number;
}

/**
 * One edge per pair of forward tasks: that of its slowest tensor. By `from`, then `to`. Gradients are not placed by
 * themselves, so they are nobody's favourites.
 */
function edgesOf(problem: PlacementProblem): Edge[] {
  const { taskCount, outputStart, readerStart, reader, forward } = problem;
  const transfers = meanTransferSeconds(problem);
  const edges: Edge[] = [];
  for (let from = 0; from < taskCount; from++) {
    if (forward[from]! >= 0) continue;
    const slowest = new Map<number, number>();
    for (let t = outputStart[from]!; t < outputStart[from + 1]!; t++) {
      for (let r = readerStart[t]!; r < readerStart[t + 1]!; r++) {
        if (forward[reader[r]!]! >= 0) continue;
        slowest.set(reader[r]!, Math.max(slowest.get(reader[r]!) ?? 0, transfers[t]!));
      }
    }
    for (const [to, seconds] of [...slowest].sort(([a], [b]) => a - b)) edges.push({ from, to, seconds });
  }
  return edges;
}

/**
 * Favourite child per task, −1 for none, by mutual choice instead of a linear program: a task's choice is the reader on
 * the longest way to the end, c(u, v) + rank_u(v); a reader's choice is the input on the longest way from the
 * beginning, rank_d(u) + w(u) + c(u, v); who chose each other are a pair. Ties: the lowest task.
 */
export function favouriteChildren(problem: PlacementProblem): Int32Array {
  const { taskCount, group } = problem;
  const work = meanSeconds(problem);
  const transfers = meanTransferSeconds(problem);
  const up = upwardRanks(problem, work, transfers);
  const down = downwardRanks(problem, work, transfers);
  const child = new Int32Array(taskCount).fill(-1);
  const parent = new Int32Array(taskCount).fill(-1);
  const toEnd = new Float64Array(taskCount).fill(-1);
  const fromStart = new Float64Array(taskCount).fill(-1);
  for (const { from, to, seconds } of edgesOf(problem)) {
    if (group[from] === group[to]) continue;
    if (seconds + up[to]! > toEnd[from]!) {
      toEnd[from] = seconds + up[to]!;
      child[from] = to;
    }
    if (down[from]! + work[from]! + seconds > fromStart[to]!) {
      fromStart[to] = down[from]! + work[from]! + seconds;
      parent[to] = from;
    }
  }
  return child.map((to, from) => (to >= 0 && parent[to] === from ? to : -1));
}

/**
 * The linear program of m-SCT (Baechi, SoCC 2020, section 2.3) in CPLEX's LP format, for `highs` and others. x is 0 where
 * v is u's favourite child:
 *
 *     min w   s_u + p_u + c_uv · x_uv ≤ s_v   s_u + p_u ≤ w
 *             Σ over v of (1 − x_uv) ≤ 1   Σ over u of (1 − x_uv) ≤ 1   0 ≤ x ≤ 1
 *
 * Relaxed from x ∈ {0, 1}; devices are unlimited, so w bounds only such schedules. Times are in units of the mean task,
 * because solvers' tolerances are absolute. Variables: `x<edge>`, `s<task>`, `w`.
 */
export function sctLinearProgram(problem: PlacementProblem): string {
  const { taskCount, group, forward } = problem;
  const work = meanSeconds(problem);
  const mean = work.reduce((sum, s) => sum + s, 0) / taskCount;
  const unit = mean > 0 ? mean : 1;
  const scaled = (seconds: number): string => (seconds / unit).toPrecision(12);
  const edges = edgesOf(problem);
  const constraints: string[] = [];
  const outgoing = new Map<number, number[]>();
  const incoming = new Map<number, number[]>();
  for (const [e, { from, to, seconds }] of edges.entries()) {
    const isWithin = group[from] === group[to];
    const cross = isWithin ? '' : ` - ${scaled(seconds)} x${e}`;
    constraints.push(`s${to} - s${from}${cross} >= ${scaled(work[from]!)}`);
    if (isWithin) continue;
    for (const [map, task] of [
      [outgoing, from],
      [incoming, to],
    ] as const) {
      const alike = map.get(task);
      if (alike === undefined) map.set(task, [e]);
      else alike.push(e);
    }
  }
  for (const list of [...outgoing.values(), ...incoming.values()]) {
    if (list.length > 1) constraints.push(`${list.map((e) => `x${e}`).join(' + ')} >= ${list.length - 1}`);
  }
  for (let task = 0; task < taskCount; task++) {
    if (forward[task]! < 0) constraints.push(`w - s${task} >= ${scaled(work[task]!)}`);
  }
  const bounds = edges.flatMap(({ from, to }, e) => (group[from] === group[to] ? [] : [`0 <= x${e} <= 1`]));
  return [
    'Minimize',
    ' makespan: w',
    'Subject To',
    ...constraints.map((line, i) => ` c${i}: ${line}`),
    'Bounds',
    ...bounds.map((line) => ` ${line}`),
    'End',
    '',
  ].join('\n');
}

/**
 * Favourite child per task from a solution of the program: x < 1/2. Two of one task, or of one child, cannot both be
 * below.
 */
export function favouritesFrom(problem: PlacementProblem, value: (variable: string) => number): Int32Array {
  const child = new Int32Array(problem.taskCount).fill(-1);
  for (const [e, { from, to }] of edgesOf(problem).entries()) {
    if (problem.group[from] !== problem.group[to] && value(`x${e}`) < 0.5 - 1e-6) child[from] = to;
  }
  return child;
}
