import type { DType } from '../base/dtype.ts';
import { invariant } from '../base/errors.ts';
import { elementCount, type TensorSpec } from '../graph/tensor-spec.ts';

export type TensorData = Float32Array | Int8Array | Uint8Array | Int32Array | BigInt64Array;

/** A value: row-major data with its spec. Never changed in place once made. bool is stored as 0 / 1 bytes. */
export interface Tensor {
  readonly spec: TensorSpec;
  readonly data: TensorData;
}

const STORAGE = {
  float32: Float32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
} as const;

/** Types that can be executed; the others are only costed. */
export type ExecutedDType = keyof typeof STORAGE;

/** A tensor of zeros. */
export function zeros(dtype: DType, shape: readonly number[]): Tensor {
  if (!(dtype in STORAGE)) throw new TypeError(`${dtype} is a costed type; it cannot be executed`);
  return { spec: { dtype, shape }, data: new STORAGE[dtype as ExecutedDType](elementCount(shape)) };
}

export function float32(shape: readonly number[], values: ArrayLike<number>): Tensor {
  return { spec: { dtype: 'float32', shape }, data: Float32Array.from(values) };
}

export function int64Scalar(value: number): Tensor {
  return { spec: { dtype: 'int64', shape: [] }, data: BigInt64Array.of(BigInt(value)) };
}

/** A tensor of any executed type from numbers; one number fills the whole tensor. */
export function tensor(dtype: DType, shape: readonly number[], values: ArrayLike<number>): Tensor {
  const result = zeros(dtype, shape);
  const { data } = result;
  const fill = values.length === 1;
  if (!fill && values.length !== data.length) {
    throw new RangeError(`${values.length} values for ${data.length} elements`);
  }
  if (data instanceof BigInt64Array) {
    for (let i = 0; i < data.length; i++) data[i] = BigInt(values[fill ? 0 : i]!);
  } else if (fill) data.fill(values[0]!);
  else data.set(values);
  return result;
}

/** The elements as numbers. */
export function numbers(value: Tensor): number[] {
  return Array.from(value.data as ArrayLike<number | bigint>, Number);
}

/** A kernel's float32 result around data that it made. */
export function float32Result(shape: readonly number[], data: Float32Array): Tensor {
  return { spec: { dtype: 'float32', shape }, data };
}

/** The data of a float32 tensor. */
export function floats(value: Tensor): Float32Array {
  invariant(value.data instanceof Float32Array, `a kernel needs float32, given ${value.spec.dtype}`);
  return value.data;
}
