import { describe, expect, test } from 'vitest';
import type { Work } from '../../../base/work.ts';
import { kernelSeconds } from '../../../devices/kernels/index.ts';
import type { KernelParameters } from '../../../devices/kernels/parameters.ts';
import { conv, convFilterGrad, convInputGrad } from '../../../graph/ops/convolution.ts';
import type { TensorSpec } from '../../../graph/tensor-spec.ts';
import { roundDevice } from '../round-device.ts';

const LAUNCH = 10e-6;
type Dtype = TensorSpec['dtype'];

/** 10 · 128 positions of a 3×3 filter over 16 × 8 pixels, 128 channels in and out. */
function works(strides: [number, number] = [1, 1], channels = 128, dtype: Dtype = 'float32') {
  const spec = (...shape: number[]): TensorSpec => ({ dtype, shape });
  const attrs = { strides, pads: [1, 1, 1, 1] };
  const x = spec(10, channels, 16 * strides[0], 8 * strides[1]);
  const w = spec(128, channels, 3, 3);
  const y = spec(10, 128, 16, 8);
  return {
    forward: conv.cost([x, w], [y], attrs),
    inputGradient: convInputGrad.cost([y, w], [x], { ...attrs, shape: x.shape }),
    filterGradient: convFilterGrad.cost([y, x], [w], { ...attrs, shape: w.shape }),
  };
}

const seconds = (work: Work, parameters: Partial<KernelParameters> = {}): number =>
  kernelSeconds(work, roundDevice(parameters)) - LAUNCH;

describe('convolutions by algorithm', () => {
  const FLOPS = 2 * 1280 * 128 * 128 * 9;

  test('an implicit product: its flops at the share of its pass', () => {
    const { forward, inputGradient, filterGradient } = works();
    // 10 tiles of 128 × 128, one each; 1/1e12 s per flop.
    expect(seconds(forward, { forwardShare: 0.5 })).toBeCloseTo(FLOPS / 0.5e12, 12);
    expect(seconds(inputGradient, { inputGradientShare: 0.25 })).toBeCloseTo(FLOPS / 0.25e12, 12);
    // 9 tiles of 128 × 128, or 18 halves of them on 10 multiprocessors, and their sums are cut.
    const filters = seconds(filterGradient, { filterGradientShare: 0.5 });
    expect(filters).toBeGreaterThan(FLOPS / 0.5e12);
    expect(filters).toBeLessThan(1.15 * (FLOPS / 0.5e12));
  });

  test('gradients of images with strides: as many flops, slower by their own share', () => {
    const { inputGradient } = works([2, 2]);
    // 9 taps over 4 phases are 3 per pixel at most: 3,840 rows of 3 · 128 products each, 30 tiles on 10 multiprocessors.
    expect(seconds(inputGradient, { stridedGradientShare: 0.5 })).toBeCloseTo(FLOPS / 0.5e12, 12);
    expect(seconds(works().inputGradient, { stridedGradientShare: 0.5 })).toBeCloseTo(FLOPS / 1e12, 12);
  });

  test('Winograd in one kernel: 16 multiplications instead of 36', () => {
    const { forward, filterGradient } = works();
    // 10 · 8 · 4 tiles of 2 × 2: 16 products of [320 × 128] · [128 × 128], 3 tiles of 128 rows each: 48 on 10, 5 rounds.
    const round = (2 * 128 * 128 * 128) / 100e9;
    const fused = seconds(forward, { fusedWinogradShare: 1 });
    expect(fused).toBeCloseTo(5 * round, 12);
    expect(fused).toBeLessThan(FLOPS / 1e12 / 1.7);
    // Where its share is low, the implicit product is chosen; filters' gradients have no such kernel.
    expect(seconds(forward, { fusedWinogradShare: 0.1 })).toBeCloseTo(FLOPS / 1e12, 12);
    expect(seconds(filterGradient, { fusedWinogradShare: 1 })).toBe(seconds(filterGradient));
  });

  test('Winograd through memory: 36 instead of 144, and transformed tiles written and read', () => {
    const { forward } = works();
    // 10 · 4 · 2 tiles of 4 × 4: 36 products of [80 × 128] · [128 × 128], one tile each: 4 rounds on 10.
    const round = (2 * 128 * 128 * 128) / 100e9;
    const bytes = 36 * 4 * (80 * 128 + 128 * 128 + 80 * 128);
    const staged = seconds(forward, { winogradShare: 1 });
    expect(staged).toBeCloseTo(4 * round + bytes / 50e9 + 3 * LAUNCH, 12);
    // Strides rule it out.
    const strided = works([2, 2]).forward;
    expect(seconds(strided, { winogradShare: 1, fusedWinogradShare: 1 })).toBe(seconds(strided));
  });

  test('matrix units take channels by eights, else vector lanes compute', () => {
    const aligned = works([1, 1], 128, 'float16').forward;
    const odd = works([1, 1], 127, 'float16').forward;
    const parameters = { alignedChannels: 8 };
    // 4 TFLOP/s in float16, 1 in float32.
    expect(seconds(aligned, parameters)).toBeCloseTo(FLOPS / 4e12, 12);
    expect(seconds(odd, parameters)).toBeCloseTo((FLOPS * 127) / 128 / 1e12, 12);
    expect(seconds(odd)).toBeCloseTo((FLOPS * 127) / 128 / 4e12, 12);
  });

  test('memory brings images and filters at the rate of streams', () => {
    // A 1 × 1 filter over few channels: 8 · 64 · 56 · 56 elements in and out.
    const spec = (...shape: number[]): TensorSpec => ({ dtype: 'float32', shape });
    const x = spec(8, 8, 56, 56);
    const work = conv.cost([x, spec(8, 8, 1, 1)], [x], {});
    const bytes = 4 * (2 * 8 * 8 * 56 * 56 + 64);
    expect(seconds(work)).toBeCloseTo(bytes / 50e9, 12);
  });
});
