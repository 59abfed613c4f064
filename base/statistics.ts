/** Arithmetic mean; NaN of nothing is refused by the caller, so an empty list gives 0. */
export function mean(values: ArrayLike<number>): number {
  if (values.length === 0) return 0;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/**
 * The q-quantile (0 ≤ q ≤ 1) by linear interpolation between order statistics
 * (definition 7 of Hyndman & Fan 1996, "Sample quantiles in statistical packages").
 */
export function quantile(values: ArrayLike<number>, q: number): number {
  if (values.length === 0) return 0;
  const sorted = Float64Array.from(values).sort();
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}
