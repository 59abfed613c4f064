import type { OpClass, Work } from '../../base/work.ts';
import { fail, type Op } from '../op.ts';
import { elementCount, formatSpec, sameShape, type TensorSpec } from '../tensor-spec.ts';
import { floatType, takes } from './checks.ts';
import { bytesOf } from './costs.ts';
import { reduceSum } from './reduction.ts';
import { images, type WindowAttrs, windowOver } from './window.ts';

/*
 * Two-dimensional convolution: images NCHW, filters OIHW. With col the [N·OH·OW × C·KH·KW] matrix of the image
 * patches (im2col), the forward pass is Y = col·Wᵀ, and the two gradients are d(col) = dY·W and dW = dYᵀ·col: three
 * products of the same 2·(N·OH·OW)·(C·KH·KW)·O flops. Multiplications with padding are counted, as usual.
 */

export type ConvAttrs = WindowAttrs & {
  /** Only 1. */
  readonly group?: number;
};

/** Attributes of a convolution's gradient: the forward pass's, and the shape of what is computed. */
export type ConvGradAttrs = ConvAttrs & { readonly shape: readonly number[] };

/** Shape of the result of convolving images of shape `x` with filters of shape `w`. */
function convolved(x: readonly number[], w: readonly number[], attrs: ConvAttrs): readonly number[] {
  if (x.length !== 4 || w.length !== 4) fail('images [N,C,H,W] and filters [O,C,KH,KW] have 4 axes');
  if ((attrs.group ?? 1) !== 1) fail(`grouped convolution (group ${attrs.group}) is not supported`);
  if (x[1] !== w[1]) fail(`${x[1]} channels, but filters for ${w[1]}`);
  const { outHeight, outWidth } = windowOver(x, w.slice(2), attrs);
  return [x[0]!, w[0]!, outHeight, outWidth];
}

/** Whether libraries may run it by Winograd's algorithm. */
function forwardClass(w: readonly number[], { strides = [1, 1], dilations = [1, 1] }: ConvAttrs): OpClass {
  const plain = [...strides, ...dilations].every((extent) => extent === 1);
  return plain && w[2] === 3 && w[3] === 3 ? 'conv3x3' : 'conv';
}

/** N·OH·OW positions, C·KH·KW elements per patch, O filters. */
function productOf(
  y: readonly number[],
  w: readonly number[],
): { positions: number; patch: number; filters: number } {
  return { positions: y[0]! * y[2]! * y[3]!, patch: w[1]! * w[2]! * w[3]!, filters: w[0]! };
}

function convWork(
  opClass: OpClass,
  gemm: NonNullable<Work['gemm']>,
  extraFlops: number,
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
): Work {
  return {
    class: opClass,
    dtype: inputs[0]!.dtype,
    flops: 2 * gemm.m * gemm.n * gemm.k + extraFlops,
    bytesRead: bytesOf(inputs),
    bytesWritten: bytesOf(outputs),
    gemm,
  };
}

/** (X, W, B?) → Y. One more flop per output element for the bias. */
export const conv: Op<ConvAttrs> = {
  name: 'Conv',
  infer: (inputs, attrs) => {
    takes(inputs, 2, 3, 'images, filters and an optional bias');
    const [x, w, bias] = inputs as [TensorSpec, TensorSpec, TensorSpec?];
    const dtype = floatType(inputs);
    const shape = convolved(x.shape, w.shape, attrs);
    if (bias !== undefined && !sameShape(bias.shape, [w.shape[0]!])) {
      fail(`the bias ${formatSpec(bias)} is not one value per filter`);
    }
    return [{ dtype, shape }];
  },
  cost: (inputs, outputs, attrs) => {
    const w = inputs[1]!.shape;
    const y = outputs[0]!.shape;
    const { positions, patch, filters } = productOf(y, w);
    const gemm = { m: positions, n: filters, k: patch };
    return convWork(forwardClass(w, attrs), gemm, inputs.length > 2 ? elementCount(y) : 0, inputs, outputs);
  },
  gradient: ({ builder, inputs: [x, w, bias], attrs, dy: [dy] }) => [
    builder.add(convInputGrad, [dy!, w!], { ...attrs, shape: x!.spec.shape }),
    builder.add(convFilterGrad, [dy!, x!], { ...attrs, shape: w!.spec.shape }),
    bias && builder.add(reduceSum, [dy!], { axes: [0, 2, 3], keepdims: false }),
  ],
};

/** (dY, W) → dX of shape `shape`: d(col) [N·OH·OW × C·KH·KW] = dY·W, added up into the image. */
export const convInputGrad: Op<ConvGradAttrs> = {
  name: 'ConvInputGrad',
  infer: (inputs, attrs) => {
    takes(inputs, 2, 2, 'a gradient and filters');
    const [dy, w] = inputs as [TensorSpec, TensorSpec];
    images(dy, 'the gradient');
    const y = convolved(attrs.shape, w.shape, attrs);
    if (!sameShape(dy.shape, y)) fail(`the forward pass made [${y.join(',')}]`);
    return [{ dtype: floatType(inputs), shape: attrs.shape }];
  },
  cost: (inputs, outputs) => {
    const { positions, patch, filters } = productOf(inputs[0]!.shape, inputs[1]!.shape);
    return convWork('conv', { m: positions, n: patch, k: filters }, 0, inputs, outputs);
  },
  // Linear in both: the derivative in dY is the convolution itself.
  gradient: ({ builder, inputs: [dy, w], attrs: { shape: _, ...attrs }, dy: [g] }) => [
    builder.add(conv, [g!, w!], attrs),
    builder.add(convFilterGrad, [dy!, g!], { ...attrs, shape: w!.spec.shape }),
  ],
};

/** (dY, X) → dW of shape `shape`: dW [O × C·KH·KW] = dYᵀ·col. */
export const convFilterGrad: Op<ConvGradAttrs> = {
  name: 'ConvFilterGrad',
  infer: (inputs, attrs) => {
    takes(inputs, 2, 2, 'a gradient and images');
    const [dy, x] = inputs as [TensorSpec, TensorSpec];
    images(dy, 'the gradient');
    const y = convolved(x.shape, attrs.shape, attrs);
    if (!sameShape(dy.shape, y)) fail(`the forward pass made [${y.join(',')}]`);
    return [{ dtype: floatType(inputs), shape: attrs.shape }];
  },
  cost: (inputs, outputs) => {
    const { positions, patch, filters } = productOf(inputs[0]!.shape, outputs[0]!.shape);
    return convWork('conv', { m: filters, n: patch, k: positions }, 0, inputs, outputs);
  },
  gradient: ({ builder, inputs: [dy, x], attrs: { shape: _, ...attrs }, dy: [g] }) => [
    builder.add(conv, [x!, g!], attrs),
    builder.add(convInputGrad, [dy!, g!], { ...attrs, shape: x!.spec.shape }),
  ],
};
