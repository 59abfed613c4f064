import type { DType } from '../base/dtype.ts';
import type { Work } from '../base/work.ts';
import type { ArithmeticType, DeviceModel, KernelClass } from './device.ts';

/** Seconds that one run of `work` occupies `device`'s compute stream; Infinity where it has no such kernels. */
export type CostModel = (work: Work, device: DeviceModel) => number;

/**
 * The plain roofline (Williams, Waterman and Patterson, "Roofline: an insightful visual performance model for multicore
 * architectures", CACM 2009): max(flops / peak, bytes / bandwidth), both as the datasheet has them. What other cost models are
 * compared with.
 */
export const plainRooflineSeconds: CostModel = (work, device) => {
  if (work.class === 'none') return 0;
  const peak = device.peak[arithmeticType(work.class, work.dtype, device)];
  if (peak === undefined) return Number.POSITIVE_INFINITY;
  const bytes = work.bytesRead + work.bytesWritten;
  return Math.max(work.flops / peak.value, bytes / device.memoryBytesPerSecond.value);
};

/**
 * The type that `device` computes an op in. Its libraries may multiply float32 in a narrower type. Element-wise ops
 * need no arithmetic of their own type: a device without it converts to float32, computes and converts back on the way
 * through its registers (integers go at float32's rate, an assumption), and moves the bytes of the tensors' type.
 * Products of unsigned and of narrower integers run as int8.
 */
export function arithmeticType(opClass: KernelClass, dtype: DType, device: DeviceModel): ArithmeticType {
  const multiplies = opClass !== 'vector' && opClass !== 'data';
  const chosen = multiplies ? device.multiplyType?.[dtype]?.type : undefined;
  if (chosen !== undefined) return chosen;
  if (device.peak[dtype] !== undefined || dtype === 'float64') return dtype;
  if (!multiplies) return 'float32';
  return EIGHT_BITS.has(dtype) ? 'int8' : dtype;
}

const EIGHT_BITS: ReadonlySet<DType> = new Set(['uint8', 'int4', 'uint4', 'int2', 'uint2']);
