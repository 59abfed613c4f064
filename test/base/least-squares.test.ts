import { describe, expect, it } from 'vitest';
import { nonNegativeLeastSquares } from '../../base/least-squares.ts';

describe('non-negative least squares', () => {
  it('solves what has a solution', () => {
    const rows = [
      [1, 0, 2],
      [0, 3, 1],
      [1, 1, 1],
      [2, 0, 0],
    ];
    const x = [2, 0.5, 3];
    const b = rows.map((row) => row.reduce((sum, a, i) => sum + a * x[i]!, 0));
    const found = nonNegativeLeastSquares(rows, b);
    for (const [i, value] of x.entries()) expect(found[i]).toBeCloseTo(value, 6);
  });

  it('keeps an unknown at zero that would be negative', () => {
    // Without the bound: x = (2, −1). With it, the second is 0 and the first the projection (1·1 + 1·1) / 2.
    const found = nonNegativeLeastSquares(
      [
        [1, 0],
        [1, 1],
      ],
      [2, 1],
    );
    expect(found[0]).toBeCloseTo(1.5, 9);
    expect(found[1]).toBe(0);
  });

  it('leaves an unknown at zero that no equation has', () => {
    expect(nonNegativeLeastSquares([[0, 2]], [4])).toEqual([0, 2]);
    expect(nonNegativeLeastSquares([], [])).toEqual([]);
  });
});
