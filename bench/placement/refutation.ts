import type { PlacementProblem } from '../../placement/problem.ts';
import { downwardRanks, leastSeconds, upwardRanks } from '../../placement/ranks.ts';

/** Tasks that cannot begin before `head`, all with `tail` still to come after them: no schedule is shorter than `length`. */
export interface Refutation {
  readonly head: number;
  readonly tail: number;
  readonly tasks: readonly number[];
  readonly work: number;
  readonly length: number;
}

/**
 * Why no schedule on identical processors takes only `claimed`, if a window of the schedule says so (the strongest): tasks of work W that
 * lie between `head` and the last `tail` need head + ⌈W / processors⌉ + tail, where times are integers (Fernandez &
 * Bussell 1973). Written out task by task, apart from placement/bounds, because published optima are called wrong by it.
 */
export function refutation(problem: PlacementProblem, claimed: number): Refutation | undefined {
  const strongest = tightestWindow(problem);
  return strongest !== undefined && strongest.length > claimed ? strongest : undefined;
}

function tightestWindow(problem: PlacementProblem): Refutation | undefined {
  const work = leastSeconds(problem);
  const head = downwardRanks(problem, work);
  const tail = upwardRanks(problem, work).map((rank, task) => rank - work[task]!);
  let strongest: Refutation | undefined;
  for (const h of new Set(head)) {
    for (const t of new Set(tail)) {
      const tasks = [...work.keys()].filter((task) => head[task]! >= h && tail[task]! >= t);
      const sum = tasks.reduce((total, task) => total + work[task]!, 0);
      const length = h + Math.ceil(sum / problem.deviceCount) + t;
      if (tasks.length > 0 && length > (strongest?.length ?? 0))
        strongest = { head: h, tail: t, tasks, work: sum, length };
    }
  }
  return strongest;
}
