import type { Cluster } from '../devices/cluster.ts';
import type { Simulation } from '../sim/simulation.ts';
import type { DeviceUse, LinkUse } from './results.ts';

/** Shares of simulated time per device. */
export function deviceUses(cluster: Cluster, { deviceUse, seconds }: Simulation): DeviceUse[] {
  return cluster.devices.map(({ name, model }, device) => ({
    device: name,
    model: model.name,
    compute: deviceUse.compute[device]! / seconds,
    communication: deviceUse.communication[device]! / seconds,
    waiting: deviceUse.waiting[device]! / seconds,
  }));
}

/** Bytes and busy share of every direction of a link that carried something. */
export function linkUses(cluster: Cluster, { linkBytes, linkBusySeconds, seconds }: Simulation): LinkUse[] {
  return cluster.links.flatMap(({ name, model }, link) =>
    linkBytes[link]! > 0
      ? [
          {
            link: name,
            bytes: linkBytes[link]!,
            busy: linkBusySeconds[link]! / seconds,
            load: linkBytes[link]! / (model.bytesPerSecond.value * seconds),
          },
        ]
      : [],
  );
}
