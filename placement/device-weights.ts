import type { OpGroups } from './groups.ts';
import type { PlacementProblem } from './problem.ts';

/** A device that is slower than this share of the fastest one is drawn no more rarely still. */
const LEAST = 0.05;

/**
 * `[group * deviceCount + device]`: how often searches draw a device for an op group, beside others: its speed as a share
 * of the fastest one's, 5 % at least; 0 where it is not feasible.
 */
export function deviceWeights(
  { taskCount, deviceCount: D, seconds }: PlacementProblem,
  { groups, groupOf }: OpGroups,
): Float64Array {
  const sums = new Float64Array(groups.length * D);
  for (let task = 0; task < taskCount; task++) {
    if (groupOf[task]! < 0) continue;
    for (let d = 0; d < D; d++) sums[groupOf[task]! * D + d]! += seconds[task * D + d]!;
  }
  return sums.map((sum, at) => {
    const g = Math.floor(at / D);
    const { feasible } = groups[g]!;
    if (!feasible.includes(at % D)) return 0;
    let least = Number.POSITIVE_INFINITY;
    for (const d of feasible) least = Math.min(least, sums[g * D + d]!);
    return sum > least ? Math.max(LEAST, least / sum) : 1;
  });
}
