import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_WORK, type Work } from '../../base/work.ts';
import { deviceIds, findDevice } from '../../devices/catalog/index.ts';
import { arithmeticType, efficiencyOf, rooflineSeconds } from '../../devices/cost-model.ts';
import type { DeviceModel, Efficiency, Quantity } from '../../devices/device.ts';

const quantity = (value: number): Quantity => ({ value, evidence: 'assumed', source: 'test' });
const shares = (compute: number, memory: number, rampFlops = 0): Efficiency => ({
  compute: quantity(compute),
  memory: quantity(memory),
  rampFlops: quantity(rampFlops),
});

/** Round numbers: 1 TFLOP/s, 100 GB/s, 10 µs per launch. */
const ROUND: DeviceModel = {
  id: 'round',
  name: 'Round',
  kind: 'GPU',
  year: 2020,
  peak: { float32: quantity(1e12), float16: quantity(4e12) },
  memoryBytes: quantity(1e9),
  memoryBytesPerSecond: quantity(100e9),
  launchSeconds: quantity(10e-6),
  efficiency: {
    matmul: shares(0.5, 0.8, 5e6),
    conv3x3: shares(1.25, 0.8),
    conv: shares(0.4, 0.8),
    vector: shares(0.5, 0.5),
    data: shares(1, 0.5),
  },
  efficiencyByType: { float16: { matmul: shares(0.25, 0.8) } },
};

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

describe('rooflineSeconds', () => {
  test('no kernel, no time', () => {
    expect(rooflineSeconds(NO_WORK, ROUND)).toBe(0);
    expect(rooflineSeconds({ ...NO_WORK, dtype: 'int64' }, ROUND)).toBe(0);
  });

  test('bound by arithmetic', () => {
    // 10 µs + (1e9 + 5e6) / (0.5 · 1e12) = 10 µs + 2010 µs
    expect(rooflineSeconds(work({ flops: 1e9 }), ROUND)).toBeCloseTo(2020e-6, 12);
    // Winograd: 10 µs + 1e9 / (1.25 · 1e12) = 10 µs + 800 µs
    expect(rooflineSeconds(work({ class: 'conv3x3', flops: 1e9 }), ROUND)).toBeCloseTo(810e-6, 12);
  });

  test('bound by memory', () => {
    // 10 µs + (6e6 + 2e6) / (0.5 · 100e9) = 10 µs + 160 µs
    const copy = work({ class: 'data', bytesRead: 6e6, bytesWritten: 2e6 });
    expect(rooflineSeconds(copy, ROUND)).toBeCloseTo(170e-6, 12);
  });

  test('a small op costs its launch and its ramp', () => {
    // 10 µs + 5e6 / (0.5 · 1e12) = 10 µs + 10 µs
    expect(rooflineSeconds(work({}), ROUND)).toBeCloseTo(20e-6, 12);
  });

  test('a type without kernels takes forever', () => {
    expect(rooflineSeconds(work({ dtype: 'int8' }), ROUND)).toBe(Number.POSITIVE_INFINITY);
    expect(rooflineSeconds(work({ class: 'vector', dtype: 'float64' }), ROUND)).toBe(
      Number.POSITIVE_INFINITY,
    );
    expect(rooflineSeconds(product(8, 8, 8), findDevice('tpu-v1'))).toBe(Number.POSITIVE_INFINITY);
    expect(rooflineSeconds(work({ dtype: 'bfloat16' }), findDevice('v100'))).toBe(Number.POSITIVE_INFINITY);
  });

  test('shares of a type replace those of the class', () => {
    // 10 µs + 1e9 / (0.25 · 4e12) = 10 µs + 1000 µs; no ramp in that row.
    expect(rooflineSeconds(work({ dtype: 'float16', flops: 1e9 }), ROUND)).toBeCloseTo(1010e-6, 12);
    expect(efficiencyOf(ROUND, 'conv', 'float16')).toBe(ROUND.efficiency.conv);
  });

  test('float32 products run in the type that libraries choose', () => {
    const a100 = findDevice('a100');
    expect(arithmeticType('matmul', 'float32', a100)).toBe('tf32');
    expect(arithmeticType('vector', 'float32', a100)).toBe('float32');
    expect(arithmeticType('matmul', 'float16', a100)).toBe('float16');
    expect(arithmeticType('conv', 'float32', findDevice('tpu-v3'))).toBe('bfloat16');
    expect(arithmeticType('conv', 'float32', findDevice('v100'))).toBe('float32');
    // 4 µs + (137.4e9 + 374e6) / (0.869 · 156e12) = 4 µs + 1016.6 µs for a product of 4096³.
    expect(rooflineSeconds(product(4096, 4096, 4096), a100)).toBeCloseTo(1020.6e-6, 7);
  });

  // Measured milliseconds of m × n × k products, Baidu DeepBench results/train (commit da81ba78), three of the 160
  // that the shares were fitted to: bound by memory, by launch and memory, by arithmetic.
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
      (rooflineSeconds(cost, device) * 1e3) / milliseconds;
    for (const each of [
      ratio(product(2048, 16, 2048, dtype, bytes), skinny),
      ratio(product(2048, 128, 2048, dtype, bytes), thin),
    ]) {
      expect(each).toBeGreaterThan(1 / 1.3);
      expect(each).toBeLessThan(1.3);
    }
    const big = ratio(product(5124, 9124, 2560, dtype, bytes), large);
    expect(big).toBeGreaterThan(0.95);
    expect(big).toBeLessThan(1.05);
  });

  test.each([...deviceIds])('on %s, more work never takes less time', (id) => {
    const device = findDevice(id);
    const type = device.peak.float32 === undefined ? 'int8' : 'float32';
    const extent = fc.integer({ min: 1, max: 3000 });
    fc.assert(
      fc.property(extent, extent, extent, extent, (m, n, k, more) => {
        const small = rooflineSeconds(product(m, n, k, type), device);
        expect(small).toBeGreaterThan(device.launchSeconds.value);
        expect(Number.isFinite(small)).toBe(true);
        for (const grown of [
          product(m + more, n, k, type),
          product(m, n + more, k, type),
          product(m, n, k + more, type),
        ])
          expect(rooflineSeconds(grown, device)).toBeGreaterThanOrEqual(small * (1 - 1e-12));
      }),
      { numRuns: 50 },
    );
  });

  test.each([...deviceIds])('on %s, nothing is faster than its peak allows', (id) => {
    const device = findDevice(id);
    const type = device.peak.float32 === undefined ? 'int8' : 'float32';
    const peak = device.peak[arithmeticType('matmul', type, device)]!.value;
    const extent = fc.integer({ min: 1, max: 5000 });
    fc.assert(
      fc.property(extent, extent, extent, (m, n, k) => {
        const cost = product(m, n, k, type);
        // A peak is written with 3 or 4 digits, the arrays' rate follows from their clock.
        expect(cost.flops / rooflineSeconds(cost, device)).toBeLessThan(peak * 1.003);
      }),
    );
  });
});

test('element-wise ops on half precision need no half-precision arithmetic, products do', () => {
  // No bfloat16 on this device: 1e6 elements at 1 TFLOP/s in float32, and the bytes of the narrow type.
  const halves = work({ class: 'vector', dtype: 'bfloat16', flops: 1e6, bytesRead: 4e6, bytesWritten: 2e6 });
  expect(rooflineSeconds(halves, ROUND)).toBe(rooflineSeconds({ ...halves, dtype: 'float32' }, ROUND));
  expect(arithmeticType('vector', 'float16', ROUND)).toBe('float16');
  expect(rooflineSeconds({ ...halves, class: 'matmul' }, ROUND)).toBe(Number.POSITIVE_INFINITY);
  // Integers go through the same lanes; a device that computes 8-bit integers alone has none.
  expect(rooflineSeconds({ ...halves, dtype: 'int32' }, ROUND)).toBe(rooflineSeconds(halves, ROUND));
  expect(rooflineSeconds({ ...halves, dtype: 'int32' }, findDevice('tpu-v1'))).toBe(Number.POSITIVE_INFINITY);
  expect(arithmeticType('matmul', 'uint8', ROUND)).toBe('int8');
});
