import { isFloatType, isNarrowFloat } from '../../base/dtype.ts';
import type { Work } from '../../base/work.ts';
import { fail, type Op } from '../op.ts';
import { byteCount, elementCount, formatSpec, sameShape, type TensorSpec } from '../tensor-spec.ts';

/*
 * Optimizer updates with TensorFlow's names and arithmetic. The first inputs are the variable and its slots, which the
 * op changes together from their values now; the last is the gradient, which may be of a narrower floating-point type: it
 * is widened as it is read. Output: the variable's new value.
 */

/** A variable, `slots` more of its type and shape, `scalars` of its type, and a gradient like the variable. */
function inferUpdate(inputs: readonly TensorSpec[], slots: number, scalars = 0): readonly TensorSpec[] {
  const expected = 1 + slots + scalars + 1;
  if (inputs.length !== expected) fail(`takes ${expected} inputs`);
  const variable = inputs[0]!;
  for (const [i, input] of inputs.entries()) {
    const scalar = i > slots && i <= slots + scalars;
    const shape = scalar ? [] : variable.shape;
    const widened = i === expected - 1 && isNarrowFloat(input.dtype) && isFloatType(variable.dtype);
    if ((input.dtype === variable.dtype || widened) && sameShape(input.shape, shape)) continue;
    fail(`input ${i} is ${formatSpec(input)}, not ${formatSpec({ dtype: variable.dtype, shape })}`);
  }
  return [variable];
}

/** `flops` per element; reads the variable, its slots and the gradient, and writes the variable and its slots. */
function updateWork(inputs: readonly TensorSpec[], flops: number, slots: number): Work {
  const variable = inputs[0]!;
  return {
    class: 'vector',
    dtype: variable.dtype,
    flops: flops * elementCount(variable.shape),
    bytesRead: (1 + slots) * byteCount(variable) + byteCount(inputs.at(-1)!),
    bytesWritten: (1 + slots) * byteCount(variable),
  };
}

export type MomentumAttrs = {
  readonly learningRate: number;
  readonly momentum: number;
  /** Nesterov's momentum: the gradient as it will be after the next step along the velocity. */
  readonly useNesterov?: boolean;
};

/**
 * Momentum (Polyak 1964; Sutskever et al. 2013 for Nesterov's), inputs variable, velocity, gradient:
 * velocity := momentum · velocity + gradient; variable := variable − learningRate · velocity, or, with Nesterov,
 * variable − learningRate · (gradient + momentum · velocity). 4 flops per element, 6 with Nesterov.
 */
export const applyMomentum: Op<MomentumAttrs> = {
  name: 'ApplyMomentum',
  changes: 2,
  infer: (inputs) => inferUpdate(inputs, 1),
  cost: (inputs, _outputs, { useNesterov }) => updateWork(inputs, useNesterov ? 6 : 4, 1),
};

export type AdagradAttrs = {
  readonly learningRate: number;
  /** Added to the root; 0 unless given, since the first sum is above zero. */
  readonly epsilon?: number;
};

/**
 * Adagrad (Duchi, Hazan, Singer 2011), inputs variable, sum of squares, gradient: sum := sum + gradient²;
 * variable := variable − learningRate · gradient / (√sum + epsilon). 6 flops per element, 7 with epsilon.
 */
export const applyAdagrad: Op<AdagradAttrs> = {
  name: 'ApplyAdagrad',
  changes: 2,
  infer: (inputs) => inferUpdate(inputs, 1),
  cost: (inputs, _outputs, { epsilon = 0 }) => updateWork(inputs, epsilon === 0 ? 6 : 7, 1),
};

export type AdamAttrs = {
  readonly learningRate: number;
  /** Decay of the first and of the second moment per step. */
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
};

/**
 * Adam (Kingma & Ba 2015, in the form of the end of section 2), inputs variable, first and second moment, beta1 and
 * beta2 to the power of the step, gradient: m := m + (1 − beta1) · (gradient − m); v := v + (1 − beta2) ·
 * (gradient² − v); variable := variable − rate · m / (√v + epsilon), where rate = learningRate · √(1 − beta2Power) /
 * (1 − beta1Power). 12 flops per element: 3 for m, 4 for v, 5 for the variable.
 */
export const applyAdam: Op<AdamAttrs> = {
  name: 'ApplyAdam',
  changes: 3,
  infer: (inputs) => inferUpdate(inputs, 2, 2),
  cost: (inputs) => updateWork(inputs, 12, 2),
};
