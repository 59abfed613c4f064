import { type DType, isFloatType, isNarrowFloat } from '../../base/dtype.ts';
import { fail, type Op } from '../op.ts';
import { type Literal, StoredBytes } from '../stored-bytes.ts';
import { type Tensor, type TensorData, tensor } from '../tensor.ts';
import { byteCount, elementCount, filledCount, sameShape, spec, type TensorSpec } from '../tensor-spec.ts';
import { noWork } from './costs.ts';

/*
 * State, feeds and communication, after TensorFlow (white paper 2015, sections 2, 3.2.2 and 4.4; OSDI'16,
 * section 4.4). A variable is a node whose output is its value at the moment that the node runs; ops that change
 * it take that output as their first input, which names the variable and orders the change after the read.
 */

const int64Scalar: TensorSpec = spec('int64');

type TensorAttrs = { readonly dtype: DType; readonly shape: readonly number[] };

/** A value that the caller feeds. Output: the fed tensor. */
export const placeholder: Op<TensorAttrs> = {
  name: 'Placeholder',
  infer: (inputs, attrs) =>
    inputs.length === 0 ? [{ dtype: attrs.dtype, shape: attrs.shape }] : fail('takes no input'),
  cost: noWork,
};

/** A fixed tensor: `value` holds one number for every element, or one for all, or the elements as a file holds them. */
export const constant: Op<TensorAttrs & { readonly value: Literal }> = {
  name: 'Constant',
  infer: (_inputs, { dtype, shape, value }) => {
    checkLiteral(dtype, shape, value);
    return [{ dtype, shape }];
  },
  cost: noWork,
};

function checkLiteral(dtype: DType, shape: readonly number[], value: Literal): void {
  if (value instanceof StoredBytes) {
    const expected = byteCount({ dtype, shape });
    if (value.bytes.length !== expected) fail(`${value.bytes.length} bytes for ${expected}`);
  } else if (value.length !== 1 && value.length !== elementCount(shape)) {
    fail(`${value.length} values for ${elementCount(shape)} elements`);
  }
}

const literals = new WeakMap<object, Tensor>();

/** The tensor that a literal stands for; made once per attribute object. */
export function literalTensor(attrs: TensorAttrs & { readonly value: Literal }): Tensor {
  const { dtype, shape, value } = attrs;
  if (value instanceof StoredBytes) return value.tensor(dtype, shape);
  let made = literals.get(attrs);
  if (made === undefined) {
    made =
      !Array.isArray(value) && value.length === elementCount(shape)
        ? { spec: { dtype, shape }, data: value as TensorData }
        : tensor(dtype, shape, value);
    literals.set(attrs, made);
  }
  return made;
}

export type VariableAttrs = TensorAttrs & {
  /** Trainable variables are parameters: counted, differentiated and updated. */
  readonly trainable: boolean;
  readonly initializer: Initializer;
  /** What a `value` variable starts from, such as the weights of an imported model. */
  readonly value?: Literal;
  /** Inputs and outputs that one unit of a `glorot` or (inputs only) `he` variable sees. */
  readonly fanIn?: number;
  readonly fanOut?: number;
  /** Ends of `uniform`; −0.05 and 0.05 unless given. */
  readonly low?: number;
  readonly high?: number;
  /** Of `normal` and `truncatedNormal`; 0 and 0.05 unless given. */
  readonly mean?: number;
  readonly deviation?: number;
  /**
   * Of a variable that is a part of a larger one: the shape of all of it, and where the part begins, index by index. Its
   * first value is that part of the first value of all. Not of `value` variables, whose value is the part's own.
   */
  readonly whole?: readonly number[];
  readonly origin?: readonly number[];
  /** Of a copy of another variable: its name, after which the stream is named, so that both begin equal. */
  readonly drawnAs?: string;
  /** Of `copy` variables. */
  readonly copy?: VariableCopy;
};

/**
 * A variable that begins as a part of another, which need not exist, or as all of it: with as many elements of that one's
 * first value, in one row, as it has itself, from element `part` times that many on, and zeros where it has ended.
 */
export type VariableCopy = {
  readonly of: string;
  readonly attrs: VariableAttrs;
  /** A number, or a coordinate of the loop such as `{replica}`. */
  readonly part: string;
};

/**
 * First value of a variable: zeros, ones, a given value, that of another variable, or drawn from the stream named after it: uniform, normal, normal
 * without what is beyond two deviations (drawn again), `glorot` (uniform in ±√(6 / (fanIn + fanOut)); Glorot & Bengio
 * 2010, equation 16), `he` (normal with deviation √(2 / fanIn); He et al. 2015, equation 10).
 */
export type Initializer =
  | 'zeros'
  | 'ones'
  | 'value'
  | 'copy'
  | 'uniform'
  | 'normal'
  | 'truncatedNormal'
  | 'glorot'
  | 'he';

/** Output: the variable's value when the node runs. Reading copies nothing. */
export const variable: Op<VariableAttrs> = {
  name: 'Variable',
  infer: (_inputs, { dtype, shape, initializer, value, whole, origin }) => {
    if (initializer === 'value') checkLiteral(dtype, shape, value ?? fail('a first value is missing'));
    if (whole !== undefined) checkPart(shape, whole, origin ?? fail('where the part begins is missing'));
    return [{ dtype, shape }];
  },
  cost: noWork,
};

function checkPart(shape: readonly number[], whole: readonly number[], origin: readonly number[]): void {
  const fits =
    whole.length === shape.length &&
    origin.length === shape.length &&
    shape.every((extent, axis) => origin[axis]! >= 0 && origin[axis]! + extent <= whole[axis]!);
  if (!fits) fail(`[${shape.join(',')}] from [${origin.join(',')}] on is no part of [${whole.join(',')}]`);
}

function inferChange(inputs: readonly TensorSpec[], widens = false): readonly TensorSpec[] {
  const [target, change] = inputs;
  if (target === undefined || change === undefined || inputs.length !== 2)
    fail('takes a variable and a tensor');
  const widened = widens && isNarrowFloat(change.dtype) && isFloatType(target.dtype);
  if ((target.dtype !== change.dtype && !widened) || !sameShape(target.shape, change.shape)) {
    fail('the variable and the tensor differ in type or shape');
  }
  return [target];
}

/** variable := tensor. Output: the new value. Reads and writes the tensor once. */
export const assign: Op<Record<never, never>> = {
  name: 'Assign',
  changes: 1,
  infer: (inputs) => inferChange(inputs),
  cost: ([target]) => ({
    class: 'data',
    dtype: target!.dtype,
    flops: 0,
    bytesRead: byteCount(target!),
    bytesWritten: byteCount(target!),
  }),
};

/** variable := variable + tensor. Output: the new value. One addition per element, two reads, one write. */
export const assignAdd: Op<Record<never, never>> = {
  name: 'AssignAdd',
  changes: 1,
  infer: (inputs) => inferChange(inputs),
  cost: ([target]) => ({
    class: 'vector',
    dtype: target!.dtype,
    flops: elementCount(target!.shape),
    bytesRead: 2 * byteCount(target!),
    bytesWritten: byteCount(target!),
  }),
};

/**
 * Stochastic gradient descent: variable := variable − learningRate · gradient, which may be of a narrower floating-point
 * type: it is widened as it is read. Output: the new value. One multiplication and one subtraction per element; reads
 * variable and gradient, writes the variable.
 */
export const applyGradientDescent: Op<{ readonly learningRate: number }> = {
  name: 'ApplyGradientDescent',
  changes: 1,
  infer: (inputs) => inferChange(inputs, true),
  cost: ([target, gradient]) => ({
    class: 'vector',
    dtype: target!.dtype,
    flops: 2 * elementCount(target!.shape),
    bytesRead: byteCount(target!) + byteCount(gradient!),
    bytesWritten: byteCount(target!),
  }),
};

export type AccumulatorAttrs = {
  /** Name of the shared accumulator. */
  readonly accumulator: string;
  /** Gradients of one step after which it releases their mean. */
  readonly required: number;
};

/**
 * Hands a gradient, computed from the parameters of step `localStep` (last input, int64 scalar), to an
 * accumulator. A gradient of an earlier step than the accumulator's is dropped (OSDI'16, section 4.4).
 * One addition per element; reads sum and gradient, writes the sum.
 *
 * The gradient of rows that were looked up comes as two tensors, the rows' gradients and their ids, and is kept beside
 * those of the others rather than added (TensorFlow's SparseConditionalAccumulator): a copy.
 */
export const accumulatorApply: Op<AccumulatorAttrs> = {
  name: 'AccumulatorApply',
  effect: true,
  infer: (inputs) =>
    inputs.length === 2 || inputs.length === 3 ? [] : fail('takes a gradient, or rows and ids, and a step'),
  cost: (inputs) => {
    const gradient = inputs[0]!;
    if (inputs.length === 3) {
      const bytes = byteCount(gradient) + byteCount(inputs[1]!);
      return { class: 'data', dtype: gradient.dtype, flops: 0, bytesRead: bytes, bytesWritten: bytes };
    }
    return {
      class: 'vector',
      dtype: gradient.dtype,
      flops: elementCount(gradient.shape),
      bytesRead: 2 * byteCount(gradient),
      bytesWritten: byteCount(gradient),
    };
  },
};

export type AccumulatorTakeAttrs = AccumulatorAttrs &
  TensorAttrs & {
    /** Of gradients of rows: shape of the ids (int64) that each of them has, and share of them that there are. */
    readonly ids?: readonly number[];
    readonly filled?: number;
  };

/**
 * Waits until the accumulator has `required` gradients of its step, then outputs their mean: a tensor of shape `shape`, or,
 * of gradients of rows, the rows' of all divided by `required`, [required, ids …, …], and their ids [required, ids …].
 * One division per element; one read, one write.
 */
export const accumulatorTake: Op<AccumulatorTakeAttrs> = {
  name: 'AccumulatorTake',
  infer: (_inputs, { dtype, shape, required, ids, filled }) => {
    if (ids === undefined) return [{ dtype, shape }];
    const share = filled === undefined ? {} : { filled };
    return [
      { dtype, shape: [required, ...ids, ...shape.slice(1)], ...share },
      { dtype: 'int64', shape: [required, ...ids], ...share },
    ];
  },
  cost: (_inputs, outputs) => {
    const bytes = outputs.reduce((sum, output) => sum + byteCount(output), 0);
    const [average] = outputs;
    return {
      class: 'vector',
      dtype: average!.dtype,
      flops: filledCount(average!),
      bytesRead: bytes,
      bytesWritten: bytes,
    };
  },
};

export type QueueAttrs = {
  /** Name of the shared queue. `{replica}` stands for the number of the replica whose loop runs the node. */
  readonly queue: string;
};

/** Puts the newest step token (int64 scalar) into a queue of capacity one, in place of one not yet taken. */
export const tokenEnqueue: Op<QueueAttrs> = {
  name: 'TokenEnqueue',
  effect: true,
  infer: (inputs) => (inputs.length === 1 ? [] : fail('takes a step token')),
  cost: noWork,
};

/** Waits for a step token. Output: the step (int64 scalar). */
export const tokenDequeue: Op<QueueAttrs> = {
  name: 'TokenDequeue',
  infer: () => [int64Scalar],
  cost: noWork,
};

export type RendezvousAttrs = TensorAttrs & {
  /** `tensor;source device;target device`, as in TensorFlow's rendezvous keys. */
  readonly key: string;
};

/** Starts moving a tensor to another device. Made by partition(), not by hand. */
export const send: Op<RendezvousAttrs> = {
  name: 'Send',
  infer: (inputs) => (inputs.length <= 1 ? [] : fail('takes one tensor')),
  cost: noWork,
};

/** The tensor of the Send with the same key, when it has arrived. */
export const recv: Op<RendezvousAttrs> = {
  name: 'Recv',
  infer: (_inputs, { dtype, shape }) => [{ dtype, shape }],
  cost: noWork,
};

/** Does nothing; a point to hang control edges on. */
export const noOp: Op<Record<never, never>> = { name: 'NoOp', infer: () => [], cost: noWork };
