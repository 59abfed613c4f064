import type { MOVEMENT } from '../../graph/ops/movement.ts';
import { spec } from '../../graph/tensor-spec.ts';
import { type CostCase, data, f, vector } from './cost-case.ts';

const i = (...shape: number[]) => spec('int64', ...shape);
const bilinear = { mode: 'linear', shape: [2, 8, 10] } as const;
const regions = [f(7, 4), i(7)];
const bins = { output_height: 2, output_width: 2, sampling_ratio: 3 };
const windows = { image_shape: [4, 4], block_shape: [2, 2], strides: [2, 2] };

export const MOVEMENT_COSTS: { readonly [K in keyof typeof MOVEMENT]: readonly CostCase[] } = {
  // 20 elements, all read and written
  Split: [{ inputs: [f(4, 5)], attrs: { split: [1, 3] }, expected: data(80, 80) }],
  // 20 elements read, 120 written
  Tile: [{ inputs: [f(4, 5)], attrs: { repeats: [2, 3] }, expected: data(80, 480) }],
  // half of 20 elements read, all written
  Trilu: [{ inputs: [f(4, 5)], expected: data(40, 80) }],
  // 20 elements and 5 lengths of 8 bytes
  ReverseSequence: [{ inputs: [f(4, 5), i(5)], expected: data(120, 80) }],
  // 3 rows of 5, not the table of 1000, and 3 indices of 8 bytes
  Gather: [{ inputs: [f(1000, 5), i(3)], expected: data(60 + 24, 60) }],
  // 15 additions: dy and the sums read, indices of 24 bytes; zeros of 5000 elements and the sums written
  GatherGrad: [
    { inputs: [f(3, 5), i(3)], attrs: { shape: [1000, 5] }, expected: vector(15, 60 + 24 + 60, 20_060) },
  ],
  // 6 ids of 8 bytes; a third and two thirds of as many
  IdsOfParts: [{ inputs: [i(6)], attrs: { starts: [0, 2, 6] }, expected: vector(6, 48, 48) }],
  // 6 rows of 5, a third and two thirds of them from each part
  JoinRows: [
    {
      inputs: [i(6), { ...f(6, 5), filled: 1 / 3 }, { ...f(6, 5), filled: 2 / 3 }],
      attrs: { starts: [0, 2, 6] },
      expected: data(48 + 120, 120),
    },
  ],
  RowsOfParts: [{ inputs: [i(6), f(6, 5)], attrs: { starts: [0, 2, 6] }, expected: data(48 + 120, 120) }],
  // 6 elements and their indices
  GatherElements: [{ inputs: [f(1000, 3), i(2, 3)], expected: data(24 + 48, 24) }],
  // 2 slices of 5 by 2 indices of 8 bytes
  GatherND: [{ inputs: [f(1000, 5), i(2, 1)], expected: data(40 + 16, 40) }],
  ScatterElements: [
    // 20 elements copied; 6 updates read and written, 6 indices
    { inputs: [f(4, 5), i(2, 3), f(2, 3)], expected: data(80 + 48 + 24, 80 + 24) },
    // and what they meet is read, for 6 additions
    {
      inputs: [f(4, 5), i(2, 3), f(2, 3)],
      attrs: { reduction: 'add' },
      expected: vector(6, 80 + 48 + 24 + 24, 80 + 24),
    },
  ],
  // 20 elements copied; 2 slices of 5 read and written, 2 indices
  ScatterND: [{ inputs: [f(4, 5), i(2, 1), f(2, 5)], expected: data(80 + 16 + 40, 80 + 40) }],
  // a cache of 24 copied; 6 elements read and written, 2 positions
  TensorScatter: [{ inputs: [f(2, 4, 3), f(2, 1, 3), i(2)], expected: data(96 + 24 + 16, 96 + 24) }],
  // 6 of 24 elements and 2 positions
  TensorScatterGrad: [{ inputs: [f(2, 4, 3), i(2)], attrs: { extent: 1 }, expected: data(24 + 16, 24) }],
  // 20 elements and the value read, 6 · 7 written
  Pad: [{ inputs: [f(4, 5), f()], attrs: { pads: [1, 1, 1, 1] }, expected: data(84, 168) }],
  // 42 additions
  PadGrad: [
    {
      inputs: [f(6, 7)],
      attrs: { pads: [1, 1, 1, 1], mode: 'edge', shape: [4, 5] },
      expected: vector(42, 168, 80),
    },
  ],
  Resize: [
    // 2·4·5 elements; rows first: 2·8·5 results of 2 multiply-adds, then 2·8·10 of 2
    { inputs: [f(2, 4, 5)], attrs: bilinear, expected: vector(4 * 80 + 4 * 160, 160, 640) },
    { inputs: [f(2, 4, 5)], attrs: { shape: [2, 8, 10] }, expected: data(160, 640) },
  ],
  ResizeGrad: [
    {
      inputs: [f(2, 8, 10)],
      attrs: { ...bilinear, inputShape: [2, 4, 5] },
      expected: vector(4 * 80 + 4 * 160, 640, 160),
    },
    // an addition for each of 160
    {
      inputs: [f(2, 8, 10)],
      attrs: { shape: [2, 8, 10], inputShape: [2, 4, 5] },
      expected: vector(160, 640, 160),
    },
  ],
  // 6 indices of 8 bytes and the two values; 60 results
  OneHot: [{ inputs: [i(6), f(2)], attrs: { depth: 10 }, expected: data(56, 240) }],
  // 20 comparisons; 2 coordinates of 8 bytes for each of 3
  NonZero: [{ inputs: [f(4, 5)], attrs: { count: 3 }, expected: vector(20, 80, 48) }],
  // 16 · log₂ 16 comparisons; 3 values, 2 · 3 numbers and 16 places of 8 bytes
  Unique: [{ inputs: [f(4, 4)], attrs: { count: 3 }, expected: vector(64, 64, 12 + 48 + 128) }],
  // 2 classes of 6 boxes, each against at most 3, 13 flops; scores once, boxes of 96 bytes for each class
  NonMaxSuppression: [
    {
      inputs: [f(1, 6, 4), f(1, 2, 6)],
      attrs: { max_output_boxes_per_class: 3, count: 5 },
      expected: vector(13 * 36, 48 + 192, 120),
    },
  ],
  // 3 channels of 2·2 points, 4 taps of 2 flops
  GridSample: [{ inputs: [f(1, 3, 5, 5), f(1, 2, 2, 2)], expected: vector(96, 300 + 32, 48) }],
  // and as much for each of the two axes
  GridSampleGrad: [
    { inputs: [f(1, 3, 2, 2), f(1, 3, 5, 5), f(1, 2, 2, 2)], expected: vector(288, 48 + 300 + 32, 300 + 32) },
  ],
  // 7·3·2·2 = 84 results of 9 samples of 4 multiply-adds; images 300, regions 28 elements, 7 numbers of 8 bytes
  RoiAlign: [
    { inputs: [f(4, 3, 5, 5), ...regions], attrs: bins, expected: vector(84 * 72, 1200 + 112 + 56, 336) },
  ],
  RoiAlignGrad: [
    {
      inputs: [f(7, 3, 2, 2), f(4, 3, 5, 5), ...regions],
      attrs: bins,
      expected: vector(84 * 72, 336 + 1200 + 112 + 56, 1200),
    },
  ],
  // 3 channels of 4 positions of 4 elements, each added
  Col2Im: [{ inputs: [f(1, 12, 4)], attrs: windows, expected: vector(48, 192, 192) }],
  Im2Col: [{ inputs: [f(1, 3, 4, 4)], attrs: windows, expected: data(192, 192) }],
};
