import { UserError } from '../../base/errors.ts';
import type { LinkModel } from '../device.ts';
import type { Wiring } from '../topologies/wiring.ts';
import { halfLatency } from './half-latency.ts';
import { HYBRID_CUBE_MESH, shareOf } from './hybrid-cube-mesh.ts';

/** What joins the accelerators of one host to each other, besides their ways to the host. */
export type PeersDescription =
  /** Such a link from each to each other, each with all of its bandwidth. */
  | { readonly through: 'mesh'; readonly link: LinkModel }
  /** One such link from each into a switch inside the host (NVSwitch), shared by all that it sends. */
  | { readonly through: 'switch'; readonly link: LinkModel }
  /** A DGX-1: `link` is all NVLinks of one of 8 GPUs, `linksEach` of them, divided among its peers. */
  | { readonly through: 'hybrid-cube-mesh'; readonly link: LinkModel; readonly linksEach: 4 | 6 };

export const PEERS = ['mesh', 'switch', 'hybrid-cube-mesh'] as const satisfies PeersDescription['through'][];

/** Joins the accelerators of one host. They pass nothing on: those without a link between meet over the host. */
export function joinPeers(
  peers: PeersDescription,
  accelerators: readonly string[],
  host: string,
  wiring: Wiring,
): void {
  const { link } = peers;
  if (peers.through === 'hybrid-cube-mesh') {
    if (accelerators.length !== 8)
      throw new UserError(`a hybrid cube mesh joins 8 accelerators, and ${host} has ${accelerators.length}`);
    for (const [a, b, links] of HYBRID_CUBE_MESH[peers.linksEach])
      wiring.join(accelerators[a]!, accelerators[b]!, shareOf(link, links, peers.linksEach));
  } else if (accelerators.length === 1) {
    // Nobody to join.
  } else if (peers.through === 'mesh') {
    for (const [i, a] of accelerators.entries())
      for (const b of accelerators.slice(i + 1)) wiring.join(a, b, link);
  } else {
    const hub = wiring.switch(`${host}/switch`);
    for (const accelerator of accelerators) wiring.join(accelerator, hub, halfLatency(link));
  }
}
