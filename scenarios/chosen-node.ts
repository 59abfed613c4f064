import { CATALOG } from '../devices/catalog/catalog.ts';
import type { NodeModel } from '../devices/node.ts';
import type { LinkChoice } from './link-schema.ts';
import type { TopologyChoice } from './topology-schema.ts';

/* What `cluster.workers.node` stands for: the keys of a `cluster` section that it gives where they are not written. */

const DEFAULT_BUS = 'pcie3-x16';

/** Keys of `cluster.workers` that a node has. */
export interface Composition {
  readonly node?: string | undefined;
  readonly cpu?: string | undefined;
  readonly cpus?: number | undefined;
  readonly accelerator?: string | undefined;
  readonly accelerators?: number | undefined;
  readonly bus?: string | undefined;
  readonly peer_link?: string | undefined;
  readonly peers?: 'mesh' | 'switch' | 'hybrid-cube-mesh' | undefined;
  readonly pcie?:
    | {
        readonly accelerators_per_switch: number;
        readonly switches_per_socket?: number | undefined;
        readonly socket_link?: string | undefined;
      }
    | undefined;
}

/** What `cluster.network` says. */
export interface NetworkChoice extends LinkChoice {
  readonly count?: number | undefined;
}

/** `workers` with what its node is made of, where it does not say otherwise, and with a bus. */
export function composed<W extends Composition>(workers: W): Omit<W, 'bus'> & Composition & { bus: string } {
  const given = Object.fromEntries(Object.entries(workers).filter(([, value]) => value !== undefined));
  const node = workers.node === undefined ? {} : compositionOf(CATALOG.node(workers.node));
  return { bus: DEFAULT_BUS, ...node, ...(given as W) };
}

function compositionOf({ cpu, cpus, accelerators }: NodeModel): Composition {
  const host = { cpu, ...(cpus > 1 && { cpus }) };
  if (accelerators === undefined) return host;
  const { model, count, bus, pcie, peerLink, peers } = accelerators;
  return {
    ...host,
    accelerator: model,
    accelerators: count,
    bus,
    ...(peerLink !== undefined && { peer_link: peerLink }),
    ...(peers !== undefined && { peers }),
    ...(pcie !== undefined && {
      pcie: {
        accelerators_per_switch: pcie.acceleratorsPerSwitch,
        ...(pcie.switchesPerSocket !== undefined && { switches_per_socket: pcie.switchesPerSocket }),
        ...(pcie.socketLink !== undefined && { socket_link: pcie.socketLink }),
      },
    }),
  };
}

/**
 * The network of such nodes: the link that is written, or the node's; as many adapters as written, or as the node has
 * where its link is not replaced, at most one per accelerator. Undefined where there is neither.
 */
export function networkOfNode(
  written: NetworkChoice | undefined,
  { node, accelerators = 0 }: { readonly node?: string | undefined; readonly accelerators?: number },
): NetworkChoice | undefined {
  const own = node === undefined ? undefined : CATALOG.node(node).network;
  const replaced = written !== undefined && (written.link !== undefined || written.bandwidth !== undefined);
  if (own === undefined || replaced) return written;
  const count = written?.count ?? Math.min(own.count, Math.max(1, accelerators));
  return { link: own.link, ...written, ...(count > 1 && { count }) };
}

/** The grid that a node's accelerators are part of; undefined where they are of none. */
export function topologyOfNode(node: string | undefined): TopologyChoice | undefined {
  const slice = node === undefined ? undefined : CATALOG.node(node).slice;
  if (slice === undefined) return undefined;
  const { dimensions, wrapFrom: wrap, link } = slice;
  return { kind: 'torus', dimensions, wrap, of: 'accelerators', link: { link } };
}
