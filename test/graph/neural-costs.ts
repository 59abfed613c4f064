import { spec } from '../../graph/tensor-spec.ts';
import { type CostCase, f, vector } from './cost-case.ts';

/** Of ops that have others in ops-cost.test.ts. */
export const MORE_MATMUL_COSTS: readonly CostCase[] = [
  // 6 products of 2·3·4 multiply-adds; 6·2·4 + 6·4·3 elements read, 6·2·3 written
  {
    inputs: [f(6, 2, 4), f(6, 4, 3)],
    expected: {
      class: 'matmul',
      flops: 6 * 48,
      bytesRead: 4 * 120,
      bytesWritten: 4 * 36,
      gemm: { m: 2, n: 3, k: 4, count: 6 },
    },
  },
  // One right matrix: the 12 rows are those of one product.
  {
    inputs: [f(6, 2, 4), f(4, 3)],
    expected: {
      class: 'matmul',
      flops: 6 * 48,
      bytesRead: 4 * 60,
      bytesWritten: 4 * 36,
      gemm: { m: 12, n: 3, k: 4 },
    },
  },
];

export const MORE_CONV_COSTS: readonly CostCase[] = [
  // Depthwise: 8 groups of 2·6·6 = 72 positions, 9 elements per patch, one filter; the bias adds 8·72.
  {
    inputs: [f(2, 8, 6, 6), f(8, 1, 3, 3), f(8)],
    attrs: { group: 8, pads: [1, 1, 1, 1] },
    expected: {
      class: 'conv',
      flops: 8 * 2 * 72 * 9 + 576,
      bytesRead: 4 * (576 + 72 + 8),
      bytesWritten: 4 * 576,
      gemm: { m: 72, n: 1, k: 9, count: 8 },
    },
  },
];

/** Windows of 2×2 with stride 2 over 2·3 planes of 6×6: 54 results from 216 elements. */
const images = f(2, 3, 6, 6);
const halving = { kernel_shape: [2, 2], strides: [2, 2] };
const results = f(2, 3, 3, 3);

export const NEURAL_COSTS = {
  // 18 positions by 2 channels spread filters of 3·2·2 = 12 elements; 2·3·6·6 = 216 results with a bias each
  ConvTranspose: [
    {
      inputs: [f(2, 2, 3, 3), f(2, 3, 2, 2), f(3)],
      attrs: { strides: [2, 2] },
      expected: {
        class: 'conv',
        flops: 2 * 18 * 2 * 12 + 216,
        bytesRead: 4 * (36 + 24 + 3),
        bytesWritten: 4 * 216,
        gemm: { m: 18, n: 12, k: 2 },
      },
    },
  ],
  // 2·3 positions, at each 4 images by 5 filters of 3·2·2 = 12 elements; 4·3·3·4 = 144, 6·5·12 = 360 and 4·5·6 = 120 elements
  LocallyConnected: [
    {
      inputs: [f(4, 3, 3, 4), f(2, 3, 5, 3, 2, 2)],
      expected: {
        class: 'conv',
        flops: 6 * 2 * 4 * 5 * 12,
        bytesRead: 4 * (144 + 360),
        bytesWritten: 4 * 120,
        gemm: { m: 4, n: 5, k: 12, count: 6 },
      },
    },
  ],
  LocallyConnectedInputGrad: [
    {
      inputs: [f(4, 5, 2, 3), f(2, 3, 5, 3, 2, 2)],
      expected: {
        class: 'conv',
        flops: 6 * 2 * 4 * 5 * 12,
        bytesRead: 4 * (120 + 360),
        bytesWritten: 4 * 144,
        gemm: { m: 4, n: 12, k: 5, count: 6 },
      },
    },
  ],
  LocallyConnectedFilterGrad: [
    {
      inputs: [f(4, 5, 2, 3), f(4, 3, 3, 4)],
      expected: {
        class: 'conv',
        flops: 6 * 2 * 4 * 5 * 12,
        bytesRead: 4 * (120 + 144),
        bytesWritten: 4 * 360,
        gemm: { m: 5, n: 12, k: 4, count: 6 },
      },
    },
  ],
  // 54 results of 4 comparisons, 8 bytes each
  MaxPoolIndices: [{ inputs: [images], attrs: halving, expected: vector(216, 4 * 216, 8 * 54) }],
  // 54 results of 4 absolute values, powers and additions, and a root
  LpPool: [{ inputs: [images], attrs: halving, expected: vector(54 * 13, 4 * 216, 4 * 54) }],
  // 54 gradients, for each of 4 elements: absolute value, division, power, multiplication, addition
  LpPoolGrad: [
    {
      inputs: [results, images, results],
      attrs: halving,
      expected: vector(54 * 20, 4 * (54 + 216 + 54), 4 * 216),
    },
  ],
  // two matrices of 2/3 · 27 = 18 flops; by cofactors 2 · 27
  Det: [{ inputs: [f(2, 3, 3)], expected: vector(36, 72, 8) }],
  DetGrad: [{ inputs: [f(2), f(2, 3, 3)], expected: vector(108, 80, 72) }],
  // 3·3 positions of 3·4 elements for 2 filters; each of 9·12 elements sampled from 4 neighbours: 8 flops
  DeformConv: [
    {
      inputs: [f(1, 3, 4, 4), f(2, 3, 2, 2), f(1, 8, 3, 3)],
      expected: {
        class: 'conv',
        flops: 2 * 9 * 12 * 2 + 108 * 8,
        bytesRead: 4 * (48 + 24 + 72),
        bytesWritten: 4 * 18,
        gemm: { m: 9, n: 2, k: 12 },
      },
    },
  ],
  // two such products; sample, spreading and a slope for each of two axes: 4 · 8 flops
  DeformConvGrad: [
    {
      inputs: [f(1, 2, 3, 3), f(1, 3, 4, 4), f(2, 3, 2, 2), f(1, 8, 3, 3)],
      expected: {
        class: 'conv',
        flops: 2 * 2 * 9 * 12 * 2 + 108 * 32,
        bytesRead: 4 * (18 + 48 + 24 + 72),
        bytesWritten: 4 * (48 + 24 + 72),
        gemm: { m: 9, n: 12, k: 2, count: 2 },
      },
    },
  ],
} as const satisfies { readonly [op: string]: readonly CostCase[] };

export const NORMALIZATION_COSTS = {
  // 5 flops for each of 20 elements, 4 logarithms
  LogSoftmax: [{ inputs: [f(4, 5)], expected: vector(104, 80, 80) }],
  // 20 elements in 4 rows: 7 flops each, 8 with a bias; 4 means and 4 deviations written
  LayerNormalization: [
    { inputs: [f(4, 5), f(5)], expected: vector(140, 100, 80 + 32) },
    { inputs: [f(4, 5), f(5), f(5)], expected: vector(160, 120, 80 + 32) },
  ],
  // 13 flops each; dY, X, scale and the statistics read; dX, dscale, dbias written
  LayerNormalizationGrad: [
    { inputs: [f(4, 5), f(4, 5), f(5), f(4, 1), f(4, 1)], expected: vector(260, 160 + 20 + 32, 80 + 40) },
  ],
  RMSNormalization: [{ inputs: [f(4, 5), f(5)], expected: vector(80, 100, 80) }],
  RMSNormalizationGrad: [{ inputs: [f(4, 5), f(4, 5), f(5)], expected: vector(220, 180, 100) }],
  // 7 flops for each of 216 elements, X read twice
  GroupNormalization: [
    {
      inputs: [images, f(3), f(3)],
      attrs: { num_groups: 3 },
      expected: vector(7 * 216, 4 * (2 * 216 + 6), 4 * 216),
    },
  ],
  // 20 flops each; X read three times, dY twice
  GroupNormalizationGrad: [
    {
      inputs: [images, images, f(3)],
      attrs: { num_groups: 3 },
      expected: vector(20 * 216, 4 * (5 * 216 + 3), 4 * (216 + 6)),
    },
  ],
  // for each of 216: a square, 5 additions, 4 more
  LRN: [{ inputs: [images], attrs: { size: 5 }, expected: vector(10 * 216, 4 * 216, 4 * 216) }],
  // 2·5 additions, 11 more
  LRNGrad: [{ inputs: [images, images], attrs: { size: 5 }, expected: vector(21 * 216, 8 * 216, 4 * 216) }],
  LpNormalization: [{ inputs: [f(4, 5)], expected: vector(60, 80, 80) }],
  LpNormalizationGrad: [{ inputs: [f(4, 5), f(4, 5)], expected: vector(160, 160, 80) }],
  // 20 draws, comparisons, multiplications; a mask of 20 bytes
  Dropout: [{ inputs: [f(4, 5)], attrs: { ratio: 0.5 }, expected: vector(60, 80, 100) }],
  DropoutGrad: [
    { inputs: [f(4, 5), spec('bool', 4, 5)], attrs: { ratio: 0.5 }, expected: vector(20, 100, 80) },
  ],
} as const satisfies { readonly [op: string]: readonly CostCase[] };

const labels = spec('int64', 4);

/** Of ops that have others in ops-cost.test.ts. */
export const MORE_CROSS_ENTROPY_COSTS: readonly CostCase[] = [
  // 5 flops per score; per label a logarithm, a multiplication and two additions; weights of 5 classes
  { inputs: [f(4, 5), labels, f(5)], expected: vector(116, 80 + 32 + 20, 4 + 80) },
];

export const LOSS_COSTS = {
  // 4 labels of 8 bytes, 4 probabilities; an addition each
  NegativeLogLikelihoodLoss: [
    { inputs: [f(4, 5), labels], expected: vector(4, 16 + 32, 4) },
    { inputs: [f(4, 5), labels, f(5)], expected: vector(12, 16 + 32 + 20, 4) },
  ],
  NegativeLogLikelihoodLossGrad: [
    { inputs: [f(), labels], attrs: { shape: [4, 5] }, expected: vector(4, 4 + 32, 80) },
  ],
} as const satisfies { readonly [op: string]: readonly CostCase[] };

const byte = (...shape: number[]) => spec('uint8', ...shape);

export const QUANTIZE_COSTS = {
  // 5 flops for each of 20; float32 read, bytes written; scale and zero point 5 bytes
  QuantizeLinear: [{ inputs: [f(4, 5), f(), byte()], expected: vector(100, 85, 20) }],
  DequantizeLinear: [{ inputs: [byte(4, 5), f(), byte()], expected: vector(40, 25, 80) }],
  // 3 flops each; dY 80 bytes more
  DequantizeLinearGrad: [{ inputs: [f(4, 5), byte(4, 5), f(), byte()], expected: vector(60, 105, 4) }],
  // 7 flops each, read twice; scale and zero point 5 bytes
  DynamicQuantizeLinear: [{ inputs: [f(4, 5)], expected: vector(140, 160, 25) }],
  // 2·5·3 multiply-adds; bytes in, int32 out
  MatMulInteger: [
    {
      inputs: [byte(2, 3), byte(3, 5)],
      expected: { class: 'matmul', flops: 60, bytesRead: 21, bytesWritten: 40, gemm: { m: 2, n: 5, k: 3 } },
    },
  ],
  // and 5 flops for each of 10 results; three scales and zero points of 5 bytes
  QLinearMatMul: [
    {
      inputs: [byte(2, 3), f(), byte(), byte(3, 5), f(), byte(), f(), byte()],
      expected: { class: 'matmul', flops: 110, bytesRead: 36, bytesWritten: 10, gemm: { m: 2, n: 5, k: 3 } },
    },
  ],
  // 2·4·4 = 32 positions of 27 elements for 8 filters
  ConvInteger: [
    {
      inputs: [byte(2, 3, 6, 6), byte(8, 3, 3, 3)],
      expected: {
        class: 'conv3x3',
        flops: 2 * 32 * 27 * 8,
        bytesRead: 216 + 216,
        bytesWritten: 4 * 256,
        gemm: { m: 32, n: 8, k: 27 },
      },
    },
  ],
  // and 6 flops for each of 256 results: the bias, too
  QLinearConv: [
    {
      inputs: [
        ...[byte(2, 3, 6, 6), f(), byte()],
        ...[byte(8, 3, 3, 3), f(), byte()],
        ...[f(), byte(), spec('int32', 8)],
      ],
      expected: {
        class: 'conv3x3',
        flops: 2 * 32 * 27 * 8 + 6 * 256,
        bytesRead: 216 + 216 + 15 + 32,
        bytesWritten: 256,
        gemm: { m: 32, n: 8, k: 27 },
      },
    },
  ],
} as const satisfies { readonly [op: string]: readonly CostCase[] };
