import { stream } from '../../base/random.ts';
import type { Attrs } from '../../graph/op.ts';
import type { OpName } from '../../graph/ops/index.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';
import { elementCount } from '../../graph/tensor-spec.ts';
import { LOSS_CASES, MORE_CROSS_ENTROPY, MORE_CROSS_ENTROPY_GRAD } from './loss-cases.ts';
import { MOVEMENT_CASES } from './movement-cases.ts';
import {
  MORE_AVERAGE_POOLS,
  MORE_CONV,
  MORE_CONV_FILTER_GRAD,
  MORE_CONV_INPUT_GRAD,
  MORE_MATMUL,
  MORE_POOLS,
  NEURAL_CASES,
} from './neural-cases.ts';
import { NORMALIZATION_CASES } from './normalization-cases.ts';
import { POINTWISE_CASES } from './pointwise-cases.ts';
import { QUANTIZE_CASES } from './quantize-cases.ts';
import { QUANTIZED_RANGE_CASES } from './quantized-range-cases.ts';
import { REDUCTION_CASES } from './reduction-cases.ts';
import { REQUANTIZE_CASES } from './requantize-cases.ts';
import { SEQUENCE_CASES } from './sequence-cases.ts';

/**
 * One use of an op. All cases are run for agreement of inferred and computed specs; those of ops with a gradient
 * also against finite differences.
 */
export interface OpCase {
  readonly what: string;
  readonly inputs: readonly Tensor[];
  readonly attrs: Attrs;
  /** Input 0 is the value of a variable; or so many of the first inputs are. */
  readonly onVariable?: boolean | number;
  /** Inputs to differentiate; default: all float32 ones. */
  readonly wrt?: readonly number[];
  /** Outputs that the loss depends on; default: all float32 ones. */
  readonly lossOf?: readonly number[];
}

const draws = stream(1, 'op-cases');

/** Values in ±[0.2, 1.2): away from zero, where some ops have a kink or a pole. */
function any(...shape: number[]): Tensor {
  return tensor(
    'float32',
    shape,
    Float32Array.from({ length: elementCount(shape) }, () => {
      const magnitude = 0.2 + draws.uniform();
      return draws.uniform() < 0.5 ? -magnitude : magnitude;
    }),
  );
}

/** Values in [0.5, 1.5). */
function positive(...shape: number[]): Tensor {
  const count = elementCount(shape);
  return tensor(
    'float32',
    shape,
    Float32Array.from({ length: count }, () => 0.5 + draws.uniform()),
  );
}

/** Values 0.1 apart in random order, so that a finite difference never changes which is greatest. */
function distinct(...shape: number[]): Tensor {
  const values = Array.from({ length: elementCount(shape) }, (_, i) => 0.1 * i - 1);
  for (let i = values.length - 1; i > 0; i--) {
    const j = draws.below(i + 1);
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
  return tensor('float32', shape, values);
}

function int64(shape: number[], values: number[]): Tensor {
  return tensor('int64', shape, values);
}

function binary(make: (...shape: number[]) => Tensor): OpCase[] {
  const shapes: [number[], number[]][] = [
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], []],
    [[2, 3], [3]],
    [
      [2, 1, 3],
      [4, 1],
    ],
    [
      [1, 3],
      [2, 1],
    ],
  ];
  return shapes.map(([a, b]) => ({
    what: `[${a}] and [${b}]`,
    inputs: [any(...a), make(...b)],
    attrs: {},
  }));
}

const unary = (make: (...shape: number[]) => Tensor): OpCase[] => [
  { what: 'a matrix', inputs: [make(3, 4)], attrs: {} },
  { what: 'a scalar', inputs: [make()], attrs: {} },
];

const pair = (forward: Tensor): OpCase[] => [
  { what: 'a matrix', inputs: [any(...forward.spec.shape), forward], attrs: {} },
];

interface Geometry {
  readonly what: string;
  readonly x: readonly number[];
  readonly kernel: readonly [number, number];
  readonly y: readonly [number, number];
  readonly attrs: Attrs;
}

/** Windows over images and the extents of their positions, by hand. */
const geometries: Geometry[] = [
  { what: 'plain', x: [2, 2, 4, 5], kernel: [2, 3], y: [3, 3], attrs: {} },
  {
    what: 'same padding',
    x: [1, 2, 4, 4],
    kernel: [3, 3],
    y: [4, 4],
    attrs: { pads: [1, 1, 1, 1] },
  },
  {
    what: 'strides and lopsided padding',
    x: [1, 2, 5, 6],
    kernel: [3, 2],
    // (5 + 0 + 1 − 3) / 2 + 1 = 2 (rounded down); (6 + 1 + 0 − 2) / 3 + 1 = 2
    y: [2, 2],
    attrs: { strides: [2, 3], pads: [0, 1, 1, 0] },
  },
  {
    what: 'dilations',
    x: [1, 1, 5, 6],
    kernel: [2, 2],
    // reach 3 and 4: 5 − 3 + 1 = 3; 6 − 4 + 1 = 3
    y: [3, 3],
    attrs: { dilations: [2, 3] },
  },
  {
    // Both columns of the window, −2 and 1, miss the only column of the image.
    what: 'a window that steps over the image',
    x: [1, 1, 2, 1],
    kernel: [1, 2],
    y: [2, 1],
    attrs: { dilations: [1, 3], pads: [0, 2, 0, 1] },
  },
];

const conv: OpCase[] = geometries.map(({ what, x, kernel, attrs }, i) => ({
  what,
  inputs: [any(...x), any(3, x[1]!, ...kernel), ...(i % 2 === 0 ? [any(3)] : [])],
  attrs,
}));

const convInputGrad: OpCase[] = geometries.map(({ what, x, kernel, y, attrs }) => ({
  what,
  inputs: [any(x[0]!, 3, ...y), any(3, x[1]!, ...kernel)],
  attrs: { ...attrs, shape: x },
}));

const convFilterGrad: OpCase[] = geometries.map(({ what, x, kernel, y, attrs }) => ({
  what,
  inputs: [any(x[0]!, 3, ...y), any(...x)],
  attrs: { ...attrs, shape: [3, x[1]!, ...kernel] },
}));

/** A maximum of nothing is −∞, which has no gradient to check. */
const poolGeometries = geometries.slice(0, -1);

const pools: OpCase[] = poolGeometries.map(({ what, x, kernel, attrs }) => ({
  what,
  inputs: [distinct(...x)],
  attrs: { ...attrs, kernel_shape: kernel },
}));

const averagePools: OpCase[] = [
  ...pools,
  { ...pools[2]!, what: 'padding counted', attrs: { ...pools[2]!.attrs, count_include_pad: true } },
];

const image = [2, 3, 2, 2];
const perChannel = [any(3), any(3), any(3), positive(3)];
const part = { starts: [1, -1], ends: [3, -5], axes: [0, 1], steps: [1, -2] };
const labels = int64([3], [1, 3, 0]);

export const CASES: { readonly [K in OpName]?: readonly OpCase[] } = {
  Add: [
    ...binary(any),
    { what: 'int64', inputs: [int64([2], [1, 2]), int64([], [3])], attrs: {} },
    { what: 'uint8', inputs: [tensor('uint8', [2], [1, 255]), tensor('uint8', [2], [1])], attrs: {} },
  ],
  Sub: binary(any),
  Mul: binary(any),
  Div: binary(positive),
  Neg: [...unary(any), { what: 'int64', inputs: [int64([2], [1, -2])], attrs: {} }],
  Exp: unary(any),
  Log: unary(positive),
  Sqrt: unary(positive),
  Relu: unary(any),
  // Its derivative in y is zero almost everywhere, and no gradient is sent there.
  ReluGrad: pair(any(3, 4)).map((opCase) => ({ ...opCase, wrt: [0] })),
  Sigmoid: unary(any),
  SigmoidGrad: pair(positive(2, 3)),
  Tanh: unary(any),
  TanhGrad: pair(any(2, 3)),

  MatMul: [
    { what: '2 × 3 × 4', inputs: [any(2, 3), any(3, 4)], attrs: {} },
    { what: 'larger than a tile', inputs: [any(5, 6), any(6, 7)], attrs: {} },
    ...MORE_MATMUL,
  ],
  Gemm: [
    { what: 'plain', inputs: [any(2, 3), any(3, 4)], attrs: {} },
    { what: 'transA', inputs: [any(3, 2), any(3, 4), any(4)], attrs: { transA: true } },
    { what: 'transB', inputs: [any(2, 3), any(4, 3), any(2, 1)], attrs: { transB: true, beta: 0.5 } },
    {
      what: 'both, scaled',
      inputs: [any(3, 2), any(4, 3), any()],
      attrs: { transA: true, transB: true, alpha: 0.7, beta: -2 },
    },
  ],

  Reshape: [
    { what: 'an open extent', inputs: [any(2, 6)], attrs: { shape: [3, -1] } },
    { what: 'a copied extent', inputs: [any(2, 6)], attrs: { shape: [0, 2, 3] } },
  ],
  Transpose: [
    { what: 'reversed', inputs: [any(2, 3, 4)], attrs: {} },
    { what: 'rotated', inputs: [any(2, 3, 4)], attrs: { perm: [1, 2, 0] } },
  ],
  Concat: [
    { what: 'axis 0', inputs: [any(1, 3), any(2, 3)], attrs: { axis: 0 } },
    { what: 'the last axis of three', inputs: [any(2, 1), any(2, 3), any(2, 2)], attrs: { axis: -1 } },
  ],
  Slice: [
    { what: 'a leading part', inputs: [any(4, 3)], attrs: { starts: [0], ends: [2] } },
    { what: 'backwards', inputs: [any(4, 5)], attrs: part },
    {
      what: 'ends beyond the axis',
      inputs: [any(2, 5)],
      attrs: { starts: [2], ends: [99], axes: [-1], steps: [2] },
    },
  ],
  // Rows 1 and 2; columns 4, 2 and (−5 is column 0, exclusive) no more.
  SliceGrad: [{ what: 'backwards', inputs: [any(2, 2)], attrs: { ...part, shape: [4, 5] } }],
  Expand: [
    { what: 'a new axis', inputs: [any(3)], attrs: { shape: [2, 3] } },
    { what: 'extents of 1 in the target', inputs: [any(2, 1, 3)], attrs: { shape: [4, 1] } },
    { what: 'no change', inputs: [any(2)], attrs: { shape: [2] } },
  ],
  Identity: unary(any),
  CopyToRanks: [{ what: 'alone', inputs: [any(2, 3)], attrs: { group: 'all', ranks: 1, algorithm: 'auto' } }],

  Conv: [...conv, ...MORE_CONV],
  ConvInputGrad: [...convInputGrad, ...MORE_CONV_INPUT_GRAD],
  ConvFilterGrad: [...convFilterGrad, ...MORE_CONV_FILTER_GRAD],
  MaxPool: [...pools, ...MORE_POOLS],
  MaxPoolGrad: poolGeometries.map(({ what, x, kernel, y, attrs }) => ({
    what,
    inputs: [any(x[0]!, x[1]!, ...y), distinct(...x)],
    attrs: { ...attrs, kernel_shape: kernel },
  })),
  AveragePool: [...averagePools, ...MORE_AVERAGE_POOLS],
  AveragePoolGrad: geometries.map(({ what, x, kernel, y, attrs }) => ({
    what,
    inputs: [any(x[0]!, x[1]!, ...y)],
    attrs: { ...attrs, kernel_shape: kernel, shape: x },
  })),
  GlobalAveragePool: [
    { what: 'images', inputs: [any(2, 3, 2, 4)], attrs: {} },
    { what: 'one axis', inputs: [any(2, 3, 4)], attrs: {} },
  ],

  BatchNormalization: [
    { what: 'inference', inputs: [any(...image), ...perChannel], attrs: {}, wrt: [0, 1, 2] },
    {
      what: 'training',
      inputs: [any(...image), ...perChannel],
      attrs: { training_mode: true, epsilon: 0.1 },
      wrt: [0, 1, 2],
      lossOf: [0],
    },
    {
      what: 'training on a matrix',
      inputs: [any(5, 3), ...perChannel],
      attrs: { training_mode: true },
      wrt: [0, 1, 2],
      lossOf: [0],
    },
  ],
  BatchNormalizationGrad: [
    {
      what: 'training',
      inputs: [any(...image), any(...image), any(3)],
      attrs: { training_mode: true },
    },
    { what: 'inference', inputs: [any(...image), any(...image), any(3), any(3), positive(3)], attrs: {} },
  ],
  Softmax: [
    { what: 'the last axis', inputs: [any(2, 4)], attrs: {} },
    { what: 'a middle axis', inputs: [any(2, 3, 2)], attrs: { axis: 1 } },
  ],
  SoftmaxCrossEntropyLoss: [
    { what: 'both outputs', inputs: [any(3, 4), labels], attrs: {} },
    { what: 'the loss', inputs: [any(3, 4), labels], attrs: {}, lossOf: [0] },
    { what: 'the log probabilities', inputs: [any(3, 4), labels], attrs: {}, lossOf: [1] },
    ...MORE_CROSS_ENTROPY,
  ],
  SoftmaxCrossEntropyLossGrad: [
    { what: 'rows', inputs: [any(), any(3, 4), labels], attrs: {} },
    ...MORE_CROSS_ENTROPY_GRAD,
  ],

  Constant: [
    { what: 'one value for all', inputs: [], attrs: { dtype: 'float32', shape: [2, 2], value: [3] } },
    { what: 'int64', inputs: [], attrs: { dtype: 'int64', shape: [2], value: [3, -4] } },
  ],
  Variable: (['zeros', 'ones', 'glorot'] as const).map((initializer) => ({
    what: initializer,
    inputs: [],
    attrs: { dtype: 'float32', shape: [2, 3], trainable: true, initializer, fanIn: 2, fanOut: 3 },
  })),
  Assign: [{ what: 'a matrix', inputs: [any(2, 3), any(2, 3)], attrs: {}, onVariable: true }],
  AssignAdd: [
    { what: 'a matrix', inputs: [any(2, 3), any(2, 3)], attrs: {}, onVariable: true },
    { what: 'a global step', inputs: [int64([], [0]), int64([], [1])], attrs: {}, onVariable: true },
  ],
  ApplyGradientDescent: [
    { what: 'a matrix', inputs: [any(2, 3), any(2, 3)], attrs: { learningRate: 0.1 }, onVariable: true },
  ],
  ApplySparseGradientDescent: [
    {
      what: 'rows, one of them twice',
      inputs: [any(4, 3), any(3, 3), int64([3], [1, 3, 1])],
      attrs: { learningRate: 0.1 },
      onVariable: true,
    },
  ],
  ...POINTWISE_CASES,
  ...REDUCTION_CASES,
  ...MOVEMENT_CASES,
  ...NEURAL_CASES,
  ...NORMALIZATION_CASES,
  ...LOSS_CASES,
  ...QUANTIZE_CASES,
  ...QUANTIZED_RANGE_CASES,
  ...REQUANTIZE_CASES,
  ...SEQUENCE_CASES,
  ApplyMomentum: [false, true].map((useNesterov) => ({
    what: useNesterov ? 'with Nesterov' : 'a matrix',
    inputs: [any(2, 3), any(2, 3), any(2, 3)],
    attrs: { learningRate: 0.1, momentum: 0.9, useNesterov },
    onVariable: 2,
  })),
  ApplyAdagrad: [
    {
      what: 'a matrix',
      inputs: [any(2, 3), any(2, 3), any(2, 3)],
      attrs: { learningRate: 0.1 },
      onVariable: 2,
    },
  ],
  ApplyAdam: [
    {
      what: 'a matrix',
      inputs: [any(2, 3), any(2, 3), any(2, 3), positive(), positive(), any(2, 3)],
      attrs: { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      onVariable: 3,
    },
  ],
  NoOp: [{ what: 'nothing', inputs: [], attrs: {} }],
};
