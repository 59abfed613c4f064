import type { Cluster } from './cluster.ts';

/** The devices of a cluster that `devices` lists by index, in that order, with the whole cluster's links and routes. */
export function subCluster(cluster: Cluster, devices: Int32Array): Cluster {
  const chosen = Array.from(devices, (device) => cluster.devices[device]!);
  const names = new Map(chosen.map(({ name }, index) => [name, index]));
  return {
    devices: chosen,
    links: cluster.links,
    ...(cluster.communication !== undefined && { communication: cluster.communication }),
    get topology() {
      return cluster.topology;
    },
    route: (from, to) => cluster.route(devices[from]!, devices[to]!),
    indexOf: (name) => names.get(name) ?? -1,
  };
}
