import { DTYPE_BYTES, type DType } from '../base/dtype.ts';

/** Type and shape of a tensor. A scalar has shape []. */
export interface TensorSpec {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /**
   * Share of the elements that are there, on average: the rest is padding, of which nothing is stored or sent. All unless
   * given. Types and shapes are compared without it.
   */
  readonly filled?: number;
}

export function spec(dtype: DType, ...shape: readonly number[]): TensorSpec {
  return { dtype, shape };
}

export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const extent of shape) count *= extent;
  return count;
}

/** Elements that are there, on average (see `TensorSpec.filled`). */
export function filledCount({ shape, filled = 1 }: TensorSpec): number {
  return elementCount(shape) * filled;
}

export function byteCount(tensor: TensorSpec): number {
  return Math.ceil(filledCount(tensor) * DTYPE_BYTES[tensor.dtype]);
}

/** `float32[8,1,28,28]` */
export function formatSpec(tensor: TensorSpec): string {
  return `${tensor.dtype}[${tensor.shape.join(',')}]`;
}

/** The inverse of formatSpec; undefined where `text` is none of its results. */
export function parseSpec(text: string): TensorSpec | undefined {
  const [, dtype, extents] = /^(\w+)\[((?:\d{1,15}(?:,\d{1,15})*)?)\]$/.exec(text) ?? [];
  if (dtype === undefined || !Object.hasOwn(DTYPE_BYTES, dtype)) return undefined;
  return { dtype: dtype as DType, shape: extents === '' ? [] : extents!.split(',').map(Number) };
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, i) => extent === b[i]);
}

/**
 * The shape that both broadcast to under ONNX's multidirectional (NumPy's) rule: aligned at the last axis,
 * extents equal or one of them 1. Undefined where they do not.
 */
export function broadcastShape(a: readonly number[], b: readonly number[]): readonly number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const x = a[a.length - i] ?? 1;
    const y = b[b.length - i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    out[rank - i] = x === 1 ? y : x;
  }
  return out;
}
