import { type DType, isNarrowFloat } from '../base/dtype.ts';
import { invariant } from '../base/errors.ts';
import { roundAll } from '../base/narrow-floats.ts';
import { elementCount, type TensorSpec } from './tensor-spec.ts';

export type FloatData = Float32Array | Float64Array;
/** Elements in row-major order, in the typed array of the element type. */
export type TensorData =
  | FloatData
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/**
 * A value: row-major data with its spec. Never changed in place once made. Types narrower than their storage keep one
 * element per storage element: float16, bfloat16 and the 8- and 4-bit floats as the float32 of the same value, 4- and
 * 2-bit integers as 8-bit ones, bool as 0 / 1.
 */
export interface Tensor {
  readonly spec: TensorSpec;
  readonly data: TensorData;
}

/** The array type that holds elements of each type. */
export const STORAGE = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Float32Array,
  bfloat16: Float32Array,
  float8e4m3fn: Float32Array,
  float8e4m3fnuz: Float32Array,
  float8e5m2: Float32Array,
  float8e5m2fnuz: Float32Array,
  float8e8m0: Float32Array,
  float4e2m1: Float32Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  int4: Int8Array,
  int2: Int8Array,
  uint64: BigUint64Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  uint4: Uint8Array,
  uint2: Uint8Array,
  bool: Uint8Array,
} as const satisfies Record<DType, unknown>;

/** A tensor of zeros. */
export function zeros(dtype: DType, shape: readonly number[]): Tensor {
  return { spec: { dtype, shape }, data: new STORAGE[dtype](elementCount(shape)) };
}

/** A float32 tensor of `shape` with `values` in row-major order, one per element. */
export function float32(shape: readonly number[], values: ArrayLike<number>): Tensor {
  return { spec: { dtype: 'float32', shape }, data: Float32Array.from(values) };
}

/** An int64 tensor without axes. `value` is a whole number. */
export function int64Scalar(value: number): Tensor {
  return { spec: { dtype: 'int64', shape: [] }, data: BigInt64Array.of(BigInt(value)) };
}

/** A tensor of any type from numbers, rounded to the type; one number fills the whole tensor. */
export function tensor(dtype: DType, shape: readonly number[], values: ArrayLike<number | bigint>): Tensor {
  const result = zeros(dtype, shape);
  const { data } = result;
  const fill = values.length === 1;
  if (!fill && values.length !== data.length) {
    throw new RangeError(`${values.length} values for ${data.length} elements`);
  }
  if (isWide(data)) {
    for (let i = 0; i < data.length; i++) data[i] = BigInt(values[fill ? 0 : i]!);
  } else if (fill) data.fill(Number(values[0]!));
  else for (let i = 0; i < data.length; i++) data[i] = Number(values[i]!);
  if (isNarrowFloat(dtype)) roundAll(dtype, data as Float32Array);
  return result;
}

/** Whether elements are bigints. */
export function isWide(data: TensorData): data is BigInt64Array | BigUint64Array {
  return data instanceof BigInt64Array || data instanceof BigUint64Array;
}

/** The elements as numbers. */
export function numbers(value: Tensor): number[] {
  return Array.from(value.data as ArrayLike<number | bigint>, Number);
}

/** The data of a tensor of float32 or a narrower floating-point type. */
export function floats(value: Tensor): Float32Array {
  invariant(value.data instanceof Float32Array, `a kernel needs float32, given ${value.spec.dtype}`);
  return value.data;
}

/** The data of a tensor of any floating-point type. */
export function anyFloats(value: Tensor): FloatData {
  const { data } = value;
  invariant(
    data instanceof Float32Array || data instanceof Float64Array,
    `a kernel needs floating-point numbers, given ${value.spec.dtype}`,
  );
  return data;
}
