import type { GraphBuilder, Value } from '../builder.ts';
import { fail, type Op } from '../op.ts';
import { elementCount, type TensorSpec } from '../tensor-spec.ts';
import { axisIndex, axisIndices, floatType, takes } from './checks.ts';
import { equal } from './comparison.ts';
import { flopPerInput, vectorWork } from './costs.ts';
import { div, mul } from './elementwise.ts';
import { cast, expand, reshape } from './shape.ts';
import { constant } from './state.ts';

/** ONNX's reductions: all axes where none are given, and the reduced axes stay with extent 1 unless told otherwise. */
export type ReduceAttrs = {
  readonly axes?: readonly number[];
  readonly keepdims?: boolean;
};

export type ArgMaxAttrs = {
  readonly axis?: number;
  readonly keepdims?: boolean;
};

/** The shape after a reduction over `axes` (ascending). */
export function reducedShape(
  shape: readonly number[],
  axes: readonly number[],
  keepdims: boolean,
): readonly number[] {
  return keepdims
    ? shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
    : shape.filter((_, axis) => !axes.includes(axis));
}

function inferReduction(inputs: readonly TensorSpec[], { axes, keepdims = true }: ReduceAttrs): [TensorSpec] {
  takes(inputs, 1, 1, 'one tensor');
  const { dtype, shape } = inputs[0]!;
  if (dtype === 'bool') fail('has no arithmetic on bool');
  return [{ dtype, shape: reducedShape(shape, axisIndices(axes, shape.length), keepdims) }];
}

/** `y`, the result of reducing x, with the reduced axes back as extents of 1. */
function withReducedAxes(builder: GraphBuilder, y: Value, x: Value, { axes, keepdims }: ReduceAttrs): Value {
  if (keepdims ?? true) return y;
  const { shape } = x.spec;
  const kept = reducedShape(shape, axisIndices(axes, shape.length), true);
  return builder.add(reshape, [y], { shape: kept, allowzero: true });
}

/** One addition per input element. */
export const reduceSum: Op<ReduceAttrs> = {
  name: 'ReduceSum',
  infer: inferReduction,
  cost: flopPerInput,
  gradient: ({ builder, inputs: [x], attrs, dy: [dy] }) => [
    builder.add(expand, [withReducedAxes(builder, dy!, x!, attrs)], { shape: x!.spec.shape }),
  ],
};

/** One addition per input element and one division per output element. */
export const reduceMean: Op<ReduceAttrs> = {
  name: 'ReduceMean',
  infer: (inputs, attrs) => {
    floatType(inputs);
    return inferReduction(inputs, attrs);
  },
  cost: (inputs, outputs) =>
    vectorWork(elementCount(inputs[0]!.shape) + elementCount(outputs[0]!.shape), inputs, outputs),
  gradient: ({ builder, inputs: [x], outputs: [y], attrs, dy: [dy] }) => {
    const { dtype, shape } = x!.spec;
    const share = elementCount(y!.spec.shape) / elementCount(shape);
    const scale = builder.add(constant, [], { dtype, shape: [], value: [share] });
    // Scaled before expanded: the smaller tensor.
    const scaled = builder.add(mul, [withReducedAxes(builder, dy!, x!, attrs), scale], {});
    return [builder.add(expand, [scaled], { shape })];
  },
};

/** One comparison per input element. */
export const reduceMax: Op<ReduceAttrs> = {
  name: 'ReduceMax',
  infer: inferReduction,
  cost: flopPerInput,
  // Equal maxima share the gradient evenly: dx = [x = y] · dy / (number of maxima).
  gradient: ({ builder, inputs: [x], outputs: [y], attrs, dy: [dy] }) => {
    const isMax = builder.add(equal, [x!, withReducedAxes(builder, y!, x!, attrs)], {});
    const mask = builder.add(cast, [isMax], { to: x!.spec.dtype });
    const count = builder.add(reduceSum, [mask], { axes: attrs.axes, keepdims: true });
    const share = builder.add(div, [withReducedAxes(builder, dy!, x!, attrs), count], {});
    return [builder.add(mul, [mask, share], {})];
  },
};

/** Index of the first greatest element along an axis, int64. One comparison per input element. No derivative. */
export const argMax: Op<ArgMaxAttrs> = {
  name: 'ArgMax',
  infer: (inputs, { axis = 0, keepdims = true }) => {
    takes(inputs, 1, 1, 'one tensor');
    const { shape } = inputs[0]!;
    return [{ dtype: 'int64', shape: reducedShape(shape, [axisIndex(axis, shape.length)], keepdims) }];
  },
  cost: flopPerInput,
};
