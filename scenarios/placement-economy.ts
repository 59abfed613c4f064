import type { Cluster } from '../devices/cluster.ts';
import { clusterEconomy } from './economy.ts';
import type { Economy, PlacementRun } from './results.ts';
import type { Scenario } from './schema.ts';

/** What steps under a placement cost and draw, one after the other, on the hosts that it uses; others are not rented. */
export function placementEconomy(
  { cluster: choice }: Pick<Scenario, 'cluster'>,
  { cluster, batch }: { readonly cluster: Cluster; readonly batch: number },
  { devices, deviceOf, stepSeconds }: Pick<PlacementRun, 'devices' | 'deviceOf' | 'stepSeconds'>,
): Economy | null {
  if (stepSeconds === 0) return null;
  const hosts = new Set(deviceOf.map((d) => cluster.devices[d]!.host));
  return clusterEconomy(choice, {
    cluster,
    devices: cluster.devices.flatMap(({ host }, d) => (hosts.has(host) ? [d] : [])),
    busy: devices.map(({ compute }) => compute),
    stepSeconds,
    samplesPerSecond: batch / stepSeconds,
  });
}
