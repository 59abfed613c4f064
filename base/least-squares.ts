/**
 * The x ≥ 0 that makes |A·x − b|² least, for a handful of unknowns: coordinate descent on the normal equations, which is
 * exact in the limit since the problem is convex (Franc, Hlaváč & Navara, "Sequential coordinate-wise algorithm for the
 * non-negative least squares problem", 2005). Rows of A are equations.
 */
export function nonNegativeLeastSquares(
  rows: readonly (readonly number[])[],
  b: readonly number[],
): number[] {
  const unknowns = rows[0]?.length ?? 0;
  const x = new Array<number>(unknowns).fill(0);
  const gram = Array.from({ length: unknowns }, (_, i) =>
    Array.from({ length: unknowns }, (_, j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
  );
  const slope = Array.from({ length: unknowns }, (_, i) =>
    rows.reduce((sum, row, r) => sum - row[i]! * b[r]!, 0),
  );
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let moved = 0;
    for (let i = 0; i < unknowns; i++) {
      const curvature = gram[i]![i]!;
      if (curvature === 0) continue;
      const next = Math.max(0, x[i]! - slope[i]! / curvature);
      const step = next - x[i]!;
      if (step === 0) continue;
      for (let j = 0; j < unknowns; j++) slope[j]! += step * gram[i]![j]!;
      moved = Math.max(moved, Math.abs(step) * Math.sqrt(curvature));
      x[i] = next;
    }
    if (moved < 1e-9) break;
  }
  return x;
}

const MOST_SWEEPS = 2000;
