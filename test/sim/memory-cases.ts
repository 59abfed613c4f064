import type { Cluster } from '../../devices/cluster.ts';
import type { DeviceModel, MemoryOverhead, Quantity } from '../../devices/device.ts';
import type { MemoryUse } from '../../sim/memory-meter.ts';

export const quantity = (value: number): Quantity => ({
  value,
  evidence: 'assumed',
  source: 'made up for a test',
});

/** The cluster with so many bytes on each device. */
export function withMemory(cluster: Cluster, bytes: number, memoryOverhead?: MemoryOverhead): Cluster {
  return {
    ...cluster,
    devices: cluster.devices.map((device) => ({
      ...device,
      model: {
        ...device.model,
        memoryBytes: quantity(bytes),
        ...(memoryOverhead && { memoryOverhead }),
      } as DeviceModel,
    })),
  };
}

/** `time: bytes` of a device, one per time. */
export function curve({ overTime }: MemoryUse, device: number): { [seconds: number]: number } {
  const { seconds, bytes } = overTime[device]!;
  return Object.fromEntries(seconds.map((at, i) => [at, bytes[i]!]));
}
