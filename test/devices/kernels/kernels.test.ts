import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_WORK, type Work } from '../../../base/work.ts';
import { deviceIds, findDevice } from '../../../devices/catalog/index.ts';
import { arithmeticType } from '../../../devices/cost-model.ts';
import { kernelSeconds } from '../../../devices/kernels/index.ts';
import { roundDevice } from '../round-device.ts';

const LAUNCH = 10e-6;

const work = (fields: Partial<Work>): Work => ({
  class: 'matmul',
  dtype: 'float32',
  flops: 0,
  bytesRead: 0,
  bytesWritten: 0,
  ...fields,
});

/** A product of float32 matrices, unless another size of element is given. */
const product = (m: number, n: number, k: number, dtype: Work['dtype'] = 'float32', bytes = 4): Work => ({
  class: 'matmul',
  dtype,
  flops: 2 * m * n * k,
  bytesRead: (m * k + k * n) * bytes,
  bytesWritten: m * n * bytes,
  gemm: { m, n, k },
});

describe('kernels of each class', () => {
  test('no kernel, no time', () => {
    expect(kernelSeconds(NO_WORK, roundDevice())).toBe(0);
    expect(kernelSeconds({ ...NO_WORK, dtype: 'int64' }, roundDevice())).toBe(0);
  });

  test('element-wise: the slower of arithmetic and bytes', () => {
    // (6e6 + 2e6) bytes at 0.5 · 100 GB/s = 160 µs; 1e6 additions at half of 1 TFLOP/s = 2 µs.
    const bytes = work({ class: 'vector', flops: 1e6, bytesRead: 6e6, bytesWritten: 2e6 });
    expect(kernelSeconds(bytes, roundDevice())).toBeCloseTo(LAUNCH + 160e-6, 12);
    expect(kernelSeconds({ ...bytes, flops: 1e9 }, roundDevice())).toBeCloseTo(LAUNCH + 2e-3, 12);
    // Copies have no arithmetic.
    expect(kernelSeconds({ ...bytes, class: 'data', flops: 0 }, roundDevice())).toBeCloseTo(
      LAUNCH + 160e-6,
      12,
    );
  });

  test('element-wise ops need no arithmetic of their own type, products do', () => {
    const halves = work({
      class: 'vector',
      dtype: 'bfloat16',
      flops: 1e6,
      bytesRead: 4e6,
      bytesWritten: 2e6,
    });
    expect(kernelSeconds(halves, roundDevice())).toBeCloseTo(LAUNCH + 120e-6, 12);
    expect(kernelSeconds({ ...halves, dtype: 'int32' }, roundDevice())).toBeCloseTo(LAUNCH + 120e-6, 12);
    expect(kernelSeconds({ ...halves, class: 'matmul' }, roundDevice())).toBe(Number.POSITIVE_INFINITY);
    expect(kernelSeconds({ ...halves, dtype: 'int32' }, findDevice('tpu-v1'))).toBe(Number.POSITIVE_INFINITY);
    expect(kernelSeconds(product(8, 8, 8), findDevice('tpu-v1'))).toBe(Number.POSITIVE_INFINITY);
    expect(kernelSeconds(work({ dtype: 'bfloat16' }), findDevice('v100'))).toBe(Number.POSITIVE_INFINITY);
  });

  test('products and convolutions without extents: a share of the peak, or memory', () => {
    const device = roundDevice({ productShare: 0.8, productMemoryShare: 0.25, attentionShare: 0.5 });
    // 1e9 / 0.8e12 = 1250 µs; 8e6 bytes / 25e9 = 320 µs.
    expect(kernelSeconds(work({ flops: 1e9 }), device)).toBeCloseTo(LAUNCH + 1250e-6, 12);
    expect(kernelSeconds(work({ flops: 1e6, bytesRead: 8e6 }), device)).toBeCloseTo(LAUNCH + 320e-6, 12);
    expect(kernelSeconds(work({ class: 'attention', flops: 1e9 }), device)).toBeCloseTo(LAUNCH + 2500e-6, 12);
  });
});

describe('what holds on every device', () => {
  test.each([...deviceIds])('on %s, more work never takes less time', (id) => {
    const device = findDevice(id);
    const type = device.peak.float32 === undefined ? (device.peak.int8 ? 'int8' : 'float16') : 'float32';
    const extent = fc.integer({ min: 1, max: 3000 });
    fc.assert(
      fc.property(extent, extent, extent, extent, (m, n, k, more) => {
        const small = kernelSeconds(product(m, n, k, type), device);
        expect(small).toBeGreaterThan(0);
        expect(Number.isFinite(small)).toBe(true);
        for (const grown of [
          product(m + more, n, k, type),
          product(m, n + more, k, type),
          product(m, n, k + more, type),
        ])
          expect(kernelSeconds(grown, device)).toBeGreaterThanOrEqual(small * (1 - 1e-12));
      }),
      { numRuns: 20 },
    );
  });

  test.each([...deviceIds])('on %s, nothing is faster than its peak allows', (id) => {
    const device = findDevice(id);
    const type = device.peak.float32 === undefined ? (device.peak.int8 ? 'int8' : 'float16') : 'float32';
    const peak = device.peak[arithmeticType('matmul', type, device)]!.value;
    const extent = fc.integer({ min: 1, max: 5000 });
    fc.assert(
      fc.property(extent, extent, extent, (m, n, k) => {
        const cost = product(m, n, k, type);
        // A peak is written with 3 or 4 digits, the arrays' rate follows from their clock.
        expect(cost.flops / kernelSeconds(cost, device)).toBeLessThan(peak * 1.003);
      }),
      { numRuns: 50 },
    );
  });

  // Measured milliseconds of m × n × k products, Baidu DeepBench results/train (commit da81ba78), three of the 160
  // that the parameters were fitted to: bound by memory, by launch and memory, by arithmetic.
  const measured: readonly (readonly [string, Work['dtype'], number, number, number])[] = [
    ['m40', 'float32', 0.221, 0.353, 53.197],
    ['p100-pcie', 'float32', 0.083, 0.148, 27.492],
    ['v100', 'float32', 0.042, 0.106, 18.587],
    ['v100', 'float16', 0.023, 0.031, 2.478],
  ];
  test.each(measured)('%s in %s comes near measured products', (id, dtype, skinny, thin, large) => {
    const device = findDevice(id);
    const bytes = dtype === 'float16' ? 2 : 4;
    const ratio = (cost: Work, milliseconds: number): number =>
      (kernelSeconds(cost, device) * 1e3) / milliseconds;
    // The P100's library has a slow kernel for 16 columns: 32 take less.
    const least = id === 'p100-pcie' ? 1 / 1.8 : 1 / 1.3;
    for (const each of [
      ratio(product(2048, 16, 2048, dtype, bytes), skinny),
      ratio(product(2048, 128, 2048, dtype, bytes), thin),
    ]) {
      expect(each).toBeGreaterThan(least);
      expect(each).toBeLessThan(1.3);
    }
    const big = ratio(product(5124, 9124, 2560, dtype, bytes), large);
    expect(big).toBeGreaterThan(0.93);
    expect(big).toBeLessThan(1.07);
  });
});
