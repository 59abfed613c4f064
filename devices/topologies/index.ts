import { type CustomTopologyDescription, custom } from './custom.ts';
import { type DragonflyDescription, dragonfly } from './dragonfly.ts';
import type { Fabric } from './fabric.ts';
import { type FatTreeDescription, fatTree } from './fat-tree.ts';
import { type FullyConnectedDescription, fullyConnected } from './fully-connected.ts';
import { type RailDescription, rail } from './rail.ts';
import { type RingDescription, ring } from './ring.ts';
import { type SingleSwitchDescription, singleSwitch } from './single-switch.ts';
import { type TorusDescription, torus } from './torus.ts';

/** What joins hosts, as plain data. */
export type TopologyDescription =
  | SingleSwitchDescription
  | FatTreeDescription
  | RailDescription
  | RingDescription
  | TorusDescription
  | FullyConnectedDescription
  | DragonflyDescription
  | CustomTopologyDescription;

export type TopologyKind = TopologyDescription['kind'];

/** All ways to join hosts, in the order of lists. */
export const TOPOLOGIES: {
  readonly [K in TopologyKind]: Fabric<Extract<TopologyDescription, { readonly kind: K }>>;
} = {
  'single-switch': singleSwitch,
  'fat-tree': fatTree,
  rail,
  ring,
  torus,
  'fully-connected': fullyConnected,
  dragonfly,
  custom,
};

/** The row of a description's kind. */
export function fabricOf(description: TopologyDescription): Fabric<TopologyDescription> {
  // A union of rows and a union of descriptions: that they match is what TOPOLOGIES' type says.
  return TOPOLOGIES[description.kind] as Fabric<TopologyDescription>;
}
