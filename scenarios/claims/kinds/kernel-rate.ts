import { UserError } from '../../../base/errors.ts';
import type { Work } from '../../../base/work.ts';
import type { DeviceModel } from '../../../devices/device.ts';

/** What a step's software does in other kernels than its graph says. */
export interface KernelChoice {
  readonly attention: string;
  readonly precision: string;
}

/**
 * How many times as fast a kernel is as in the type of its tensors. The first FlashAttention is half as fast as the second (Dao,
 * "FlashAttention-2", 2023, abstract), and no faster than NVIDIA's kernels for BERT before it (Dao et al., "FlashAttention", 2022,
 * appendix E.4). Large products in 8 bits reach 1.77 times those in 16 on an H100 (best found by search: 0.709 of 1979 TFLOP/s to
 * 0.803 of 989; Stas Bekman, Machine Learning Engineering, compute/accelerator).
 *
 * @throws UserError where the device has no arithmetic in 8 bits, and that is asked for.
 */
export function kernelRate(
  { attention, precision }: KernelChoice,
  { class: kind }: Work,
  { peak, name }: DeviceModel,
): number {
  if (kind === 'attention') return attention === 'flash-1' ? 0.5 : 1;
  if (precision !== 'float8' || kind !== 'matmul') return 1;
  if (peak.float8e4m3fn === undefined) throw new UserError(`${name} does not compute in float8`);
  return 1.77;
}
