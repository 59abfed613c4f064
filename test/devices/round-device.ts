import type { DeviceModel, Quantity } from '../../devices/device.ts';
import { type KernelParameters, NEUTRAL_KERNELS } from '../../devices/kernels/parameters.ts';

const quantity = (value: number): Quantity => ({ value, evidence: 'assumed', source: 'test' });

/**
 * A device of round numbers: 1 TFLOP/s in float32, 4 in float16, 100 GB/s of which kernels that stream get half, 10 µs per
 * launch, 10 multiprocessors. Nothing else limits its kernels but the given parameters.
 */
export function roundDevice(parameters: Partial<KernelParameters> = {}): DeviceModel {
  return {
    id: 'round',
    name: 'Round',
    kind: 'GPU',
    year: 2020,
    peak: { float32: quantity(1e12), float16: quantity(4e12) },
    memoryBytes: quantity(1e9),
    memoryBytesPerSecond: quantity(100e9),
    streamShare: quantity(0.5),
    launchSeconds: quantity(10e-6),
    multiprocessors: quantity(10),
    kernels: { default: { parameters: { ...NEUTRAL_KERNELS, ...parameters }, own: {} } },
  };
}
