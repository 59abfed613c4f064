import { type Tensor, tensor } from '../../graph/tensor.ts';
import { drawsOf } from './draws.ts';
import type { OpCase } from './ops-cases.ts';

/* Products of stacks of matrices, convolutions of any number of axes, grouped and transposed, and pools. */

const { any, distinct, positive } = drawsOf('neural-cases');

/** Offsets that end between the elements of the image: at them the interpolation has kinks. */
const offsets = (...shape: number[]): Tensor => {
  const { data } = positive(...shape);
  return tensor(
    'float32',
    shape,
    Array.from(data as Float32Array, (value, i) => (i % 3) - 1 + 0.4 * value),
  );
};

const product = (what: string, a: number[], b: number[], attrs = {}): OpCase => ({
  what,
  inputs: [any(...a), any(...b)],
  attrs,
});

/** Cases of ops that have others in ops-cases.ts. */
export const MORE_MATMUL: readonly OpCase[] = [
  product('a stack by a stack', [2, 2, 3], [2, 3, 2]),
  product('a stack by one matrix', [2, 2, 3], [3, 2]),
  product('one matrix by a stack', [2, 3], [2, 3, 2]),
  product('stacks that broadcast both ways', [2, 1, 2, 3], [3, 3, 2]),
  product('a vector by a vector', [3], [3]),
  product('a vector by a stack', [3], [2, 3, 2]),
  product('a stack by a vector', [2, 2, 3], [3]),
  product('transA', [2, 3, 2], [2, 3, 2], { transA: true }),
  product('transB', [2, 2, 3], [2, 3], { transB: true }),
  product('both transposed', [2, 3, 2], [2, 2, 3], { transA: true, transB: true }),
  { what: 'int32', inputs: [tensor('int32', [1, 2], [1, 2]), tensor('int32', [2, 1], [3, 4])], attrs: {} },
  { what: 'uint64', inputs: [tensor('uint64', [2], [1, 2]), tensor('uint64', [2], [3, 4])], attrs: {} },
];

interface Geometry {
  readonly what: string;
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly y: readonly number[];
  readonly attrs: { readonly [key: string]: number | readonly number[] };
}

const geometries: readonly Geometry[] = [
  // (5 + 1 + 0 − 3) / 2 + 1 = 2
  {
    what: 'one axis',
    x: [2, 2, 5],
    w: [3, 2, 3],
    y: [2, 3, 2],
    attrs: { strides: [2], pads: [1, 0], dilations: [1] },
  },
  // 3 − 2 + 1 = 2; (4 + 1 − 2) / 2 + 1 = 2; 3 − 3 + 1 = 1 (reach 3)
  {
    what: 'three axes',
    x: [1, 2, 3, 4, 3],
    w: [2, 2, 2, 2, 2],
    y: [1, 2, 2, 2, 1],
    attrs: { strides: [1, 2, 1], pads: [0, 0, 0, 0, 1, 0], dilations: [1, 1, 2] },
  },
  { what: 'two groups', x: [2, 4, 3, 3], w: [6, 2, 2, 2], y: [2, 6, 2, 2], attrs: { group: 2 } },
  {
    what: 'depthwise',
    x: [1, 3, 4, 4],
    w: [3, 1, 3, 3],
    y: [1, 3, 4, 4],
    attrs: { group: 3, pads: [1, 1, 1, 1] },
  },
];

export const MORE_CONV: readonly OpCase[] = geometries.map(({ what, x, w, attrs }) => ({
  what,
  inputs: [any(...x), any(...w), any(w[0]!)],
  attrs,
}));

export const MORE_CONV_INPUT_GRAD: readonly OpCase[] = geometries.map(({ what, x, w, y, attrs }) => ({
  what,
  inputs: [any(...y), any(...w)],
  attrs: { ...attrs, shape: x },
}));

export const MORE_CONV_FILTER_GRAD: readonly OpCase[] = geometries.map(({ what, x, w, y, attrs }) => ({
  what,
  inputs: [any(...y), any(...x)],
  attrs: { ...attrs, shape: w },
}));

const pool = (what: string, x: Tensor, attrs: OpCase['attrs']): OpCase => ({ what, inputs: [x], attrs });

/** Windows of pools; none lies in the padding alone. */
const poolCases: readonly OpCase[] = [
  pool('one axis', distinct(2, 2, 5), { kernel_shape: [3], strides: [2], pads: [1, 1] }),
  pool('three axes', distinct(1, 2, 3, 3, 3), { kernel_shape: [2, 2, 2], dilations: [1, 2, 1] }),
  // ⌈(5 − 2) / 2⌉ + 1 = 3: the last window reaches beyond the image.
  pool('ceil mode', distinct(1, 1, 5, 5), { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: true }),
  // (4 + 2 − 2) / 3 + 1 = 3 with ceil mode, but the third would start at 6 = 4 + 1 + 1, beyond the image: 2.
  pool('ceil mode, a last window in the padding', distinct(1, 1, 4), {
    kernel_shape: [2],
    strides: [3],
    pads: [1, 1],
    ceil_mode: true,
  }),
];

export const MORE_POOLS: readonly OpCase[] = poolCases;

export const MORE_AVERAGE_POOLS: readonly OpCase[] = [
  ...poolCases,
  ...poolCases.map((opCase) => ({
    ...opCase,
    what: `${opCase.what}, padding counted`,
    attrs: { ...opCase.attrs, count_include_pad: true },
  })),
];

export const NEURAL_CASES: { readonly [op: string]: readonly OpCase[] } = {
  ConvTranspose: [
    { what: 'plain', inputs: [any(1, 2, 2, 3), any(2, 3, 2, 2), any(3)], attrs: {} },
    {
      what: 'strides, padding and dilations',
      inputs: [any(2, 2, 3, 3), any(2, 1, 2, 3)],
      attrs: { strides: [2, 1], pads: [1, 0, 0, 1], dilations: [2, 1] },
    },
    {
      what: 'output padding of less than a stride',
      inputs: [any(1, 1, 3), any(1, 2, 2)],
      attrs: { strides: [3], output_padding: [2] },
    },
    {
      what: 'output padding of a stride',
      inputs: [any(1, 1, 3), any(1, 2, 2), any(2)],
      attrs: { strides: [1], dilations: [2], output_padding: [1] },
    },
    { what: 'two groups', inputs: [any(1, 4, 2, 2), any(4, 1, 2, 2), any(2)], attrs: { group: 2 } },
    { what: 'three axes', inputs: [any(1, 1, 2, 2, 2), any(1, 1, 1, 2, 2)], attrs: { strides: [1, 2, 1] } },
  ],
  LocallyConnected: [
    { what: 'two maps', inputs: [any(2, 2, 3, 4), any(2, 3, 3, 2, 2, 2)], attrs: {} },
    { what: 'one position', inputs: [any(1, 1, 2, 3), any(1, 1, 2, 1, 2, 3)], attrs: {} },
  ],
  LocallyConnectedInputGrad: [
    { what: 'two maps', inputs: [any(2, 3, 2, 3), any(2, 3, 3, 2, 2, 2)], attrs: {} },
  ],
  LocallyConnectedFilterGrad: [{ what: 'two maps', inputs: [any(2, 3, 2, 3), any(2, 2, 3, 4)], attrs: {} }],
  MaxPoolIndices: [
    { ...poolCases[1]!, wrt: [] },
    { ...poolCases[0]!, what: 'column-major', attrs: { ...poolCases[0]!.attrs, storage_order: 1 }, wrt: [] },
  ],
  LpPool: [
    ...poolCases,
    ...poolCases.slice(0, 2).map((opCase) => ({
      ...opCase,
      what: `${opCase.what}, p = 3`,
      attrs: { ...opCase.attrs, p: 3 },
    })),
  ],
  LpPoolGrad: [
    { what: 'one axis', inputs: [any(1, 1, 2), any(1, 1, 3), any(1, 1, 2)], attrs: { kernel_shape: [2] } },
  ],
  Det: [
    { what: 'a stack', inputs: [any(2, 3, 3)], attrs: {} },
    { what: 'one by one', inputs: [any(1, 1)], attrs: {} },
    { what: 'singular', inputs: [tensor('float32', [2, 2], [1, 2, 2, 4])], attrs: {} },
  ],
  DetGrad: [{ what: 'a stack', inputs: [any(2), any(2, 3, 3)], attrs: {} }],
  DeformConv: [
    {
      what: 'offsets',
      inputs: [any(1, 2, 4, 3), any(2, 2, 2, 2), offsets(1, 8, 3, 2)],
      attrs: {},
    },
    {
      what: 'groups, padding, bias and mask',
      inputs: [any(2, 2, 3, 3), any(2, 1, 2, 2), offsets(2, 16, 2, 2), any(2), any(2, 8, 2, 2)],
      attrs: { group: 2, offset_group: 2, pads: [1, 0, 0, 1], strides: [2, 2], inputs: ['B', 'mask'] },
    },
    {
      what: 'one axis and a mask',
      inputs: [any(1, 1, 5), any(1, 1, 3), offsets(1, 3, 2), any(1, 3, 2)],
      attrs: { dilations: [1], strides: [2], inputs: ['mask'] },
    },
  ],
  DeformConvGrad: [
    {
      what: 'a mask',
      inputs: [any(1, 1, 2), any(1, 1, 5), any(1, 1, 3), offsets(1, 3, 2), any(1, 3, 2)],
      attrs: { strides: [2], inputs: ['mask'] },
    },
  ],
};
