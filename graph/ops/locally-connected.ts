import type { Work } from '../../base/work.ts';
import { fail, type Op } from '../op.ts';
import { elementCount, formatSpec, sameShape, type TensorSpec } from '../tensor-spec.ts';
import { floatType, type NoAttrs, rank, takes } from './checks.ts';
import { bytesOf } from './costs.ts';

/*
 * Locally connected layers: windows that move by one over images [N, C, H, W], as those of a convolution without padding, but
 * with filters of their own at each position, [P, Q, O, C, kernel height, kernel width] at P × Q positions. (Keras calls the
 * layer LocallyConnected2D; Dean et al. 2012 and Le et al. 2012 build their image networks of it.) Each position is a product
 * of its patches [N × C·K] with its filters [O × C·K], K the elements of a kernel, and each gradient a product of as many
 * flops. Bytes: each tensor once; patches are not copied.
 */

/** Shape of what filters of shape `w` make of images of shape `x`: [N, O, P, Q]. */
function connected(x: readonly number[], w: readonly number[]): readonly number[] {
  const [n, c, ...extents] = x as [number, number, number, number];
  const [p, q, filters, channels, ...kernel] = w as [number, number, number, number, number, number];
  if (c !== channels) fail(`${c} channels, but filters for ${channels}`);
  for (const [axis, positions] of [p, q].entries()) {
    const has = extents[axis]! - kernel[axis]! + 1;
    if (has !== positions)
      fail(`filters at ${positions} positions, but a window of ${kernel[axis]} has ${has}`);
  }
  return [n, filters, p, q];
}

function infer(
  inputs: readonly TensorSpec[],
  what: readonly [string, string],
  ranks: readonly [number, number],
  shapeOf: (a: readonly number[], b: readonly number[]) => readonly number[],
): readonly TensorSpec[] {
  takes(inputs, 2, 2, `${what[0]} and ${what[1]}`);
  const [a, b] = inputs as [TensorSpec, TensorSpec];
  rank(a, ranks[0], what[0]);
  rank(b, ranks[1], what[1]);
  return [{ dtype: floatType(inputs), shape: shapeOf(a.shape, b.shape) }];
}

function work(
  w: readonly number[],
  gemm: { readonly m: number; readonly n: number; readonly k: number },
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
): Work {
  const count = w[0]! * w[1]!;
  return {
    class: 'conv',
    dtype: inputs[0]!.dtype,
    flops: 2 * gemm.m * gemm.n * gemm.k * count,
    bytesRead: bytesOf(inputs),
    bytesWritten: bytesOf(outputs),
    gemm: { ...gemm, count },
  };
}

/** Elements that one result sees: C · kernel height · kernel width. */
const patch = (w: readonly number[]): number => elementCount(w.slice(3));

/** (X, W) → Y. */
export const locallyConnected: Op<NoAttrs> = {
  name: 'LocallyConnected',
  infer: (inputs) => infer(inputs, ['images', 'filters per position'], [4, 6], connected),
  cost: (inputs, outputs) => {
    const w = inputs[1]!.shape;
    return work(w, { m: inputs[0]!.shape[0]!, n: w[2]!, k: patch(w) }, inputs, outputs);
  },
  gradient: ({ builder, inputs: [x, w], dy: [dy] }) => [
    builder.add(locallyConnectedInputGrad, [dy!, w!], {}),
    builder.add(locallyConnectedFilterGrad, [dy!, x!], {}),
  ],
};

/** (dY, W) → dX: per position dY [N × O] · W, added up into the images. */
export const locallyConnectedInputGrad: Op<NoAttrs> = {
  name: 'LocallyConnectedInputGrad',
  infer: (inputs) =>
    infer(inputs, ['gradients', 'filters per position'], [4, 6], (dy, w) => {
      const x = [dy[0]!, w[3]!, w[0]! + w[4]! - 1, w[1]! + w[5]! - 1];
      if (!sameShape(connected(x, w), dy)) fail(`${formatSpec(inputs[0]!)} is not what the filters make`);
      return x;
    }),
  cost: (inputs, outputs) => {
    const w = inputs[1]!.shape;
    return work(w, { m: inputs[0]!.shape[0]!, n: patch(w), k: w[2]! }, inputs, outputs);
  },
  // Linear in both: the derivative in dY is the layer itself.
  gradient: ({ builder, inputs: [dy, w], dy: [g] }) => [
    builder.add(locallyConnected, [g!, w!], {}),
    builder.add(locallyConnectedFilterGrad, [dy!, g!], {}),
  ],
};

/** (dY, X) → dW: per position dYᵀ [O × N] · patches. */
export const locallyConnectedFilterGrad: Op<NoAttrs> = {
  name: 'LocallyConnectedFilterGrad',
  infer: (inputs) =>
    infer(inputs, ['gradients', 'images'], [4, 4], ([n, o, p, q], [images, c, height, width]) => {
      if (n !== images) fail(`gradients of ${n} images, given ${images}`);
      if (p! > height! || q! > width!) fail(`${p}×${q} positions in images of ${height}×${width}`);
      return [p!, q!, o!, c!, height! - p! + 1, width! - q! + 1];
    }),
  cost: (inputs, outputs) => {
    const w = outputs[0]!.shape;
    return work(w, { m: w[2]!, n: patch(w), k: inputs[0]!.shape[0]! }, inputs, outputs);
  },
  gradient: ({ builder, inputs: [dy, x], dy: [g] }) => [
    builder.add(locallyConnected, [x!, g!], {}),
    builder.add(locallyConnectedInputGrad, [dy!, g!], {}),
  ],
};

export const ROWS = {
  LocallyConnected: locallyConnected,
  LocallyConnectedInputGrad: locallyConnectedInputGrad,
  LocallyConnectedFilterGrad: locallyConnectedFilterGrad,
} as const;
