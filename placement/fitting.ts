import { MemoryLedger } from './memory-ledger.ts';
import type { Placement, PlacerContext, PlacerResult } from './placer.ts';
import type { PlacementProblem } from './problem.ts';
import { Trials } from './trials.ts';

/** What a heuristic proposes. */
export interface Plan {
  readonly placement: Placement;
  /** Of the schedule that the heuristic had in mind. */
  readonly priority: Float64Array;
  readonly note?: string;
}

/**
 * Shares of each memory that heuristics fill, one after another until the simulator finds room. When they bind a group
 * they do not see what its gradients, and the copies that its later members read, will take.
 */
export const MEMORY_SHARES: readonly number[] = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1];

/**
 * The best of several variants of a heuristic, by `context.evaluate`. Each gives plans one after another that need less
 * and less memory, of which the first that fits counts. Where none fits at all, the plan that scores least.
 *
 * A plan of an only variant that by the ledger fills no more than half of any memory is taken as it is: no evaluation.
 */
export function bestThatFits(
  problem: PlacementProblem,
  context: PlacerContext,
  variants: readonly Iterable<Plan>[],
): PlacerResult {
  const trials = new Trials(context, Number.POSITIVE_INFINITY, problem.taskCount);
  const scores = new Map<string, number>();
  let note: string | undefined;
  for (const plans of variants) {
    for (const plan of plans) {
      const isFirst = trials.count === 0;
      const isOnly = variants.length === 1 && isRoomy(problem, plan.placement);
      if (isFirst && (isOnly || !trials.mayGoOn)) return unevaluated(plan, context);
      if (!trials.mayGoOn) return trials.result(note);
      const key = plan.placement.join();
      let score = scores.get(key);
      if (score === undefined) {
        const before = trials.bestScore;
        score = trials.score(plan.placement, plan.priority);
        scores.set(key, score);
        if (isFirst || score < before) note = plan.note;
      }
      if (score < context.failing) break;
    }
  }
  return trials.result(note);
}

function unevaluated({ placement, priority, note }: Plan, { evaluateOrdered }: PlacerContext): PlacerResult {
  return {
    placement,
    ...(evaluateOrdered !== undefined && { priority }),
    evaluations: 0,
    ...(note !== undefined && { note }),
  };
}

/** Whether a placement needs no more than half of any device's memory, tasks run in the order of their numbers. */
function isRoomy(problem: PlacementProblem, placement: Placement): boolean {
  if (problem.capacityBytes.every((capacity) => capacity === Number.POSITIVE_INFINITY)) return true;
  const ledger = new MemoryLedger(problem);
  for (const [task, device] of placement.entries()) ledger.assign(task, device);
  return ledger.peak.every((peak, d) => peak <= problem.capacityBytes[d]! / 2);
}
