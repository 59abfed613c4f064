import { CATALOG } from '../../../devices/catalog/catalog.ts';
import type { Cluster } from '../../../devices/cluster.ts';
import { buildCluster, type ClusterDescription } from '../../../devices/cluster-builder.ts';
import type { PeersDescription } from '../../../devices/inside/peers.ts';

export interface Hosts {
  readonly gpu: string;
  readonly count?: number;
  readonly hosts?: number;
  readonly peers?: PeersDescription;
  readonly perSwitch?: number;
  readonly network?: string;
  readonly adapters?: number;
}

/** Hosts of GPUs as the catalog has them, and its communication library. */
export function gpuHosts({
  gpu,
  count = 8,
  hosts = 1,
  peers,
  perSwitch,
  network = 'ib-ndr',
  adapters = 1,
}: Hosts): Cluster {
  const description: ClusterDescription = {
    communication: CATALOG.communication,
    jobs: [
      {
        name: 'worker',
        tasks: hosts,
        cpu: CATALOG.device('epyc-7763'),
        nic: CATALOG.link(network),
        nics: adapters,
        accelerators: {
          model: CATALOG.device(gpu),
          count,
          bus: CATALOG.link('pcie5-x16'),
          ...(peers && { peers }),
          ...(perSwitch && { tree: { acceleratorsPerSwitch: perSwitch } }),
        },
      },
    ],
  };
  return buildCluster(description);
}

/** The first GPUs of a cluster. */
export function gpus({ devices }: Cluster, count: number): number[] {
  return devices.flatMap(({ model }, index) => (model.kind === 'GPU' ? [index] : [])).slice(0, count);
}

export const nvswitch = (link: string): PeersDescription => ({ through: 'switch', link: CATALOG.link(link) });
