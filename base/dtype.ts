/**
 * Element types of tensors and the bytes of one element: fractions where several share a byte. Names are ONNX's, in
 * lower case. Text, complex numbers and sequences are no types of ours.
 */
export const DTYPE_BYTES = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  float8e4m3fn: 1,
  float8e4m3fnuz: 1,
  float8e5m2: 1,
  float8e5m2fnuz: 1,
  float8e8m0: 1,
  float4e2m1: 0.5,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  int4: 0.5,
  int2: 0.25,
  uint64: 8,
  uint32: 4,
  uint16: 2,
  uint8: 1,
  uint4: 0.5,
  uint2: 0.25,
  bool: 1,
} as const;

/** Element types of tensors, by ONNX’s names; their sizes in bytes are DTYPE_BYTES. */
export type DType = keyof typeof DTYPE_BYTES;

/** Floating-point types narrower than float32; their values are computed in float32 and rounded. */
export type NarrowFloat =
  | 'float16'
  | 'bfloat16'
  | 'float8e4m3fn'
  | 'float8e4m3fnuz'
  | 'float8e5m2'
  | 'float8e5m2fnuz'
  | 'float8e8m0'
  | 'float4e2m1';

export function isFloatType(dtype: DType): boolean {
  return dtype.startsWith('float') || dtype === 'bfloat16';
}

export function isNarrowFloat(dtype: DType): dtype is NarrowFloat {
  return isFloatType(dtype) && dtype !== 'float32' && dtype !== 'float64';
}

/** Bits and signedness of an integer type, and its least and greatest value; undefined of the other types. */
export function integerRange(
  dtype: DType,
):
  | { readonly bits: number; readonly signed: boolean; readonly least: bigint; readonly greatest: bigint }
  | undefined {
  const [, unsigned, digits] = /^(u?)int(\d+)$/.exec(dtype) ?? [];
  if (digits === undefined) return undefined;
  const bits = Number(digits);
  const signed = unsigned === '';
  const greatest = 2n ** BigInt(signed ? bits - 1 : bits) - 1n;
  return { bits, signed, least: signed ? -greatest - 1n : 0n, greatest };
}
