import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atShareOfPeak, fittedShare, type IdealPoint } from '../../../scenarios/claims/baselines.ts';

describe('one share of peak for all points', () => {
  it('is what every point has, where all have the same', () => {
    const points: IdealPoint[] = [
      { metric: 'throughput', ideal: 100, measured: 40 },
      { metric: 'step_time', ideal: 2, measured: 5 },
      { metric: 'speedup', ideal: 8, measured: 7 },
    ];
    expect(fittedShare(points)).toBeCloseTo(0.4, 12);
    expect(points.map((point) => atShareOfPeak(point, 0.4))).toEqual([40, 5, 8]);
  });

  it('no other share has a smaller error', () => {
    const positive = fc.double({ min: 0.01, max: 100, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom('throughput' as const, 'step_time' as const),
        fc.array(fc.record({ ideal: positive, measured: positive }), { minLength: 1, maxLength: 20 }),
        positive,
        (metric, values, other) => {
          const points = values.map((value) => ({ metric, ...value }));
          const error = (share: number) =>
            points.reduce((sum, p) => sum + Math.abs(atShareOfPeak(p, share) / p.measured - 1), 0);
          expect(error(fittedShare(points))).toBeLessThanOrEqual(error(other) * (1 + 1e-9));
        },
      ),
    );
  });
});
