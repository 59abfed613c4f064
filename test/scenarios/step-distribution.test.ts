import { expect, test } from 'vitest';
import { stream } from '../../base/random.ts';
import { quantileOfSorted } from '../../base/statistics.ts';
import { stepDistribution } from '../../scenarios/step-distribution.ts';
import { stepTimes } from '../../scenarios/step-times.ts';

test.each([1, 2, 3, 7, 100, 101, 1000, 54_321])(
  'of %i steps: counts, quantiles and extremes are exact',
  (count) => {
    const draws = stream(count, 'steps');
    // Some equal, a few far out.
    const times = Float64Array.from({ length: count }, () =>
      draws.uniform() < 0.3 ? 1 : 1 + draws.uniform() + (draws.uniform() < 0.01 ? 40 * draws.uniform() : 0),
    );
    const cut = Math.floor(count / 3);
    const trials = [times.subarray(0, cut), times.subarray(cut)];
    const { seconds, steps } = stepDistribution(trials)!;
    expect(seconds.length).toBeLessThan(200);
    const sorted = times.toSorted();
    for (const [i, value] of seconds.entries()) {
      expect(steps[i]).toBe(sorted.findLastIndex((time) => time <= value) + 1);
      if (i > 0) expect(value).toBeGreaterThan(seconds[i - 1]!);
    }
    expect(steps.at(-1)).toBe(count);
    expect(seconds[0]).toBe(sorted[0]);
    // The order statistics that a quantile rests on are among the points.
    const whole = stepTimes(trials, 0.95);
    const known = new Set(seconds);
    for (const [q, told] of [
      [0.5, whole.p50],
      [0.9, whole.p90],
      [0.99, whole.p99],
      [1, whole.max],
    ] as const) {
      const position = q * (count - 1);
      expect(known.has(sorted[Math.floor(position)]!) && known.has(sorted[Math.ceil(position)]!)).toBe(true);
      expect(quantileOfSorted(sorted, q)).toBe(told);
    }
  },
);

test('of no steps there is none', () => {
  expect(stepDistribution([new Float64Array()])).toBeNull();
});
