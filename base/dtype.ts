/** Element types of tensors. float16 and bfloat16 are costed, not executed. */
export const DTYPE_BYTES = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int8: 1,
  uint8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
} as const;

export type DType = keyof typeof DTYPE_BYTES;
