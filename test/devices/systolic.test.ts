import { describe, expect, test } from 'vitest';
import type { Work } from '../../base/work.ts';
import { findDevice } from '../../devices/catalog/index.ts';
import { kernelSeconds } from '../../devices/kernels/index.ts';
import { arrayCycles, tileCount } from '../../devices/systolic.ts';
import { graphWork } from '../../graph/cost.ts';
import { INFERENCE_MODELS } from '../../graph/zoo/index.ts';
import { inferenceGraph } from '../../scenarios/inference-step.ts';

const v1 = findDevice('tpu-v1');
const v3 = findDevice('tpu-v3');
const TILE = 256 * 256;
const launch = v1.launchSeconds.value;

const product = (m: number, n: number, k: number, dtype: Work['dtype'], bytes: number): Work => ({
  class: 'matmul',
  dtype,
  flops: 2 * m * n * k,
  bytesRead: (m * k + k * n) * bytes,
  bytesWritten: m * n * bytes,
  gemm: { m, n, k },
});
const int8 = (m: number, n: number, k: number): Work => product(m, n, k, 'int8', 1);

/** A convolution of a square image that keeps its size, stride 1. */
function convolution(batch: number, size: number, channels: number, filters: number, kernel: number): Work {
  const [m, k] = [batch * size * size, channels * kernel * kernel];
  return {
    ...int8(m, filters, k),
    class: 'conv',
    bytesRead: m * channels + k * filters,
    convolution: {
      pass: 'forward',
      batch,
      channels,
      filters,
      images: [size, size],
      positions: [size, size],
      kernel: [kernel, kernel],
      strides: [1, 1],
      isPlain: true,
    },
  };
}

describe('a TPU v1, as published', () => {
  test('peak, tile load and ridge', () => {
    // 65,536 multiply-adds × 700 MHz × 2 = 91.75 TOP/s, "92" in the paper.
    expect(v1.peak.int8!.value / (65_536 * 700e6 * 2)).toBeCloseTo(1, 4);
    // One tile of 64 KiB at 34 GB/s: 65,536 / 34e9 = 1.93 µs. With one row of activations, loading is all.
    expect(kernelSeconds(int8(1, 256, 256), v1) - launch).toBeCloseTo(65_536 / 34e9, 12);
    expect(65_536 / 34e9).toBeCloseTo(1.93e-6, 8);
    // The ridge: as many rows as take the time of a tile load, 1.93 µs × 700 MHz = 1,349 multiply-adds per byte.
    const perTile = (m: number): number => (kernelSeconds(int8(m, 256, 256 * 50), v1) - launch) / 50;
    expect(perTile(1300)).toBeCloseTo(TILE / 34e9, 12);
    // Beyond it the array sets the pace: 1,400 cycles of 1/700 µs, plus the first load of 256 cycles shared by 50 tiles.
    expect(perTile(1400)).toBeCloseTo((1400 + 5.12) / 700e6, 12);
  });

  test('a 600 × 600 matrix is 9 tiles and takes 18 µs; of 512 × 512 it is 4, which take 1.8 times as long', () => {
    const array = v1.systolic!;
    expect(tileCount({ m: 96, n: 600, k: 600 }, array)).toBe(9);
    // 9 × 1.93 µs = 17.3 µs
    expect(kernelSeconds(int8(96, 600, 600), v1) - launch).toBeCloseTo((9 * TILE) / 34e9, 12);
    // Section 7: "32 us of time": 4 tiles, each four times as long as before.
    const [rows, columns] = [array.rows, array.columns].map((side) => ({ ...side, value: 512 }));
    const larger = { ...v1, systolic: { ...array, rows: rows!, columns: columns! } };
    expect(kernelSeconds(int8(96, 600, 600), larger) - launch).toBeCloseTo((16 * TILE) / 34e9, 12);
  });

  test('activations stay on the chip while they fit', () => {
    // 20,000 rows of 256 in and out: 10.24 MB stay in the 24 MiB buffer; the array takes 20,256 cycles in 5 pieces.
    expect(kernelSeconds(int8(20_000, 256, 256), v1)).toBeCloseTo(20_256 / 700e6, 12);
    // 100,000 rows do not fit: 51.2 MB, and a tile for each of 25 pieces, at 34 GB/s take longer than 100,256 cycles.
    expect(kernelSeconds(int8(100_000, 256, 256), v1)).toBeCloseTo((51.2e6 + 25 * TILE) / 34e9, 12);
    // Element-wise ops: 4 MB in, 1 MB out: reading at 167 GiB/s takes 22.3 µs; 1e6 ops of 179 G/s take 5.6 µs.
    const pool: Work = { class: 'vector', dtype: 'int8', flops: 1e6, bytesRead: 4e6, bytesWritten: 1e6 };
    expect(kernelSeconds(pool, v1) - launch).toBeCloseTo(4e6 / (167 * 2 ** 30), 9);
  });

  test('a layer waits for the last one, unless a second piece of rows fills the wait', () => {
    // CNN0: 8 boards of 361 positions, 9 tiles. 2,888 rows in two pieces of 1,444, each longer than a tile's load of 1,349.
    expect(kernelSeconds(convolution(8, 19, 256, 256, 3), v1)).toBeCloseTo((9 * 2888 + 256) / 700e6, 12);
    // 4 boards: two pieces would wait for weights, 2 × 1,349 cycles a tile; one takes 1,444, and the wait.
    expect(kernelSeconds(convolution(4, 19, 256, 256, 3), v1)).toBeCloseTo(
      (9 * 1444 + 256) / 700e6 + launch,
      12,
    );
  });

  test('features of one position fill a row: each element of a window is a tile of its own', () => {
    // 96 features: 9 tiles of 96 × 96 in use, where packed they would be ceil(864 / 256) = 4.
    expect(tileCount({ m: 1, n: 96, k: 864 }, v1.systolic!, 9)).toBe(9);
    expect(tileCount({ m: 1, n: 96, k: 864 }, v3.systolic!, 9)).toBe(7);
    expect(kernelSeconds(convolution(32, 28, 96, 96, 3), v1)).toBeCloseTo((9 * 25_088 + 256) / 700e6, 9);
  });

  test('activations are made on the way out of the accumulators', () => {
    const requantized: Work = { class: 'vector', dtype: 'int8', flops: 60, bytesRead: 80, bytesWritten: 20 };
    expect(kernelSeconds({ ...requantized, isEpilogue: true }, v1)).toBe(0);
    expect(kernelSeconds(requantized, v1)).toBeGreaterThanOrEqual(launch);
    expect(kernelSeconds({ ...requantized, isEpilogue: true }, v3)).toBeGreaterThan(0);
  });
});

/** Jouppi et al., table 3: share of cycles in which the array works, and in which it waits for weights or shifts them in. */
const COUNTERS = [
  // 16-bit activations pass the array twice: 131 to 157 active cycles for each 256 of shifting, at batches of 64 and 96.
  { name: 'mlp0', batch: 200, passes: 1, active: 12.7, weights: 69.8 },
  { name: 'mlp1', batch: 168, passes: 1, active: 10.6, weights: 57.6 },
  { name: 'lstm0', batch: 64, passes: 2, active: 8.2, weights: 73.9 },
  { name: 'lstm1', batch: 96, passes: 2, active: 10.5, weights: 79.2 },
  { name: 'cnn0', batch: 8, passes: 1, active: 78.2, weights: 0 },
  { name: 'cnn1', batch: 32, passes: 1, active: 46.2, weights: 35.1 },
];

test.each(COUNTERS)(
  '$name: the array works and waits about as its counters say',
  ({ name, batch, passes, ...measured }) => {
    const array = v1.systolic!;
    let [cycles, active, loaded] = [0, 0, 0];
    const graph = inferenceGraph({ network: INFERENCE_MODELS[name]!, batch, precision: undefined });
    for (const work of graphWork(graph)) {
      cycles += kernelSeconds(work, v1) * 700e6;
      if (work.gemm === undefined) continue;
      const taps = work.convolution?.kernel.reduce((product, extent) => product * extent, 1) ?? 1;
      const tiles = tileCount(work.gemm, array, taps);
      const streamed = tiles * work.gemm.m * passes;
      active += streamed;
      loaded += Math.max(0, (tiles * TILE * 700e6) / 34e9 - streamed);
    }
    // Counters and rates are not perfectly consistent, the paper says: CNN0's 86 TOP/s are 94 % of the peak.
    expect(Math.abs((100 * active) / cycles - measured.active)).toBeLessThan(21);
    expect(Math.abs((100 * loaded) / cycles - measured.weights)).toBeLessThan(25);
  },
);

describe('arrays that share a product', () => {
  test('what does not fill a tile costs a whole one', () => {
    const { systolic } = v3;
    // 128 × 128 arrays: 129 columns are two tiles.
    expect(tileCount({ m: 1, n: 129, k: 128 }, systolic!)).toBe(2);
    // Few rows do not hide the next tile's load of 128 cycles: 8 tiles on 4 arrays, 2 × 128 + 128 cycles.
    expect(arrayCycles({ m: 8, n: 1024, k: 128 }, systolic!)).toBe(384);
    // One tile and many rows: the rows are shared, 4096 / 4 + 128 cycles.
    expect(arrayCycles({ m: 4096, n: 128, k: 128 }, systolic!)).toBe(1152);
    // Five tiles: sharing the tiles takes two rounds (8,192), sharing the rows 5 × 1,024.
    expect(arrayCycles({ m: 4096, n: 640, k: 128 }, systolic!)).toBe(5 * 1024 + 128);
  });

  test('a large bfloat16 product on TPU v3 nears the peak of its arrays', () => {
    const cost = product(8192, 8192, 8192, 'bfloat16', 2);
    // 2·8192³ / (4 arrays · 128² · 2 · 940 MHz) = 8.92 ms; one load of 128 cycles is lost.
    expect(kernelSeconds(cost, v3)).toBeCloseTo((2 * 8192 ** 3) / (4 * 16_384 * 2 * 940e6), 5);
  });

  test('a batch of products takes as long as they do one after another', () => {
    const ofV3 = v3.launchSeconds.value;
    const batch = product(512, 512, 512, 'float32', 4);
    const one = kernelSeconds(batch, v3) - ofV3;
    const eight = {
      ...batch,
      flops: 8 * batch.flops,
      bytesRead: 8 * batch.bytesRead,
      bytesWritten: 8 * batch.bytesWritten,
    };
    expect(kernelSeconds(eight, v3) - ofV3).toBeCloseTo(8 * one, 12);
    // Stated, the count does not depend on what other arithmetic rides along.
    const counted = { ...eight, flops: 9.5 * batch.flops, gemm: { ...batch.gemm!, count: 8 } };
    expect(kernelSeconds(counted, v3)).toBe(kernelSeconds(eight, v3));
  });

  test('8-bit products take half as long where the peak says so', () => {
    const v5e = findDevice('tpu-v5e');
    const of = (dtype: Work['dtype'], bytes: number): number =>
      kernelSeconds(product(8192, 8192, 8192, dtype, bytes), v5e) - v5e.launchSeconds.value;
    expect(of('int8', 1)).toBeCloseTo(of('bfloat16', 2) / 2, 12);
  });

  test('an empty product costs its launch', () => {
    expect(kernelSeconds(product(0, 512, 512, 'float32', 4), v3)).toBe(v3.launchSeconds.value);
  });
});
