import { expect, test } from 'vitest';
import { NO_WORK, type Work } from '../../base/work.ts';
import { findDevice } from '../../devices/catalog/index.ts';
import { arithmeticType, plainRooflineSeconds } from '../../devices/cost-model.ts';
import { roundDevice } from './round-device.ts';

/** 1 TFLOP/s in float32, 4 TFLOP/s in float16, 100 GB/s, 10 µs per launch. */
const ROUND = roundDevice();

const work = (fields: Partial<Work>): Work => ({
  class: 'matmul',
  dtype: 'float32',
  flops: 0,
  bytesRead: 0,
  bytesWritten: 0,
  ...fields,
});

test('the plain roofline knows the datasheet alone: no launch, no shares', () => {
  expect(plainRooflineSeconds(NO_WORK, ROUND)).toBe(0);
  // 1e9 flops at 1e12 per second; (6e6 + 2e6) bytes at 100e9 per second.
  expect(plainRooflineSeconds(work({ flops: 1e9 }), ROUND)).toBeCloseTo(1e-3, 15);
  expect(plainRooflineSeconds(work({ flops: 1e6, bytesRead: 6e6, bytesWritten: 2e6 }), ROUND)).toBeCloseTo(
    80e-6,
    15,
  );
  expect(plainRooflineSeconds(work({ dtype: 'float64', flops: 1 }), ROUND)).toBe(Number.POSITIVE_INFINITY);
});

test('float32 products run in the type that libraries choose', () => {
  const a100 = findDevice('a100');
  expect(arithmeticType('matmul', 'float32', a100)).toBe('tf32');
  expect(arithmeticType('vector', 'float32', a100)).toBe('float32');
  expect(arithmeticType('matmul', 'float16', a100)).toBe('float16');
  expect(arithmeticType('conv', 'float32', findDevice('tpu-v3'))).toBe('bfloat16');
  expect(arithmeticType('conv', 'float32', findDevice('v100'))).toBe('float32');
  expect(arithmeticType('matmul', 'uint8', ROUND)).toBe('int8');
  expect(arithmeticType('vector', 'float16', ROUND)).toBe('float16');
});
