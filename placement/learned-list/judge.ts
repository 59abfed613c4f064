import { lowerBounds } from '../bounds.ts';
import { coarsen } from '../coarsen.ts';
import type { Placement, PlacerContext } from '../placer.ts';
import type { PlacementProblem } from '../problem.ts';
import { meanSeconds, meanTransferSeconds, upwardRanks } from '../ranks.ts';
import type { Trials } from '../trials.ts';
import type { Judge } from './search.ts';

/** The problem, coarse where it is large, and its scores. A placement that was scored before is not scored again. */
export function judgeOf(
  problem: PlacementProblem,
  context: PlacerContext,
  trials: Trials,
  tasks: number,
): { readonly coarse: PlacementProblem; readonly judge: Judge } {
  const coarse = problem.taskCount > tasks ? coarsen(problem, tasks) : undefined;
  const priority = upwardRanks(problem, meanSeconds(problem), meanTransferSeconds(problem));
  const known = new Map<string, number>();
  const goal = 1.005 * (context.bound?.() ?? lowerBounds(problem).seconds);
  const judge: Judge = {
    score: (placement) => {
      const key = keyOf(placement);
      let score = known.get(key);
      if (score === undefined) {
        score = trials.score(coarse?.expand(placement) ?? placement, priority);
        known.set(key, score);
      }
      return score;
    },
    failing: context.failing,
    mayGoOn: () => trials.mayGoOn && trials.bestScore > goal,
  };
  return { coarse: coarse?.problem ?? problem, judge };
}

function keyOf(placement: Placement): string {
  let key = '';
  for (const device of placement) key += String.fromCharCode(device);
  return key;
}
