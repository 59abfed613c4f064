import type { Cluster } from '../../../devices/cluster.ts';
import { customCluster } from '../../../devices/cluster-builder.ts';
import type { DeviceModel, LinkModel, Quantity } from '../../../devices/device.ts';

const given = (value: number): Quantity => ({ value, evidence: 'assumed', source: 'made up for a test' });

export function link(bytesPerSecond: number, latencySeconds: number): LinkModel {
  return {
    id: 'link',
    name: 'link',
    bytesPerSecond: given(bytesPerSecond),
    rawBytesPerSecond: given(bytesPerSecond),
    latencySeconds: given(latencySeconds),
  };
}

const model = { id: 'rank', name: 'rank' } as DeviceModel;

export const rankNames = (ranks: number): string[] =>
  Array.from({ length: ranks }, (_, rank) => `rank ${rank}`);

/** Each device joined to one switch by such a link: routes have two. */
export function switchOf(ranks: number, bytesPerSecond: number, linkLatency: number): Cluster {
  return customCluster({
    devices: rankNames(ranks).map((name) => ({ name, model })),
    links: rankNames(ranks).map((from) => ({ from, to: 'switch', model: link(bytesPerSecond, linkLatency) })),
  });
}

/** Each device joined to the next, around; messages pass through devices. */
export function ringOf(ranks: number, bytesPerSecond: number, linkLatency: number): Cluster {
  const names = rankNames(ranks);
  // Of two ranks there is one link, not two side by side.
  const links = names.slice(0, ranks === 2 ? 1 : ranks);
  return customCluster({
    devices: names.map((name) => ({ name, model })),
    links: links.map((from, rank) => ({
      from,
      to: names[(rank + 1) % ranks]!,
      model: link(bytesPerSecond, linkLatency),
    })),
    devicesForward: true,
  });
}

/** Devices in equal groups, each on a leaf switch; every leaf is joined to one spine by a link of its own speed. */
export function twoLevels(
  groups: number,
  groupSize: number,
  bytesPerSecond: number,
  linkLatency: number,
  trunkBytesPerSecond: number,
): Cluster {
  const names = rankNames(groups * groupSize);
  return customCluster({
    devices: names.map((name) => ({ name, model })),
    links: [
      ...names.map((from, rank) => ({
        from,
        to: `leaf ${Math.floor(rank / groupSize)}`,
        model: link(bytesPerSecond, linkLatency),
      })),
      ...Array.from({ length: groups }, (_, leaf) => ({
        from: `leaf ${leaf}`,
        to: 'spine',
        model: link(trunkBytesPerSecond, linkLatency),
      })),
    ],
  });
}
