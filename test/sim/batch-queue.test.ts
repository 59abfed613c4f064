import { describe, expect, test } from 'vitest';
import { stream } from '../../base/random.ts';
import { arrivals, highestRate, responseSeconds } from '../../sim/batch-queue.ts';

const random = () => stream(1, 'arrivals');

describe('requests in batches', () => {
  test('a queue worked out by hand', () => {
    // Batches of 2, 1 s each; requests at 0, 0.5, 0.6, 0.7 s. The first is served alone, until 1 s; then 0.5 and 0.6, until 2 s;
    // then 0.7, until 3 s. Responses: 1, 1.5, 1.4, 2.3 s, of which the first half is warm-up.
    const given = Float64Array.of(0, 0.5, 0.6, 0.7);
    const server = { batch: 2, seconds: 1 };
    expect(responseSeconds(given, 1, server, 1)).toBeCloseTo(2.3, 12);
    expect(responseSeconds(given, 1, server, 0)).toBeCloseTo(1.4, 12);
    // At twice the rate they come in half the time: the last at 0.35 s.
    expect(responseSeconds(given, 2, server, 1)).toBeCloseTo(2.65, 12);
  });

  test('batches of one are M/D/1: half a service time waited on average at half load (Pollaczek and Khinchine)', () => {
    const times = arrivals(random(), 40_000);
    const rate = 0.5;
    // Mean wait ρ / (2 (1 − ρ)) = 0.5 of a service time; the mean is the integral of quantiles.
    const quantiles = Array.from({ length: 50 }, (_, i) =>
      responseSeconds(times, rate, { batch: 1, seconds: 1 }, (i + 0.5) / 50),
    );
    expect(quantiles.reduce((sum, value) => sum + value, 0) / 50).toBeGreaterThan(1.45);
    expect(quantiles.reduce((sum, value) => sum + value, 0) / 50).toBeLessThan(1.55);
  });

  test('arrivals come at a rate of one a second', () => {
    const times = arrivals(random(), 100_000);
    expect(times.at(-1)! / 100_000).toBeCloseTo(1, 2);
    expect(times.every((time, i) => i === 0 || time > times[i - 1]!)).toBe(true);
  });
});

describe('the highest rate', () => {
  const times = arrivals(random());
  const server = { batch: 16, seconds: 1e-3 };

  test('keeps to the bound, and a little more does not', () => {
    const rate = highestRate(times, server, 0.99, 2.5e-3)!;
    expect(responseSeconds(times, rate, server, 0.99)).toBeLessThanOrEqual(2.5e-3);
    expect(responseSeconds(times, rate * 1.01, server, 0.99)).toBeGreaterThan(2.5e-3);
    expect(rate).toBeLessThan(16_000);
  });

  test('is none where a batch alone takes too long, and nearly all where the bound is far', () => {
    expect(highestRate(times, server, 0.99, 0.9e-3)).toBeUndefined();
    expect(highestRate(times, server, 0.99, 10)).toBeCloseTo(0.99 * 16_000, 6);
  });

  test('is lower where the bound is tighter', () => {
    const rates = [1.5e-3, 2e-3, 3e-3, 5e-3].map((bound) => highestRate(times, server, 0.99, bound)!);
    expect(rates).toEqual([...rates].sort((a, b) => a - b));
    expect(rates[0]).toBeLessThan(rates[3]!);
  });
});
