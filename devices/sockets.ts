import type { DeviceModel, Quantity } from './device.ts';

/**
 * The CPUs of a host with several sockets, as one device: so many times the arithmetic, memory, bandwidth, cores and
 * power of one. Left out: memory of the other socket is farther away.
 */
export function withSockets(cpu: DeviceModel, sockets: number): DeviceModel {
  if (sockets === 1) return cpu;
  const times = (quantity: Quantity): Quantity => ({ ...quantity, value: quantity.value * sockets });
  const peak = Object.fromEntries(Object.entries(cpu.peak).map(([type, rate]) => [type, times(rate)]));
  return {
    ...cpu,
    name: `${sockets} × ${cpu.name}`,
    peak,
    memoryBytes: times(cpu.memoryBytes),
    memoryBytesPerSecond: times(cpu.memoryBytesPerSecond),
    ...(cpu.vectorOpsPerSecond !== undefined && { vectorOpsPerSecond: times(cpu.vectorOpsPerSecond) }),
    ...(cpu.powerWatts !== undefined && { powerWatts: times(cpu.powerWatts) }),
    ...(cpu.cores !== undefined && { cores: times(cpu.cores) }),
  };
}
