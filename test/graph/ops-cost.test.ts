import { expect, it, test } from 'vitest';
import type { Op } from '../../graph/op.ts';
import { OPS, type OpName } from '../../graph/ops/index.ts';
import { spec } from '../../graph/tensor-spec.ts';
import { type CostCase, data, f, none, vector } from './cost-case.ts';
import { MOVEMENT_COSTS } from './movement-costs.ts';
import {
  LOSS_COSTS,
  MORE_CONV_COSTS,
  MORE_CROSS_ENTROPY_COSTS,
  MORE_MATMUL_COSTS,
  NEURAL_COSTS,
  NORMALIZATION_COSTS,
  QUANTIZE_COSTS,
} from './neural-costs.ts';
import { POINTWISE_COSTS } from './pointwise-costs.ts';
import { QUANTIZED_RANGE_COSTS } from './quantized-range-costs.ts';
import { REDUCTION_COSTS } from './reduction-costs.ts';
import { REQUANTIZE_COSTS } from './requantize-costs.ts';
import { SEQUENCE_COSTS } from './sequence-costs.ts';

/** [4, 5] with a row of 5: 20 results; reads (20 + 5) · 4 bytes, writes 20 · 4. */
const ofGroup = { group: 'g', ranks: 2, algorithm: 'auto' };
const broadcast: CostCase[] = [{ inputs: [f(4, 5), f(5)], expected: vector(20, 100, 80) }];
/** 20 elements of 4 bytes, one flop each. */
const unary: CostCase[] = [{ inputs: [f(4, 5)], expected: vector(20, 80, 80) }];
const scalarStep = spec('int64');
const token = { dtype: 'int64', shape: [] };
const place = { dtype: 'float32', shape: [4, 5] };

/** Filters 8×3×3×3 over 2 images 3×6×6 padded to the same size: 2·6·6 = 72 positions, 27 elements per patch. */
const images = f(2, 3, 6, 6);
const filters = f(8, 3, 3, 3);
const maps = f(2, 8, 6, 6);
const same = { pads: [1, 1, 1, 1] };
/** 2·72·27·8 flops; images 216, filters 216, maps 576 elements of 4 bytes. */
const convFlops = 31_104;
/** Windows of 2×2 with stride 2 over 2·3 planes of 6×6: 6·9 = 54 results from 216 elements. */
const halving = { kernel_shape: [2, 2], strides: [2, 2] };

const COSTS: { readonly [K in OpName]: readonly CostCase[] } = {
  Placeholder: [{ inputs: [], attrs: place, expected: none }],
  Constant: [{ inputs: [], attrs: { ...place, value: [1] }, expected: none }],
  Variable: [{ inputs: [], attrs: { ...place, trainable: true, initializer: 'zeros' }, expected: none }],
  // 20 elements: copied
  Assign: [{ inputs: [f(4, 5), f(4, 5)], expected: data(80, 80) }],
  // 20 additions; variable and change read, variable written
  AssignAdd: [{ inputs: [f(4, 5), f(4, 5)], expected: vector(20, 160, 80) }],
  // 20 multiplications and 20 subtractions; variable and gradient read, variable written
  ApplyGradientDescent: [
    { inputs: [f(4, 5), f(4, 5)], attrs: { learningRate: 0.1 }, expected: vector(40, 160, 80) },
    // a gradient of 40 bytes
    {
      inputs: [f(4, 5), spec('float16', 4, 5)],
      attrs: { learningRate: 0.1 },
      expected: vector(40, 120, 80),
    },
  ],
  // 20 additions; sum and gradient read, sum written
  // velocity: ·, +; variable: ·, −. Reads variable, velocity, gradient; writes variable and velocity
  ApplyMomentum: [
    {
      inputs: [f(4, 5), f(4, 5), f(4, 5)],
      attrs: { learningRate: 1, momentum: 1 },
      expected: vector(80, 240, 160),
    },
    // and one more ·, +
    {
      inputs: [f(4, 5), f(4, 5), f(4, 5)],
      attrs: { learningRate: 1, momentum: 1, useNesterov: true },
      expected: vector(120, 240, 160),
    },
  ],
  // sum: ·, +; variable: √, ·, /, −; and + with epsilon
  ApplyAdagrad: [
    { inputs: [f(4, 5), f(4, 5), f(4, 5)], attrs: { learningRate: 1 }, expected: vector(120, 240, 160) },
    {
      inputs: [f(4, 5), f(4, 5), f(4, 5)],
      attrs: { learningRate: 1, epsilon: 1e-7 },
      expected: vector(140, 240, 160),
    },
  ],
  // m: −, ·, +; v: ·, −, ·, +; variable: √, +, ·, /, −. Four tensors of 80 bytes read, three written
  ApplyAdam: [
    {
      inputs: [f(4, 5), f(4, 5), f(4, 5), f(), f(), f(4, 5)],
      attrs: { learningRate: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      expected: vector(240, 320, 240),
    },
    // a gradient of 40 bytes instead of 80
    {
      inputs: [f(4, 5), f(4, 5), f(4, 5), f(), f(), spec('bfloat16', 4, 5)],
      attrs: { learningRate: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      expected: vector(240, 280, 240),
    },
  ],
  AccumulatorApply: [
    {
      inputs: [f(4, 5), scalarStep],
      attrs: { accumulator: 'a', required: 2 },
      expected: vector(20, 160, 80),
    },
  ],
  // 20 divisions; sum read, mean written
  AccumulatorTake: [
    { inputs: [], attrs: { accumulator: 'a', required: 2, ...place }, expected: vector(20, 80, 80) },
  ],
  TokenEnqueue: [{ inputs: [scalarStep], attrs: { queue: 'q' }, expected: none }],
  TokenDequeue: [{ inputs: [], attrs: { queue: 'q', ...token }, expected: none }],
  // an element of 80 + 8 bytes, in and out
  QueueEnqueue: [
    { inputs: [f(4, 5), scalarStep], attrs: { queue: 'q', capacity: 1 }, expected: data(88, 88) },
  ],
  QueueDequeue: [
    { inputs: [], attrs: { queue: 'q', components: ['float32[4,5]', 'int64[]'] }, expected: data(88, 88) },
  ],
  QueueClose: [{ inputs: [], attrs: { queue: 'q' }, expected: none }],
  QueueSize: [{ inputs: [], attrs: { queue: 'q' }, expected: none }],
  // the network's matter
  ClockWait: [{ inputs: [], attrs: { clock: 'c' }, expected: none }],
  ClockTick: [{ inputs: [], attrs: { clock: 'c' }, expected: none }],
  AllReduce: [{ inputs: [f(4, 5), f(3)], attrs: { ...ofGroup, reduction: 'mean' }, expected: none }],
  ReduceScatter: [{ inputs: [f(4, 5)], attrs: { ...ofGroup, axis: 0, reduction: 'sum' }, expected: none }],
  AllGather: [{ inputs: [f(4, 5)], attrs: { ...ofGroup, axis: 1 }, expected: none }],
  AllToAll: [{ inputs: [f(4, 5)], attrs: { ...ofGroup, axis: 1, split: 0 }, expected: none }],
  // read by the device, written by the disk; and the other way round
  Save: [{ inputs: [f(4, 5)], attrs: { path: 'p', names: ['a'] }, expected: data(80, 0) }],
  Restore: [
    { inputs: [], attrs: { path: 'p', names: ['a'], specs: ['float32[4,5]'] }, expected: data(0, 80) },
  ],
  Send: [{ inputs: [f(4, 5)], attrs: { key: 'k', ...place }, expected: none }],
  Recv: [{ inputs: [], attrs: { key: 'k', ...place }, expected: none }],
  NoOp: [{ inputs: [], expected: none }],
  // all that it reads and all that it makes, moved once: 20 elements in, 5 of 8 bytes out
  Opaque: [
    {
      inputs: [f(4, 5)],
      attrs: { op: 'theirs:Thing', dtypes: ['int64'], shapes: ['5'] },
      expected: data(80, 40),
    },
  ],

  Add: broadcast,
  Sub: broadcast,
  Mul: broadcast,
  Div: broadcast,
  Neg: unary,
  Exp: unary,
  Log: unary,
  Sqrt: unary,
  Relu: unary,
  // two reads + one write of 80 bytes; one comparison each
  ReluGrad: [{ inputs: [f(4, 5), f(4, 5)], expected: vector(20, 160, 80) }],
  Sigmoid: unary,
  // three flops each: dy · y · (1 − y)
  SigmoidGrad: [{ inputs: [f(4, 5), f(4, 5)], expected: vector(60, 160, 80) }],
  Tanh: unary,
  // three flops each: dy · (1 − y · y)
  TanhGrad: [{ inputs: [f(4, 5), f(4, 5)], expected: vector(60, 160, 80) }],

  MatMul: [
    {
      inputs: [f(2, 3), f(3, 5)],
      // 2·5 results of 3 multiply-adds; (6 + 15) · 4 bytes read, 10 · 4 written
      expected: { class: 'matmul', flops: 60, bytesRead: 84, bytesWritten: 40, gemm: { m: 2, n: 5, k: 3 } },
    },
    ...MORE_MATMUL_COSTS,
  ],
  Gemm: [
    {
      inputs: [f(3, 2), f(5, 3), f(5)],
      attrs: { transA: true, transB: true },
      // as MatMul, with 10 additions and 5 more elements read
      expected: { class: 'matmul', flops: 70, bytesRead: 104, bytesWritten: 40, gemm: { m: 2, n: 5, k: 3 } },
    },
    {
      inputs: [f(2, 3), f(3, 5), f(5)],
      attrs: { alpha: 2, beta: 3 },
      // 60 + 10 for alpha + 10 for beta + 10 additions
      expected: { class: 'matmul', flops: 90, bytesRead: 104, bytesWritten: 40, gemm: { m: 2, n: 5, k: 3 } },
    },
  ],

  Reshape: [{ inputs: [f(4, 5)], attrs: { shape: [20] }, expected: none }],
  Identity: [{ inputs: [f(4, 5)], expected: none }],
  CopyToRanks: [{ inputs: [f(4, 5)], attrs: { group: 'all', ranks: 2, algorithm: 'auto' }, expected: none }],
  Transpose: [{ inputs: [f(4, 5)], expected: data(80, 80) }],
  // 20 and 10 elements, each read and written
  Concat: [{ inputs: [f(4, 5), f(2, 5)], attrs: { axis: 0 }, expected: data(120, 120) }],
  // only the 10 elements that are taken
  Slice: [{ inputs: [f(4, 5)], attrs: { starts: [1], ends: [3] }, expected: data(40, 40) }],
  // 10 elements read, all 20 written
  SliceGrad: [
    { inputs: [f(2, 5)], attrs: { starts: [1], ends: [3], shape: [4, 5] }, expected: data(40, 80) },
  ],
  Expand: [{ inputs: [f(5)], attrs: { shape: [4, 5] }, expected: data(20, 80) }],

  Conv: [
    {
      inputs: [images, filters],
      attrs: same,
      expected: {
        class: 'conv3x3',
        flops: convFlops,
        bytesRead: (216 + 216) * 4,
        bytesWritten: 576 * 4,
        gemm: { m: 72, n: 8, k: 27 },
        convolution: {
          pass: 'forward',
          batch: 2,
          channels: 3,
          filters: 8,
          images: [6, 6],
          positions: [6, 6],
          kernel: [3, 3],
          strides: [1, 1],
          isPlain: true,
        },
      },
    },
    {
      inputs: [images, filters, f(8)],
      attrs: { ...same, strides: [2, 2] },
      // 2·3·3 = 18 positions, a quarter; a bias addition for each of 144 results; stride 2 excludes Winograd
      expected: {
        class: 'conv',
        flops: convFlops / 4 + 144,
        bytesRead: (216 + 216 + 8) * 4,
        bytesWritten: 144 * 4,
        gemm: { m: 18, n: 8, k: 27 },
        convolution: {
          pass: 'forward',
          batch: 2,
          channels: 3,
          filters: 8,
          images: [6, 6],
          positions: [3, 3],
          kernel: [3, 3],
          strides: [2, 2],
          isPlain: false,
        },
      },
    },
    ...MORE_CONV_COSTS,
  ],
  ConvInputGrad: [
    {
      inputs: [maps, filters],
      attrs: { ...same, shape: [2, 3, 6, 6] },
      // dY [72 × 8] · W [8 × 27]
      expected: {
        class: 'conv3x3',
        flops: convFlops,
        bytesRead: (576 + 216) * 4,
        bytesWritten: 216 * 4,
        gemm: { m: 72, n: 27, k: 8 },
        convolution: {
          pass: 'input-gradient',
          batch: 2,
          channels: 3,
          filters: 8,
          images: [6, 6],
          positions: [6, 6],
          kernel: [3, 3],
          strides: [1, 1],
          isPlain: true,
        },
      },
    },
  ],
  ConvFilterGrad: [
    {
      inputs: [maps, images],
      attrs: { ...same, shape: [8, 3, 3, 3] },
      // dYᵀ [8 × 72] · col [72 × 27]
      expected: {
        class: 'conv3x3',
        flops: convFlops,
        bytesRead: (576 + 216) * 4,
        bytesWritten: 216 * 4,
        gemm: { m: 8, n: 27, k: 72 },
        convolution: {
          pass: 'filter-gradient',
          batch: 2,
          channels: 3,
          filters: 8,
          images: [6, 6],
          positions: [6, 6],
          kernel: [3, 3],
          strides: [1, 1],
          isPlain: true,
        },
      },
    },
  ],

  // 54 results of 4 comparisons
  MaxPool: [{ inputs: [images], attrs: halving, expected: vector(216, 216 * 4, 54 * 4) }],
  // 54 gradients: 4 comparisons and an addition
  MaxPoolGrad: [{ inputs: [f(2, 3, 3, 3), images], attrs: halving, expected: vector(270, 270 * 4, 216 * 4) }],
  // 54 results of 4 additions and a division
  AveragePool: [{ inputs: [images], attrs: halving, expected: vector(270, 216 * 4, 54 * 4) }],
  // 54 gradients: a division and 4 additions
  AveragePoolGrad: [
    {
      inputs: [f(2, 3, 3, 3)],
      attrs: { ...halving, shape: [2, 3, 6, 6] },
      expected: vector(270, 54 * 4, 216 * 4),
    },
  ],
  // 216 additions, 6 divisions
  GlobalAveragePool: [{ inputs: [images], expected: vector(222, 216 * 4, 6 * 4) }],

  BatchNormalization: [
    // 3 flops for each of 216 elements; four vectors of 3
    { inputs: [images, f(3), f(3), f(3), f(3)], expected: vector(648, (216 + 12) * 4, 216 * 4) },
    // 7 flops each, X read twice, two vectors of 3 written
    {
      inputs: [images, f(3), f(3), f(3), f(3)],
      attrs: { training_mode: true },
      expected: vector(1512, (2 * 216 + 12) * 4, (216 + 6) * 4),
    },
  ],
  BatchNormalizationGrad: [
    // 11 flops for each of 216 elements; dY and X read twice
    {
      inputs: [images, images, f(3)],
      attrs: { training_mode: true },
      expected: vector(2376, (4 * 216 + 3) * 4, (216 + 6) * 4),
    },
    // 6 flops each, one pass
    {
      inputs: [images, images, f(3), f(3), f(3)],
      expected: vector(1296, (2 * 216 + 9) * 4, (216 + 6) * 4),
    },
  ],
  // 5 flops for each of 20 elements
  Softmax: [{ inputs: [f(4, 5)], expected: vector(100, 80, 80) }],
  // 5 flops per score, 2 per row; 4 labels of 8 bytes; the loss is one element
  SoftmaxCrossEntropyLoss: [
    { inputs: [f(4, 5), spec('int64', 4)], expected: vector(108, 80 + 32, 4 + 80) },
    ...MORE_CROSS_ENTROPY_COSTS,
  ],
  // 2 flops per score, 1 per row
  SoftmaxCrossEntropyLossGrad: [
    { inputs: [f(), f(4, 5), spec('int64', 4)], expected: vector(44, 4 + 80 + 32, 80) },
  ],
  ...MOVEMENT_COSTS,
  ...NEURAL_COSTS,
  ...NORMALIZATION_COSTS,
  ...LOSS_COSTS,
  ...QUANTIZE_COSTS,
  ...POINTWISE_COSTS,
  ...REDUCTION_COSTS,
  ...REQUANTIZE_COSTS,
  ...QUANTIZED_RANGE_COSTS,
  ...SEQUENCE_COSTS,
};

for (const [name, cases] of Object.entries(COSTS)) {
  for (const [i, { inputs, attrs = {}, expected }] of cases.entries()) {
    it(`${name} costs what its comment derives (${i + 1})`, () => {
      const op = OPS[name as OpName] as Op;
      const { dtype: _, convolution, ...work } = op.cost(inputs, op.infer(inputs, attrs), attrs);
      // Only the rows of convolutions themselves state their extents again.
      const { convolution: extents = convolution, ...counts } = expected;
      expect(work).toEqual(counts);
      expect(convolution).toEqual(extents);
    });
  }
}

test('the arithmetic has the type of the inputs', () => {
  const half = spec('float16', 4, 5);
  expect(OPS.Add.cost([half, half], [half], {})).toMatchObject({ dtype: 'float16', bytesRead: 80 });
});
