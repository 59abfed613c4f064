import { UserError } from '../../../base/errors.ts';
import type { Cluster } from '../../../devices/cluster.ts';

/** Where parameter servers are; see `colocatedServers`. */
export const PLACEMENTS = ['hosts', 'in-host', 'in-device'] as const;

/**
 * The cluster, in which parameter server k is the CPU of the k-th worker host, or the k-th accelerator. It has the devices of
 * the workers alone: what servers do there takes its turn with what workers do.
 * @throws UserError where there are more servers than places.
 */
export function colocatedServers(
  cluster: Cluster,
  placement: Exclude<(typeof PLACEMENTS)[number], 'hosts'>,
  servers: number,
): Cluster {
  const onCpu = placement === 'in-host';
  const places = cluster.devices.flatMap(({ model }, index) =>
    (model.kind === 'CPU') === onCpu ? [index] : [],
  );
  if (servers > places.length)
    throw new UserError(
      `${servers} servers ${placement} have only ${places.length} ${onCpu ? 'hosts' : 'accelerators'} to be on`,
    );
  return {
    devices: cluster.devices,
    links: cluster.links,
    get topology() {
      return cluster.topology;
    },
    route: (from, to) => cluster.route(from, to),
    indexOf: (name) => {
      const task = /^\/job:ps\/task:(\d+)\/device:CPU:0$/.exec(name)?.[1];
      return task === undefined ? cluster.indexOf(name) : (places[Number(task)] ?? -1);
    },
  };
}
