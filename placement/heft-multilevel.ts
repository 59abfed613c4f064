import { coarsen } from './coarsen.ts';
import { coplaced } from './coplaced.ts';
import { bestThatFits, type Plan } from './fitting.ts';
import { heftSchedule } from './heft.ts';
import type { Placement, Placer } from './placer.ts';
import type { PlacementProblem } from './problem.ts';
import { schedulePlans } from './scheduling-placer.ts';

/** About so many tasks; where the graph has fewer, that level is left out. */
const LEVELS: readonly number[] = [600, 200];

/**
 * HEFT with contention (`heftContended`) at several granularities, of which the simulator's best counts: every task alone;
 * gradients with their forward tasks (`coplaced`); tasks merged to about 600 and 200 (`coarsen`). List scheduling looks one
 * task ahead, so that graphs of many small tasks scatter, and the finer the tasks the more; merged tasks are worth their
 * transfers. Which granularity is right depends on the graph: recurrent nets want few tasks, attention wants all.
 *
 * At most four evaluations where memory is ample, six times as many where it is not. Known weakness: one granularity for
 * the whole graph; a local search from here often gains.
 */
export const heftMultilevel: Placer = {
  name: 'heft-multilevel',
  description: 'HEFT with contention at several granularities, the best by the simulator',
  place(problem, context) {
    const same = (placement: Placement): Placement => placement;
    const tied = coplaced(problem, { joinsReaders: false });
    const variants = [plans(problem, same, 'each task alone')];
    if (tied.groupCount < problem.groupCount)
      variants.push(plans(tied, same, 'gradients with forward tasks'));
    for (const level of LEVELS) {
      if (problem.taskCount <= level) continue;
      const { problem: coarse, expand } = coarsen(problem, level);
      variants.push(plans(coarse, expand, `${coarse.taskCount} merged tasks`));
    }
    return bestThatFits(problem, context, variants);
  },
};

/** HEFT's plans for the coarse problem, as plans for the fine one. */
function* plans(
  problem: PlacementProblem,
  expand: (placement: Placement) => Placement,
  granularity: string,
): Generator<Plan> {
  const schedule = (planned: PlacementProblem) => heftSchedule(planned, { contention: true });
  for (const { placement, priority, note } of schedulePlans(problem, schedule)) {
    yield {
      placement: expand(placement),
      priority: expandNumbers(priority, expand),
      note: note === undefined ? granularity : `${granularity}, ${note}`,
    };
  }
}

/** Numbers per task of a problem for the tasks of that which its placements expand to. */
function expandNumbers(numbers: Float64Array, expand: (placement: Placement) => Placement): Float64Array {
  const taskOf = expand(Int32Array.from(numbers, (_, task) => task));
  return Float64Array.from(taskOf, (task) => numbers[task]!);
}
