import type { ClusterLink } from '../../devices/cluster.ts';
import { FluidNetwork } from './fluid.ts';
import type { LinkLoads } from './link-loads.ts';
import type { Network } from './network.ts';
import { StoreAndForwardNetwork } from './store-and-forward.ts';

/** `whole-messages` stores and forwards messages uncut. */
export type NetworkKind = 'fluid' | 'store-and-forward' | 'whole-messages';

/** A network over `links`, for transfers numbered below `transfers`; what they carry is written to `loads`, where that is given and recording. */
export function makeNetwork(
  kind: NetworkKind,
  links: readonly ClusterLink[],
  transfers: number,
  loads?: LinkLoads,
): Network {
  switch (kind) {
    case 'fluid': {
      const network = new FluidNetwork(links);
      if (loads !== undefined) {
        network.onLoad = (link, now, bytesPerSecond, flows) => loads.change(link, now, bytesPerSecond, flows);
      }
      return network;
    }
    case 'store-and-forward':
      return new StoreAndForwardNetwork(links, transfers, loads);
    case 'whole-messages':
      return new StoreAndForwardNetwork(links, transfers, loads, 1);
  }
}
