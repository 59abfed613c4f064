import { fail, type Op } from '../op.ts';
import { elementCount, sameShape, type TensorSpec } from '../tensor-spec.ts';
import { floatType, type NoAttrs, takes } from './checks.ts';
import { vectorWork } from './costs.ts';
import { mul } from './elementwise.ts';
import { expand } from './shape.ts';
import { constant } from './state.ts';
import { images, type WindowAttrs, windowOver } from './window.ts';

/*
 * Pooling over images NCHW. Every window is counted whole, also where it reaches into the padding. Bytes: each
 * tensor once (windows that overlap find their neighbours in a cache).
 */

export type PoolAttrs = WindowAttrs & { readonly kernel_shape: readonly number[] };
export type AveragePoolAttrs = PoolAttrs & {
  /** Whether the mean divides by the whole window (true) or by its part inside the image (false). */
  readonly count_include_pad?: boolean;
};

function pooled(x: readonly number[], attrs: PoolAttrs): readonly number[] {
  const { outHeight, outWidth } = windowOver(x, attrs.kernel_shape, attrs);
  const [padY, padX] = [
    Math.max(attrs.pads?.[0] ?? 0, attrs.pads?.[2] ?? 0),
    Math.max(attrs.pads?.[1] ?? 0, attrs.pads?.[3] ?? 0),
  ];
  // A window that lies in the padding alone has no maximum and no mean.
  const reach = attrs.kernel_shape.map((extent, i) => (attrs.dilations?.[i] ?? 1) * (extent - 1) + 1);
  if (padY >= reach[0]! || padX >= reach[1]!) fail('the padding is as wide as the window');
  return [x[0]!, x[1]!, outHeight, outWidth];
}

function inferPool(inputs: readonly TensorSpec[], attrs: PoolAttrs): readonly TensorSpec[] {
  takes(inputs, 1, 1, 'images');
  images(inputs[0]!, 'the input');
  return [{ dtype: floatType(inputs), shape: pooled(inputs[0]!.shape, attrs) }];
}

const windowSize = ({ kernel_shape }: PoolAttrs): number => elementCount(kernel_shape);

/** KH·KW comparisons per output element. */
export const maxPool: Op<PoolAttrs> = {
  name: 'MaxPool',
  infer: inferPool,
  cost: (inputs, outputs, attrs) =>
    vectorWork(windowSize(attrs) * elementCount(outputs[0]!.shape), inputs, outputs),
  gradient: ({ builder, inputs: [x], attrs, dy: [dy] }) => [builder.add(maxPoolGrad, [dy!, x!], attrs)],
};

/**
 * (dY, X) → dX: each gradient goes to the first greatest element of its window, which is found again rather than
 * kept. KH·KW comparisons and one addition per element of dY.
 */
export const maxPoolGrad: Op<PoolAttrs> = {
  name: 'MaxPoolGrad',
  infer: (inputs, attrs) => {
    takes(inputs, 2, 2, 'a gradient and images');
    const [dy, x] = inputs as [TensorSpec, TensorSpec];
    images(x, 'the input');
    const y = pooled(x.shape, attrs);
    if (!sameShape(dy.shape, y)) fail(`the forward pass made [${y.join(',')}]`);
    return [{ dtype: floatType(inputs), shape: x.shape }];
  },
  cost: (inputs, outputs, attrs) =>
    vectorWork((windowSize(attrs) + 1) * elementCount(inputs[0]!.shape), inputs, outputs),
};

/** KH·KW additions and one division per output element. */
export const averagePool: Op<AveragePoolAttrs> = {
  name: 'AveragePool',
  infer: inferPool,
  cost: (inputs, outputs, attrs) =>
    vectorWork((windowSize(attrs) + 1) * elementCount(outputs[0]!.shape), inputs, outputs),
  gradient: ({ builder, inputs: [x], attrs, dy: [dy] }) => [
    builder.add(averagePoolGrad, [dy!], { ...attrs, shape: x!.spec.shape }),
  ],
};

/** dY → dX of shape `shape`: spreads each gradient over its window. One division and KH·KW additions per element. */
export const averagePoolGrad: Op<AveragePoolAttrs & { readonly shape: readonly number[] }> = {
  name: 'AveragePoolGrad',
  infer: (inputs, attrs) => {
    takes(inputs, 1, 1, 'a gradient');
    const y = pooled(attrs.shape, attrs);
    if (!sameShape(inputs[0]!.shape, y)) fail(`the forward pass made [${y.join(',')}]`);
    return [{ dtype: floatType(inputs), shape: attrs.shape }];
  },
  cost: (inputs, outputs, attrs) =>
    vectorWork((windowSize(attrs) + 1) * elementCount(inputs[0]!.shape), inputs, outputs),
  gradient: ({ builder, attrs: { shape: _, ...attrs }, dy: [g] }) => [builder.add(averagePool, [g!], attrs)],
};

/** The mean of each image plane, [N,C,1,1]: one addition per input and one division per output element. */
export const globalAveragePool: Op<NoAttrs> = {
  name: 'GlobalAveragePool',
  infer: (inputs) => {
    takes(inputs, 1, 1, 'images');
    images(inputs[0]!, 'the input');
    const [n, c] = inputs[0]!.shape;
    return [{ dtype: floatType(inputs), shape: [n!, c!, 1, 1] }];
  },
  cost: (inputs, outputs) =>
    vectorWork(elementCount(inputs[0]!.shape) + elementCount(outputs[0]!.shape), inputs, outputs),
  gradient: ({ builder, inputs: [x], dy: [dy] }) => {
    const { dtype, shape } = x!.spec;
    const scale = builder.add(constant, [], { dtype, shape: [], value: [1 / (shape[2]! * shape[3]!)] });
    return [builder.add(expand, [builder.add(mul, [dy!, scale], {})], { shape })];
  },
};
