import { stream } from '../../base/random.ts';
import { ListTimer } from '../../placement/list-timer.ts';
import type { PlacerContext } from '../../placement/placer.ts';
import type { PlacementProblem } from '../../placement/problem.ts';

/** A context that scores placements of plain tasks on an idle network, first ready first served, memory unlimited. */
export function plainContext(problem: PlacementProblem, seed = 1): PlacerContext {
  const timer = new ListTimer(problem);
  return {
    evaluate: (placement) => timer.seconds(placement),
    failing: Number.POSITIVE_INFINITY,
    random: stream(seed, 'placer'),
  };
}
