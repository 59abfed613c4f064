import { fail, type Op } from '../op.ts';
import { elementCount, formatSpec, sameShape, type TensorSpec } from '../tensor-spec.ts';
import { axisIndex, takes } from './checks.ts';
import { bytesOf, moved, vectorWork } from './costs.ts';
import { filled, indexTensor } from './indices.ts';
import { scatterElements, scatterND } from './scatter.ts';

export type GatherAttrs = { readonly axis?: number };
export type GatherNDAttrs = {
  /** So many leading axes are shared by tensor and indices: each entry is looked up in its own part. */
  readonly batch_dims?: number;
};

function tensorAndIndices(inputs: readonly TensorSpec[]): readonly [TensorSpec, TensorSpec] {
  takes(inputs, 2, 2, 'a tensor and indices');
  indexTensor(inputs[1]!);
  return inputs as readonly [TensorSpec, TensorSpec];
}

/** Reads the indices and what they name (not the rest of the tensor); writes the result. */
const cost: Op['cost'] = ([, indices], outputs) => moved([...outputs, indices!], outputs);

/**
 * The slices of a tensor that the indices name along an axis, in the indices' shape; an embedding lookup. Negative
 * indices count from the end.
 */
export const gather: Op<GatherAttrs> = {
  name: 'Gather',
  infer: (inputs, { axis = 0 }) => {
    const [{ dtype, shape }, { shape: places, filled }] = tensorAndIndices(inputs);
    const taken = { dtype, shape: shape.toSpliced(axisIndex(axis, shape.length), 1, ...places) };
    return [filled === undefined ? taken : { ...taken, filled }];
  },
  cost,
  gradient: ({ builder, inputs: [x, indices], attrs, dy: [dy] }) => [
    builder.add(gatherGrad, [dy!, indices!], { ...attrs, shape: x!.spec.shape }),
    undefined,
  ],
};

/**
 * Zeros of shape `shape` to which each slice of dy is added where the indices took it from. One addition per element of
 * dy, whose sums are read and written; the zeros are written first.
 */
export const gatherGrad: Op<GatherAttrs & { readonly shape: readonly number[] }> = {
  name: 'GatherGrad',
  infer: (inputs, { axis = 0, shape }) => {
    const [dy, indices] = tensorAndIndices(inputs);
    const taken = shape.toSpliced(axisIndex(axis, shape.length), 1, ...indices.shape);
    return sameShape(dy.shape, taken) ? [{ dtype: dy.dtype, shape }] : fail(`the slices are [${taken}]`);
  },
  cost: ([dy, indices], outputs) => ({
    ...vectorWork(elementCount(dy!.shape), [dy!, indices!, dy!], outputs),
    bytesWritten: bytesOf([...outputs, dy!]),
  }),
  gradient: ({ builder, inputs: [, indices], attrs: { axis }, dy: [g] }) => [
    builder.add(gather, [g!, indices!], { axis }),
    undefined,
  ],
};

/** Element [… i …] of the result is [… indices[… i …] …] of the tensor, along an axis. */
export const gatherElements: Op<GatherAttrs> = {
  name: 'GatherElements',
  infer: (inputs, { axis = 0 }) => {
    const [{ dtype, shape }, indices] = tensorAndIndices(inputs);
    const along = axisIndex(axis, shape.length);
    within(indices, shape, along);
    return [{ dtype, shape: indices.shape }];
  },
  cost,
  gradient: ({ builder, inputs: [x, indices], attrs, dy: [dy] }) => [
    builder.add(scatterElements, [filled(builder, x!.spec, 0), indices!, dy!], {
      ...attrs,
      reduction: 'add',
    }),
    undefined,
  ],
};

/** Checks that indices along an axis are no larger than the tensor beside that axis. */
export function within(indices: TensorSpec, shape: readonly number[], axis: number): void {
  const fits =
    indices.shape.length === shape.length &&
    indices.shape.every((extent, i) => i === axis || extent <= shape[i]!);
  if (!fits)
    fail(`indices ${formatSpec(indices)} do not lie within [${shape.join(',')}] beside axis ${axis}`);
}

/** Shape of what the entries (last axis) of `indices` name in a tensor of shape `shape`, together. */
export function namedShape(
  shape: readonly number[],
  indices: readonly number[],
  batchDims: number,
): readonly number[] {
  const depth = indices.at(-1);
  if (depth === undefined || shape.length === 0) fail('needs a tensor and indices of at least one axis');
  if (batchDims < 0 || batchDims >= Math.min(shape.length, indices.length)) {
    fail(`${batchDims} shared axes of ${Math.min(shape.length, indices.length)}`);
  }
  if (!sameShape(shape.slice(0, batchDims), indices.slice(0, batchDims))) {
    fail(`the first ${batchDims} axes of tensor and indices differ`);
  }
  if (depth < 1 || batchDims + depth > shape.length)
    fail(`entries of ${depth} indices for [${shape.join(',')}]`);
  return [...indices.slice(0, -1), ...shape.slice(batchDims + depth)];
}

/** The elements or slices that the entries (last axis) of `indices` name, each by its leading coordinates. */
export const gatherND: Op<GatherNDAttrs> = {
  name: 'GatherND',
  infer: (inputs, { batch_dims = 0 }) => {
    const [{ dtype, shape }, indices] = tensorAndIndices(inputs);
    return [{ dtype, shape: namedShape(shape, indices.shape, batch_dims) }];
  },
  cost,
  gradient: ({ builder, inputs: [x, indices], attrs, dy: [dy] }) => [
    builder.add(scatterND, [filled(builder, x!.spec, 0), indices!, dy!], { ...attrs, reduction: 'add' }),
    undefined,
  ],
};
