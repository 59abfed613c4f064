import type { LedgerPoint } from './ledger-point.ts';
import { isRelative, powerOfTime } from './metrics.ts';

/** A point with what its metric would be if all flops were done at peak. */
export interface IdealPoint extends Pick<LedgerPoint, 'metric' | 'measured'> {
  readonly ideal: number;
}

/** The metric's value where steps take 1 / `share` times as long as at peak; of a comparison, the same as at peak. */
export function atShareOfPeak({ metric, ideal }: Omit<IdealPoint, 'measured'>, share: number): number {
  return isRelative(metric) ? ideal : powerOfTime(metric) === 1 ? ideal / share : ideal * share;
}

/**
 * The simplest of all models: everything runs at one share of the peak, the one that makes the mean absolute percentage
 * error of these very points least. (So it is fitted on what it is judged by, which no prediction of ours is.) For points that all grow
 * with time, or all shrink, the error is a sum of |a x − 1| in x = 1 / share or share: least at one of its kinks, of which all are
 * tried. Of mixed points, the best of these kinks.
 */
export function fittedShare(points: readonly IdealPoint[]): number {
  const kinks = points
    .filter(({ metric }) => !isRelative(metric))
    .map(({ metric, ideal, measured }) => (powerOfTime(metric) === 1 ? ideal / measured : measured / ideal))
    .filter((share) => share > 0 && Number.isFinite(share))
    .sort((a, b) => a - b);
  const errorAt = (share: number): number =>
    points.reduce((sum, point) => sum + Math.abs(atShareOfPeak(point, share) / point.measured - 1), 0);
  let best = { share: 1, error: Number.POSITIVE_INFINITY };
  for (const share of new Set(kinks)) {
    const error = errorAt(share);
    if (error < best.error) best = { share, error };
  }
  return best.share;
}
