import type { Work } from '../../base/work.ts';
import type { ArithmeticType } from '../device.ts';

/**
 * Bytes that are moved to change the order of axes around a convolution: NVIDIA's matrix units take images with their channels
 * last, and programs that compute in float32 have them before height and width, as all had before there were such units. So
 * libraries write transposed copies of what the kernel reads and of what it wrote, each read once and written once (NVIDIA,
 * "Convolutional Layers User's Guide", DU-09795-001, section on tensor layouts: data laid out as NCHW is transposed
 * automatically). Programs in narrower types keep channels last.
 */
export function layoutBytes({ bytesRead, bytesWritten }: Work, type: ArithmeticType): number {
  return type === 'tf32' ? 2 * (bytesRead + bytesWritten) : 0;
}
