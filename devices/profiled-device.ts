import type { DeviceModel, Quantity } from './device.ts';
import { NEUTRAL_KERNELS } from './kernels/parameters.ts';
import type { Profile } from './profile.ts';

/** Bytes of a device whose profile does not say how many it has: so many that nothing runs out of them. */
const UNKNOWN_MEMORY = 2 ** 50;

/**
 * A device of which nothing but a profile is known: its peak and bandwidth are the best that any kernel reached, so that bounds
 * and utilisation mean "of what was seen". Types that no kernel was measured in it has not.
 */
export function profiledDevice(profile: Profile): DeviceModel {
  const { device, kernels, memory, dispatch } = profile;
  const from = `measured: ${device.name}, ${device.software.join(', ')}`;
  const measured = (value: number): Quantity => ({ value, evidence: 'measured', source: from });
  const peak: { [type: string]: Quantity } = {};
  for (const { dtype, flops, seconds } of kernels) {
    if (seconds > 0 && flops / seconds > (peak[dtype]?.value ?? 0)) peak[dtype] = measured(flops / seconds);
  }
  const rates = [
    ...memory.map(({ bytesPerSecond }) => bytesPerSecond),
    ...kernels
      .filter((kernel) => kernel.seconds > 0)
      .map(({ bytesRead, bytesWritten, seconds }) => (bytesRead + bytesWritten) / seconds),
  ];
  return {
    id: device.id,
    name: device.name,
    kind: device.kind,
    year: 0,
    peak,
    memoryBytes: measured(device.memoryBytes ?? UNKNOWN_MEMORY),
    memoryBytesPerSecond: measured(rates.reduce((best, rate) => Math.max(best, rate), 1)),
    streamShare: measured(1),
    launchSeconds: measured(dispatch.nodeSeconds),
    ...(device.cores !== undefined && { cores: measured(device.cores) }),
    ...(device.kind === 'CPU' && { dispatchSeconds: measured(dispatch.nodeSeconds) }),
    kernels: { default: { parameters: NEUTRAL_KERNELS, own: {} } },
  };
}
