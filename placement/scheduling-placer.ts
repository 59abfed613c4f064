import type { Schedule } from './list-schedule.ts';
import type { Placer, PlacerContext } from './placer.ts';
import type { PlacementProblem } from './problem.ts';
import { Trials } from './trials.ts';

/**
 * Shares of memory that schedules are planned for, one after another until one fits. A schedule's order of tasks is not
 * the simulator's, which may hold more at once.
 */
const PLANNED_SHARES = [1, 0.9, 0.8, 0.65, 0.5];

/** A schedule whose estimated peaks stay below this share of memory everywhere is not tried out. */
const SURELY_FITS = 0.5;

/**
 * The placer of an algorithm that builds schedules. Where one comes close to the memory, the simulator is asked whether
 * it fits (at most five evaluations); if not, the algorithm plans anew with less memory. If nothing fits: what lacks
 * least. Where an order is sought (`evaluateOrdered`), the result has the schedule's.
 */
export function schedulingPlacer(
  name: string,
  description: string,
  schedule: (problem: PlacementProblem) => Schedule,
): Placer {
  return {
    name,
    description,
    place(problem, context) {
      const first = schedule(problem);
      const { capacityBytes } = problem;
      const priority = prioritiesFor(first, context);
      const trials = new Trials(context, PLANNED_SHARES.length, problem.taskCount);
      if (first.peakBytes.every((peak, d) => peak <= SURELY_FITS * capacityBytes[d]!) || !trials.mayGoOn) {
        return { placement: first.placement, ...(priority && { priority }), evaluations: 0 };
      }
      if (!(trials.score(first.placement, priority) < context.failing)) {
        for (const share of PLANNED_SHARES.slice(1)) {
          if (!trials.mayGoOn) break;
          const planned = schedule({ ...problem, capacityBytes: capacityBytes.map((c) => share * c) });
          const score = trials.score(planned.placement, prioritiesFor(planned, context));
          if (score < context.failing) break;
        }
      }
      const { history, ...result } = trials.result();
      const share = PLANNED_SHARES[(history?.at(-1)?.[0] ?? 1) - 1]!;
      return { ...result, ...(share < 1 && { note: `planned for ${Math.round(100 * share)} % of memory` }) };
    },
  };
}

/** Priorities by which devices run their tasks in the order of the schedule, where an order is sought. */
function prioritiesFor({ order }: Schedule, { evaluateOrdered }: PlacerContext): Float64Array | undefined {
  if (evaluateOrdered === undefined) return undefined;
  const priority = new Float64Array(order.length);
  for (const [position, task] of order.entries()) priority[task] = order.length - position;
  return priority;
}
