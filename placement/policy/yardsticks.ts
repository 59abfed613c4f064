import type { PlacerContext } from '../placer.ts';
import type { PlacementProblem } from '../problem.ts';
import { leastSeconds, meanSeconds, meanTransferSeconds, upwardRanks } from '../ranks.ts';

/** Seconds of all tasks one after another, each on its fastest device. */
export function serialSeconds(problem: PlacementProblem): number {
  return leastSeconds(problem).reduce((sum, seconds) => sum + seconds, 0);
}

/** Where schedules are sought, the order in which the devices of every placement run: by HEFT's upward rank. */
export function schedulePriority(
  problem: PlacementProblem,
  context: PlacerContext,
): Float64Array | undefined {
  if (context.evaluateOrdered === undefined) return undefined;
  return upwardRanks(problem, meanSeconds(problem), meanTransferSeconds(problem));
}
