import { describe, expect, it } from 'vitest';
import { batchMeansEstimate, meanEstimate, relativeHalfWidth } from '../../base/confidence.ts';
import { InternalError } from '../../base/errors.ts';
import { stream } from '../../base/random.ts';
import { mean, quantile, standardDeviation } from '../../base/statistics.ts';

describe('mean and its interval', () => {
  it('has the sample standard deviation of a worked example', () => {
    // Mean 5; squares 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32 over 7.
    expect(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 14);
    expect(standardDeviation([3])).toBe(0);
  });

  // Quantiles of Student's t, two-sided, as printed in any table to three digits (here scipy's to ten).
  it.each([
    [2, 0.95, 12.7062047362],
    [3, 0.95, 4.3026527297],
    [5, 0.95, 2.7764451052],
    [10, 0.99, 3.2498355416],
    [31, 0.95, 2.0422724563],
    [1001, 0.9, 1.6463788173],
  ])('of %i values at %d uses t = %d', (n, confidence, t) => {
    const values = Array.from({ length: n }, (_, i) => Math.sin(i));
    const { halfWidth, count } = meanEstimate(values, confidence);
    expect(count).toBe(n);
    expect((halfWidth / standardDeviation(values)) * Math.sqrt(n)).toBeCloseTo(t, 6);
  });

  it('agrees with a published example: ten temperatures, 24.98 ± 0.34 at 95 %', () => {
    // s = 0.4750 (worked out by hand below), t(0.975, 9) = 2.262.
    const values = [24.3, 25.4, 24.9, 25.1, 24.6, 25.6, 25.2, 24.7, 25.5, 24.5];
    const s = Math.sqrt(values.reduce((sum, v) => sum + (v - 24.98) ** 2, 0) / 9);
    const estimate = meanEstimate(values, 0.95);
    expect(estimate.mean).toBeCloseTo(24.98, 12);
    expect(estimate.halfWidth).toBeCloseTo((2.262157 * s) / Math.sqrt(10), 5);
    expect(relativeHalfWidth(estimate)).toBeCloseTo(estimate.halfWidth / 24.98, 12);
  });

  it('knows nothing from one value, and all from equal ones', () => {
    expect(meanEstimate([7], 0.95).halfWidth).toBe(Number.POSITIVE_INFINITY);
    const equal = meanEstimate([0.1, 0.1, 0.1], 0.95);
    expect(equal.halfWidth).toBe(0);
    expect(relativeHalfWidth(equal)).toBe(0);
  });

  it('refuses a confidence that is none', () => {
    expect(() => meanEstimate([1, 2], 95)).toThrow(InternalError);
  });

  it('covers the true mean as often as it says', () => {
    const random = stream(4, 'coverage');
    const cases = 2000;
    let covered = 0;
    for (let i = 0; i < cases; i++) {
      const values = Array.from({ length: 6 }, () => 10 + 3 * random.normal());
      const { mean, halfWidth } = meanEstimate(values, 0.9);
      if (Math.abs(mean - 10) <= halfWidth) covered++;
    }
    // Standard error of the share: √(0.9 · 0.1 / 2000) = 0.0067.
    expect(Math.abs(covered / cases - 0.9)).toBeLessThan(3 * 0.0067);
  });
});

describe('batch means', () => {
  /** AR(1) with mean 0: each value is 0.7 of the last one plus noise. */
  const correlated = (n: number, name: number): Float64Array => {
    const random = stream(9, 'series', name);
    const series = new Float64Array(n);
    let last = random.normal() / Math.sqrt(1 - 0.49);
    for (let i = 0; i < n; i++) {
      series[i] = last;
      last = 0.7 * last + random.normal();
    }
    return series;
  };

  it('cover the mean of a correlated series, where the interval for independent values does not', () => {
    const cases = 400;
    let batches = 0;
    let independent = 0;
    for (let i = 0; i < cases; i++) {
      const series = correlated(2000, i);
      const byBatches = batchMeansEstimate(series, 0.95)!;
      if (Math.abs(byBatches.mean) <= byBatches.halfWidth) batches++;
      const naive = meanEstimate(series, 0.95);
      if (Math.abs(naive.mean) <= naive.halfWidth) independent++;
    }
    expect(batches / cases).toBeGreaterThan(0.9);
    expect(independent / cases).toBeLessThan(0.75);
  });

  it('are the means of 20 batches, the remainder left out at the beginning', () => {
    const series = [1000, 1000, ...Array.from({ length: 40 }, (_, i) => i)];
    const estimate = batchMeansEstimate(series, 0.95)!;
    // Batch means 0.5, 2.5, …, 38.5: mean 19.5, variance 4 · (20² − 1) / 12 · 20 / 19 = 140.
    expect(estimate.count).toBe(20);
    expect(estimate.mean).toBeCloseTo(19.5, 12);
    expect(estimate.halfWidth).toBeCloseTo((2.0930240544 * Math.sqrt(140)) / Math.sqrt(20), 6);
  });

  it('need 40 values', () => {
    expect(batchMeansEstimate(new Float64Array(39), 0.95)).toBeUndefined();
    expect(batchMeansEstimate(new Float64Array(40), 0.95)?.halfWidth).toBe(0);
  });
});

describe('quantile', () => {
  it('interpolates between order statistics', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([4, 1, 3, 2], 1)).toBe(4);
    expect(quantile([], 0.5)).toBe(0);
    expect(mean([])).toBe(0);
  });
});
