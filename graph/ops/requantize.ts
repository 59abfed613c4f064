import { fail, type Op } from '../op.ts';
import { broadcastShape, elementCount, type TensorSpec } from '../tensor-spec.ts';
import { takes } from './checks.ts';
import { vectorWork } from './costs.ts';

/*
 * Element-wise ops on 8-bit integers that stand for numbers: real = scale · integer, without zero points. So an
 * inference accelerator works between its integer products; the TPU's Activate instruction reads 32-bit accumulators and
 * writes 8-bit activations (Jouppi et al., ISCA 2017, section 2). Results are rounded to the nearest integer, halves to
 * even, and held in −128 … 127. Bytes: each tensor once.
 */

export const ACTIVATIONS = ['linear', 'relu', 'sigmoid', 'tanh'] as const;

export type RequantizeAttrs = {
  readonly activation: (typeof ACTIVATIONS)[number];
  /** Of the input and of the result. */
  readonly scale: number;
  readonly resultScale: number;
};

const scaled = (scales: readonly number[]): void => {
  if (!scales.every((scale) => Number.isFinite(scale) && scale > 0)) fail('scales must be positive numbers');
};

const flopsPerElement = { linear: 2, relu: 3, sigmoid: 3, tanh: 3 } as const;

/**
 * int32 or int8 → int8: activation(scale · x) / resultScale. Two flops per element for the scales, one for the
 * activation; arithmetic of the result's type. Of int32, it finishes a product.
 */
export const requantize: Op<RequantizeAttrs> = {
  name: 'Requantize',
  infer: (inputs, { activation, scale, resultScale }) => {
    takes(inputs, 1, 1, 'one tensor');
    const { dtype, shape } = inputs[0]!;
    if (dtype !== 'int32' && dtype !== 'int8') fail(`takes int32 or int8, not ${dtype}`);
    if (!ACTIVATIONS.includes(activation))
      fail(`activation "${activation}" is none of ${ACTIVATIONS.join(', ')}`);
    scaled([scale, resultScale]);
    return [{ dtype: 'int8', shape }];
  },
  cost: (inputs, outputs, { activation }) => ({
    ...vectorWork(flopsPerElement[activation] * elementCount(inputs[0]!.shape), inputs, outputs),
    dtype: 'int8',
    ...(inputs[0]!.dtype === 'int32' && { isEpilogue: true }),
  }),
};

export type QuantizedPairAttrs = {
  readonly scaleA: number;
  readonly scaleB: number;
  readonly resultScale: number;
};

function inferPair(inputs: readonly TensorSpec[], attrs: QuantizedPairAttrs): readonly TensorSpec[] {
  takes(inputs, 2, 2, 'two tensors');
  const [a, b] = inputs as [TensorSpec, TensorSpec];
  if (a.dtype !== 'int8' || b.dtype !== 'int8') fail('takes int8');
  scaled([attrs.scaleA, attrs.scaleB, attrs.resultScale]);
  return [{ dtype: 'int8', shape: broadcastShape(a.shape, b.shape) ?? fail('the shapes do not broadcast') }];
}

/** (scaleA · a + scaleB · b) / resultScale. Four flops per element. */
export const quantizedAdd: Op<QuantizedPairAttrs> = {
  name: 'QuantizedAdd',
  infer: inferPair,
  cost: (inputs, outputs) => vectorWork(4 * elementCount(outputs[0]!.shape), inputs, outputs),
};

/** (scaleA · a) · (scaleB · b) / resultScale. Two flops per element: the scales are one factor. */
export const quantizedMul: Op<QuantizedPairAttrs> = {
  name: 'QuantizedMul',
  infer: inferPair,
  cost: (inputs, outputs) => vectorWork(2 * elementCount(outputs[0]!.shape), inputs, outputs),
};
