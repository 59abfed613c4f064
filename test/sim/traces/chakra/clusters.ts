import type { Cluster } from '../../../../devices/cluster.ts';
import { customCluster } from '../../../../devices/cluster-builder.ts';
import type { DeviceModel, LinkModel, Quantity } from '../../../../devices/device.ts';

const given = (value: number): Quantity => ({ value, evidence: 'assumed', source: 'made up for a test' });

const device = { id: 'rank', name: 'rank', kind: 'GPU' } as DeviceModel;

function link(bytesPerSecond: number, latencySeconds: number): LinkModel {
  return {
    id: 'link',
    name: 'link',
    bytesPerSecond: given(bytesPerSecond),
    rawBytesPerSecond: given(bytesPerSecond),
    latencySeconds: given(latencySeconds),
  };
}

/** Each rank joined to the next, the last to the first. */
export function ringOf(ranks: number, bytesPerSecond: number, latencySeconds: number): Cluster {
  const model = link(bytesPerSecond, latencySeconds);
  const names = Array.from({ length: ranks }, (_, rank) => `rank ${rank}`);
  return customCluster({
    devices: names.map((name) => ({ name, model: device })),
    links: names.map((name, rank) => ({ from: name, to: names[(rank + 1) % ranks]!, model })),
    devicesForward: true,
  });
}

/** Each rank joined to a switch; the latency is that from rank to rank. */
export function switchOf(ranks: number, bytesPerSecond: number, latencySeconds: number): Cluster {
  const model = link(bytesPerSecond, latencySeconds / 2);
  const names = Array.from({ length: ranks }, (_, rank) => `rank ${rank}`);
  return customCluster({
    devices: names.map((name) => ({ name, model: device })),
    links: names.map((name) => ({ from: name, to: 'switch', model })),
  });
}
