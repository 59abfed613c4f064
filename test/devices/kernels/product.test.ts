import { describe, expect, test } from 'vitest';
import { NEUTRAL_KERNELS } from '../../../devices/kernels/parameters.ts';
import { type Products, tiledSeconds } from '../../../devices/kernels/product.ts';

/** 10 multiprocessors of 100 GFLOP/s each. */
const UNIT = { peakFlops: 1e12, share: 1, memoryBytesPerSecond: 100e9, multiprocessors: 10 };
const products = (m: number, n: number, k: number, count = 1): Products => ({
  m,
  n,
  k,
  count,
  elementBytes: 4,
});
const seconds = (given: Products, parameters = {}, unit = {}): number =>
  tiledSeconds(given, { ...UNIT, ...unit }, { ...NEUTRAL_KERNELS, maxSplits: 1, ...parameters });

describe('products on tiles', () => {
  test('whole waves of whole tiles: arithmetic at the share of the peak', () => {
    // 10 × 1 tiles of 128 × 128, one per multiprocessor: 2 · 1280 · 128 · 1000 flops at 0.5e12.
    expect(seconds(products(1280, 128, 1000), {}, { share: 0.5 })).toBeCloseTo(
      (2 * 1280 * 128 * 1e3) / 0.5e12,
      12,
    );
  });

  test('a block more is another round', () => {
    // 10 products of 256 × 256 fill the multiprocessors with two tiles of 256 × 128 each: exactly the peak.
    const full = seconds(products(256, 256, 1000, 10));
    expect(full).toBeCloseTo((10 * 2 * 256 * 256 * 1e3) / 1e12, 12);
    // The eleventh is cut into the smallest tiles that leave no multiprocessor idle for long: 11/10, rounded up to tiles.
    const more = seconds(products(256, 256, 1000, 11));
    expect(more).toBeGreaterThanOrEqual(1.1 * full);
    expect(more).toBeLessThan(1.2 * full);
  });

  test('what does not fill a tile costs a whole one', () => {
    // 16 is the least extent of a tile: 1 column takes the time of 16, with rows of 128.
    expect(seconds(products(1280, 1, 1000))).toBe(seconds(products(1280, 16, 1000)));
    expect(seconds(products(1280, 16, 1000))).toBeCloseTo((2 * 128 * 16 * 1e3) / 100e9, 12);
  });

  test('operands of small tiles arrive slower than they are multiplied', () => {
    // A tile of 128 × 16 needs 144 · 4 bytes per 4096 flops, 0.14 bytes per flop; 0.07 are there: half the rate.
    const slow = seconds(products(1280, 16, 1000), { operandBytesPerFlop: 576 / 4096 / 2 });
    expect(slow).toBeCloseTo(2 * seconds(products(1280, 16, 1000)), 12);
  });

  test('a lone block waits for its loads; two hide each other’s', () => {
    const parameters = { stepSeconds: 1e-6 };
    // 1000 steps of 1 µs; 10 and 20 blocks (of 128 × 128: 0.33 µs a step) take as long.
    expect(seconds(products(1280, 128, 1000), parameters)).toBeCloseTo(1e-3, 12);
    expect(seconds(products(2560, 128, 1000), parameters)).toBeCloseTo(1e-3, 12);
  });

  test('few tiles: the sum is cut, and its parts are added up', () => {
    const long = products(128, 16, 100_000);
    const whole = seconds(long);
    // Two tiles of 64 × 16.
    expect(whole).toBeCloseTo((2 * 64 * 16 * 1e5) / 100e9, 12);
    // 4 parts of both on 8 of 10 multiprocessors; written and read again, the sum written: 5 · 128 · 16 · 4 bytes.
    const cut = seconds(long, { maxSplits: 4 });
    expect(cut).toBeCloseTo(whole / 4 + (5 * 128 * 16 * 4) / 100e9, 12);
  });

  test('start and end: of the kernel once, of a tile in steps', () => {
    const given = products(1280, 128, 1000);
    expect(seconds(given, { startSeconds: 5e-6 })).toBeCloseTo(seconds(given) + 5e-6, 15);
    expect(seconds(given, { tileSteps: 100 })).toBeCloseTo(1.1 * seconds(given), 12);
  });

  test('nothing to multiply takes no time', () => {
    expect(seconds(products(0, 128, 1000))).toBe(0);
    expect(seconds(products(128, 128, 0), { startSeconds: 1 })).toBe(0);
  });
});
