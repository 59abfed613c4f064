import type { ConvolutionWork, OpClass, Work } from '../../base/work.ts';
import type { GraphBuilder, Value } from '../builder.ts';
import { fail, type Op } from '../op.ts';
import { elementCount, formatSpec, sameShape, type TensorSpec } from '../tensor-spec.ts';
import { floatType, takes } from './checks.ts';
import { bytesOf } from './costs.ts';
import { reduceSum } from './reduction.ts';
import { type Window, type WindowAttrs, windowOver } from './window.ts';

/*
 * Convolution over any number of spatial axes: images [N, C, spatial…] and filters [O, C/group, kernel…] (NCHW and OIHW
 * where there are two). Output channel o sees the channels of its group alone. With col the [N·positions × C/group·K]
 * matrix of a group's image patches (im2col; K the elements of a kernel), the forward pass is Y = col·Wᵀ, and the
 * gradients are d(col) = dY·W and dW = dYᵀ·col: three products of the same 2·(N·positions)·(C/group·K)·(O/group) flops
 * per group. Multiplications with padding are counted, as usual.
 */

export type ConvAttrs = WindowAttrs & {
  /** Into how many groups the channels of images and results are split. Default: 1. */
  readonly group?: number;
};

/** Attributes of a convolution's gradient: the forward pass's, and the shape of what is computed. */
export type ConvGradAttrs = ConvAttrs & { readonly shape: readonly number[] };

/** Checks shapes of images and filters against each other; the filters' window over the images. */
export function convolutionWindow(x: readonly number[], w: readonly number[], attrs: ConvAttrs): Window {
  const { group = 1 } = attrs;
  if (x.length < 3) fail('images [N, C, spatial…] have at least 3 axes');
  if (w.length !== x.length) fail(`filters for images of ${x.length} axes have as many, not ${w.length}`);
  if (!Number.isInteger(group) || group < 1) fail(`group ${group} must be a positive integer`);
  if (w[0]! % group !== 0) fail(`${w[0]} filters do not split into ${group} groups`);
  if (x[1] !== w[1]! * group) {
    fail(`${x[1]} channels, but filters for ${group === 1 ? w[1] : `${group} groups of ${w[1]}`}`);
  }
  return windowOver(x, w.slice(2), attrs);
}

/** Shape of the result of convolving images of shape `x` with filters of shape `w`. */
export function convolved(x: readonly number[], w: readonly number[], attrs: ConvAttrs): readonly number[] {
  return [x[0]!, w[0]!, ...convolutionWindow(x, w, attrs).positions];
}

/** Without strides, dilations and groups. */
function isPlain({ strides = [], dilations = [], group = 1 }: ConvAttrs): boolean {
  return [...strides, ...dilations, group].every((extent) => extent === 1);
}

/** Whether libraries may run it and its gradients by Winograd's algorithm. */
function classOf(w: readonly number[], attrs: ConvAttrs): OpClass {
  return isPlain(attrs) && w.length === 4 && w[2] === 3 && w[3] === 3 ? 'conv3x3' : 'conv';
}

function convolutionOf(
  pass: ConvolutionWork['pass'],
  x: readonly number[],
  w: readonly number[],
  y: readonly number[],
  attrs: ConvAttrs,
): ConvolutionWork {
  const { group = 1, strides } = attrs;
  const kernel = w.slice(2);
  return {
    pass,
    batch: x[0]!,
    channels: w[1]!,
    filters: w[0]! / group,
    images: x.slice(2),
    positions: y.slice(2),
    kernel,
    strides: strides ?? kernel.map(() => 1),
    isPlain: isPlain(attrs),
  };
}

/** Per group: N·positions, elements per patch, filters. */
export function productOf(
  y: readonly number[],
  w: readonly number[],
  group: number,
): { positions: number; patch: number; filters: number } {
  return {
    positions: y[0]! * elementCount(y.slice(2)),
    patch: elementCount(w.slice(1)),
    filters: w[0]! / group,
  };
}

export function convWork(
  opClass: OpClass,
  gemm: { readonly m: number; readonly n: number; readonly k: number },
  group: number,
  extraFlops: number,
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
  convolution?: ConvolutionWork,
): Work {
  return {
    class: opClass,
    dtype: inputs[0]!.dtype,
    flops: 2 * gemm.m * gemm.n * gemm.k * group + extraFlops,
    bytesRead: bytesOf(inputs),
    bytesWritten: bytesOf(outputs),
    gemm: group === 1 ? gemm : { ...gemm, count: group },
    ...(convolution !== undefined && { convolution }),
  };
}

/** Checks a bias of one value per channel of the result. */
export function checkBias(bias: TensorSpec | undefined, channels: number): void {
  if (bias !== undefined && !sameShape(bias.shape, [channels])) {
    fail(`the bias ${formatSpec(bias)} is not one value per filter`);
  }
}

/** The gradient of a bias: the sum over all axes but the channels. */
export function perChannelSum(builder: GraphBuilder, dy: Value): Value {
  const axes = [...dy.spec.shape.keys()].filter((axis) => axis !== 1);
  return builder.add(reduceSum, [dy], { axes, keepdims: false });
}

/** (X, W, B?) → Y. One more flop per output element for the bias. */
export const conv: Op<ConvAttrs> = {
  name: 'Conv',
  infer: (inputs, attrs) => {
    takes(inputs, 2, 3, 'images, filters and an optional bias');
    const [x, w, bias] = inputs as [TensorSpec, TensorSpec, TensorSpec?];
    const dtype = floatType(inputs);
    const shape = convolved(x.shape, w.shape, attrs);
    checkBias(bias, w.shape[0]!);
    return [{ dtype, shape }];
  },
  cost: (inputs, outputs, attrs) => {
    const { group = 1 } = attrs;
    const w = inputs[1]!.shape;
    const y = outputs[0]!.shape;
    const { positions, patch, filters } = productOf(y, w, group);
    const gemm = { m: positions, n: filters, k: patch };
    const biases = inputs.length > 2 ? elementCount(y) : 0;
    const kernel = convolutionOf('forward', inputs[0]!.shape, w, y, attrs);
    return convWork(classOf(w, attrs), gemm, group, biases, inputs, outputs, kernel);
  },
  gradient: ({ builder, inputs: [x, w, bias], attrs, dy: [dy] }) => [
    builder.add(convInputGrad, [dy!, w!], { ...attrs, shape: x!.spec.shape }),
    builder.add(convFilterGrad, [dy!, x!], { ...attrs, shape: w!.spec.shape }),
    bias && perChannelSum(builder, dy!),
  ],
};

function checkForward(dy: TensorSpec, y: readonly number[]): void {
  if (!sameShape(dy.shape, y)) fail(`the forward pass made [${y.join(',')}]`);
}

/** (dY, W) → dX of shape `shape`: d(col) [N·positions × C·K] = dY·W, added up into the image. */
export const convInputGrad: Op<ConvGradAttrs> = {
  name: 'ConvInputGrad',
  infer: (inputs, attrs) => {
    takes(inputs, 2, 2, 'a gradient and filters');
    const [dy, w] = inputs as [TensorSpec, TensorSpec];
    checkForward(dy, convolved(attrs.shape, w.shape, attrs));
    return [{ dtype: floatType(inputs), shape: attrs.shape }];
  },
  cost: (inputs, outputs, attrs) => {
    const { group = 1 } = attrs;
    const w = inputs[1]!.shape;
    const { positions, patch, filters } = productOf(inputs[0]!.shape, w, group);
    const kernel = convolutionOf('input-gradient', attrs.shape, w, inputs[0]!.shape, attrs);
    const gemm = { m: positions, n: patch, k: filters };
    return convWork(classOf(w, attrs), gemm, group, 0, inputs, outputs, kernel);
  },
  // Linear in both: the derivative in dY is the convolution itself.
  gradient: ({ builder, inputs: [dy, w], attrs: { shape: _, ...attrs }, dy: [g] }) => [
    builder.add(conv, [g!, w!], attrs),
    builder.add(convFilterGrad, [dy!, g!], { ...attrs, shape: w!.spec.shape }),
  ],
};

/** (dY, X) → dW of shape `shape`: dW [O × C·K] = dYᵀ·col. */
export const convFilterGrad: Op<ConvGradAttrs> = {
  name: 'ConvFilterGrad',
  infer: (inputs, attrs) => {
    takes(inputs, 2, 2, 'a gradient and images');
    const [dy, x] = inputs as [TensorSpec, TensorSpec];
    checkForward(dy, convolved(x.shape, attrs.shape, attrs));
    return [{ dtype: floatType(inputs), shape: attrs.shape }];
  },
  cost: (inputs, outputs, attrs) => {
    const { group = 1 } = attrs;
    const w = outputs[0]!.shape;
    const { positions, patch, filters } = productOf(inputs[0]!.shape, w, group);
    const kernel = convolutionOf('filter-gradient', inputs[1]!.shape, w, inputs[0]!.shape, attrs);
    const gemm = { m: filters, n: patch, k: positions };
    return convWork(classOf(w, attrs), gemm, group, 0, inputs, outputs, kernel);
  },
  gradient: ({ builder, inputs: [dy, x], attrs: { shape: _, ...attrs }, dy: [g] }) => [
    builder.add(conv, [x!, g!], attrs),
    builder.add(convInputGrad, [dy!, g!], { ...attrs, shape: x!.spec.shape }),
  ],
};
