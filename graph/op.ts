import type { Work } from '../base/work.ts';
import type { GraphBuilder, Value } from './builder.ts';
import type { StoredBytes } from './stored-bytes.ts';
import type { TensorData } from './tensor.ts';
import type { TensorSpec } from './tensor-spec.ts';

/** Attribute values are plain data, so that a graph can be printed, compared and stored. */
export type Attr =
  | number
  | string
  | boolean
  | readonly number[]
  | readonly string[]
  | TensorData
  | StoredBytes;
/** Attributes of a node, by name. */
export type Attrs = { readonly [key: string]: Attr | undefined };

/** What a gradient function sees: one forward node and the gradients that arrived at its outputs. */
export interface GradientCall<A> {
  readonly builder: GraphBuilder;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attrs: A;
  /** Per output: its gradient, or undefined where none flows. At least one is defined. */
  readonly dy: readonly (Value | undefined)[];
}

/** Per input: its gradient as a node of the same graph, or undefined where none flows back. */
export type Gradient<A> = (call: GradientCall<A>) => readonly (Value | undefined)[];

/**
 * One op, as a row: each interpretation of a graph is one column of it. (Kernels are a second table,
 * in executor/, so that a graph can be simulated without any.)
 */
export interface Op<A = Attrs> {
  /** ONNX's name where ONNX has the op; TensorFlow's for state and communication. */
  readonly name: string;
  /** Specs of the outputs. Throws through `fail` where inputs or attributes do not fit. */
  infer(inputs: readonly TensorSpec[], attrs: A): readonly TensorSpec[];
  /** What one run asks of a device. */
  cost(inputs: readonly TensorSpec[], outputs: readonly TensorSpec[], attrs: A): Work;
  /** Undefined where the op has no derivative (integer results, state, communication). */
  readonly gradient?: Gradient<A>;
  /** The first so many inputs are variables that the op changes: it runs where they are. None where not given. */
  readonly changes?: number;
  /** True where the op is run for what it does beside its outputs, such as writing a file. */
  readonly effect?: true;
}

/** A shape or type mistake in a graph; the builder adds the node's name. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

export function fail(message: string): never {
  throw new ShapeError(message);
}
