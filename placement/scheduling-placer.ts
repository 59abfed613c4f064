import { bestThatFits, MEMORY_SHARES, type Plan } from './fitting.ts';
import type { Schedule } from './list-schedule.ts';
import type { Placer } from './placer.ts';
import type { PlacementProblem } from './problem.ts';

/**
 * The placer of an algorithm that builds schedules. Its estimate of memory is not the simulator's, which runs tasks in an
 * order of its own: where a schedule comes near the memory, the simulator is asked, and if it does not fit, the algorithm
 * plans anew with less (see bestThatFits).
 */
export function schedulingPlacer(
  name: string,
  description: string,
  schedule: (problem: PlacementProblem) => Schedule,
): Placer {
  return {
    name,
    description,
    place: (problem, context) => bestThatFits(problem, context, [schedulePlans(problem, schedule)]),
  };
}

/** An algorithm's schedules for less and less memory, as plans. */
export function* schedulePlans(
  problem: PlacementProblem,
  schedule: (problem: PlacementProblem) => Schedule,
): Generator<Plan> {
  for (const share of MEMORY_SHARES) {
    const capacityBytes = problem.capacityBytes.map((bytes) => share * bytes);
    const planned = schedule(share === 1 ? problem : { ...problem, capacityBytes });
    yield {
      placement: planned.placement,
      priority: prioritiesOf(planned),
      ...(share < 1 && { note: `planned for ${Math.round(100 * share)} % of memory` }),
    };
  }
}

/** Priorities by which devices run their tasks in the order of the schedule. */
function prioritiesOf({ order }: Schedule): Float64Array {
  const priority = new Float64Array(order.length);
  for (const [position, task] of order.entries()) priority[task] = order.length - position;
  return priority;
}
