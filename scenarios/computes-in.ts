import type { DType } from '../base/dtype.ts';
import { arithmeticType } from '../devices/cost-model.ts';
import { findDevice } from './catalog.ts';

/** Whether a device of the catalog has arithmetic of a type. */
export function computesIn(dtype: DType, deviceId: string): boolean {
  const device = findDevice(deviceId);
  return (['matmul', 'vector'] as const).every(
    (opClass) => device.peak[arithmeticType(opClass, dtype, device)] !== undefined,
  );
}
