import jStat from 'jstat';

/** Arithmetic mean; NaN of nothing is refused by the caller, so an empty list gives 0. */
export function mean(values: ArrayLike<number>): number {
  if (values.length === 0) return 0;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Sample standard deviation, with n − 1 in the denominator; 0 of fewer than two values. */
export function standardDeviation(values: ArrayLike<number>): number {
  const n = values.length;
  if (n < 2) return 0;
  const centre = mean(values);
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (values[i]! - centre) ** 2;
  return Math.sqrt(squares / (n - 1));
}

/**
 * The q-quantile (0 ≤ q ≤ 1) by linear interpolation between order statistics
 * (definition 7 of Hyndman & Fan 1996, "Sample quantiles in statistical packages").
 */
export function quantile(values: ArrayLike<number>, q: number): number {
  return values.length === 0 ? 0 : quantileOfSorted(Float64Array.from(values).sort(), q);
}

/** The same of values in ascending order, of which there must be one. */
export function quantileOfSorted(sorted: ArrayLike<number>, q: number): number {
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}

/**
 * Spearman's rank correlation of values that belong together: 1 where both lists have the same order, -1 where they have
 * opposite ones. Equal values share the mean of their ranks. Undefined where one list holds but one value.
 */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number | undefined {
  const correlation = a.length < 2 ? Number.NaN : jStat.spearmancoeff(a, b);
  return Number.isNaN(correlation) ? undefined : correlation;
}
