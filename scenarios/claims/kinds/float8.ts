import { UserError } from '../../../base/errors.ts';
import type { DeviceModel } from '../../../devices/device.ts';

/**
 * How many times as fast large products are in 8 bits as in 16: 1.77 on an H100, by the best found by search (0.709 of 1979
 * TFLOP/s to 0.803 of 989; Stas Bekman, Machine Learning Engineering, compute/accelerator).
 *
 * @throws UserError where the device has no such arithmetic.
 */
export function float8Gain({ peak, name }: DeviceModel): number {
  if (peak.float8e4m3fn === undefined) throw new UserError(`${name} does not compute in float8`);
  return 1.77;
}
