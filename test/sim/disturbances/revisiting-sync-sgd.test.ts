import { describe, expect, it } from 'vitest';
import { mean, quantile } from '../../../base/statistics.ts';
import { durationAt, empiricalSlowdown, findDurations } from '../../../sim/disturbances/empirical.ts';

const table = findDurations('revisiting-sync-sgd');
/** The step that nothing delays, to which factors are relative. */
const FLOOR = 1.4;
const secondsAt = (u: number): number => FLOOR * durationAt(table, u);

/** P(a step takes less than `seconds`), by bisection of the quantile function. */
function less(seconds: number): number {
  let [from, to] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (from + to) / 2;
    if (secondsAt(middle) < seconds) from = middle;
    else to = middle;
  }
  return from;
}

function binomial(n: number, k: number): number {
  let value = 1;
  for (let i = 1; i <= k; i++) value *= (n - k + i) / i;
  return value;
}

/** P(the k-th of n takes less than `seconds`): at least k of n do. */
function lessOfOrder(seconds: number, k: number, n: number): number {
  const p = less(seconds);
  let sum = 0;
  for (let i = k; i <= n; i++) sum += binomial(n, i) * p ** i * (1 - p) ** (n - i);
  return sum;
}

/** Mean time of the k-th of n: the quantile function under the density of Beta(k, n − k + 1), by midpoints, more of them near 0 and 1. */
function meanOfOrder(k: number, n: number): number {
  const STEPS = 6000;
  const DEEPEST = 18 * Math.LN10;
  let sum = 0;
  for (let i = 0; i < STEPS; i++) {
    const s = (i + 0.5) / STEPS;
    const beyond = Math.exp(-DEEPEST * s ** 3);
    const density = k * binomial(n, k) * (1 - beyond) ** (k - 1) * beyond ** (n - k);
    sum += (secondsAt(1 - beyond) * density * beyond * 3 * DEEPEST * s ** 2) / STEPS;
  }
  return sum;
}

/** Median time of the k-th of n, by bisection. */
function medianOfOrder(k: number, n: number): number {
  let [from, to] = [FLOOR, 400];
  for (let i = 0; i < 60; i++) {
    const middle = (from + to) / 2;
    if (lessOfOrder(middle, k, n) < 0.5) from = middle;
    else to = middle;
  }
  return from;
}

describe('what Chen et al. say of the k-th of 100 gradients', () => {
  it('is a distribution: from the floor to 310 s, ascending', () => {
    const { quantiles, probabilities = [] } = table;
    expect(probabilities).toHaveLength(quantiles.length);
    expect([probabilities[0], probabilities.at(-1)]).toEqual([0, 1]);
    for (let i = 1; i < quantiles.length; i++) {
      expect(probabilities[i]!).toBeGreaterThan(probabilities[i - 1]!);
      expect(quantiles[i]!).toBeGreaterThanOrEqual(quantiles[i - 1]!);
    }
    expect(durationAt(table, 0)).toBe(1);
    expect(secondsAt(1 - Number.EPSILON)).toBeCloseTo(310, 4);
  });

  it('the 100th arrives in under 2 s with probability 0.30, the 98th with about 0.80', () => {
    expect(lessOfOrder(2, 100, 100)).toBeCloseTo(0.3, 6);
    // Of independent workers: P(Binomial(100, 0.01197) ≤ 2).
    expect(lessOfOrder(2, 98, 100)).toBeCloseTo(0.881, 3);
  });

  it('mean times are between 1.4 s and 1.8 s for k up to 96, and rise ever more steeply then', () => {
    const means = Array.from({ length: 100 }, (_, i) => meanOfOrder(i + 1, 100));
    expect(means[0]).toBeCloseTo(1.4, 2);
    expect(means[95]).toBeCloseTo(1.8, 1);
    const rises = means.slice(1).map((seconds, i) => seconds - means[i]!);
    // Evenly spread times rise by the same from each to the next.
    for (let k = 1; k < 85; k++) expect(rises[k]! / (0.4 / 96)).toBeCloseTo(1, 1);
    for (let k = 96; k < 99; k++) expect(rises[k]! / rises[k - 1]!).toBeGreaterThan(1.5);
    expect(means[99]! - means[98]!).toBeGreaterThan(0.5);
  });

  it('beyond 2 s it is the stated power law', () => {
    const power = Math.log((1 - 0.3 ** 0.01) * 1e7) / Math.log(310 / 2);
    expect(power).toBeCloseTo(2.32, 2);
    for (const seconds of [3, 6, 20, 100])
      expect((1 - less(seconds)) / ((1 - 0.3 ** 0.01) * (2 / seconds) ** power)).toBeCloseTo(1, 1);
  });
});

it('by itself, without network or servers, it makes a few backup workers of 50 worth while (50 gradients of 50 + b)', () => {
  const medians = Array.from({ length: 7 }, (_, b) => medianOfOrder(50, 50 + b));
  expect(medians[0]).toBeCloseTo(1.99, 2);
  expect(medians[4]).toBeCloseTo(1.785, 2);
  const normalised = medians.map((seconds, b) => ((medians[0]! / seconds) * 50) / (50 + b));
  const best = normalised.indexOf(Math.max(...normalised));
  expect(best).toBeGreaterThanOrEqual(2);
  expect(best).toBeLessThanOrEqual(3);
});

it('draws follow it, one per worker and step', () => {
  const slowdown = empiricalSlowdown(table, 1);
  const draws = Array.from({ length: 20_000 }, (_, k) => FLOOR * slowdown(0, k));
  expect(new Set(draws).size).toBeGreaterThan(19_000);
  expect(quantile(draws, 0.5)).toBeCloseTo(secondsAt(0.5), 2);
  expect(draws.filter((seconds) => seconds > 2).length / draws.length).toBeCloseTo(0.012, 2);
  expect(mean(draws)).toBeCloseTo(1.62, 1);
  expect(slowdown(-1, 0)).toBe(1);
});
