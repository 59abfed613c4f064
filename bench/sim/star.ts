import { findDevice } from '../../devices/catalog/index.ts';
import type { Cluster } from '../../devices/cluster.ts';
import { customCluster } from '../../devices/cluster-builder.ts';
import type { LinkModel, Quantity } from '../../devices/device.ts';

/** A power of two: bytes / rate and bytes · (1 / rate) are then the same number, so that peers can agree to the bit. */
export const LINK_BYTES_PER_SECOND = 2 ** 23;

const given = (value: number): Quantity => ({
  value,
  evidence: 'assumed',
  source: 'made up for the benchmark',
});

const LINK: LinkModel = {
  id: 'bench',
  name: 'benchmark link',
  bytesPerSecond: given(LINK_BYTES_PER_SECOND),
  rawBytesPerSecond: given(LINK_BYTES_PER_SECOND),
  latencySeconds: given(0),
};

/** Hosts around a switch: one up-link and one down-link each, without latency. Device i is host i. */
export function star(hosts: number): Cluster {
  const model = findDevice('xeon-e5-2699v3');
  const names = Array.from({ length: hosts }, (_, host) => `host${host}`);
  return customCluster({
    devices: names.map((name) => ({ name, model })),
    links: names.map((from) => ({ from, to: 'switch', model: LINK })),
  });
}
