import type { LinkModel } from '../device.ts';
import { type HostPorts, type Joining, joinHost, nicOf, type Sites } from './fabric.ts';
import type { Wiring } from './wiring.ts';

/** What direct links join: hosts, or accelerators, whose hosts then meet in one switch besides. */
export interface DirectDescription {
  /** `hosts` unless given. */
  readonly of?: 'hosts' | 'accelerators';
  /** Between neighbours; for hosts, their network link unless given. */
  readonly link?: LinkModel;
}

export const membersOf = ({ of = 'hosts' }: DirectDescription, sites: Sites): number => sites[of];

/** Why direct links cannot join these; undefined where they can. */
export function directProblem(description: DirectDescription, sites: Sites): string | undefined {
  if (description.of !== 'accelerators') return undefined;
  if (sites.accelerators === 0) return 'it is to join accelerators, and there are none';
  return description.link === undefined ? 'it joins accelerators: of which link? set link' : undefined;
}

/**
 * Joins by direct links: `wire` gets the nodes in order, and the link. Routes between accelerators keep to their own
 * links however many hops that takes: ways over hosts count as `hostDistance`, the most hops that it may take.
 */
export function direct(
  description: DirectDescription,
  wiring: Wiring,
  hostDistance: number,
  wire: (nodes: readonly string[], link: LinkModel) => void,
): Joining {
  const hosts: HostPorts[] = [];
  const ofHosts = description.of !== 'accelerators';
  const distance = Math.max(1, hostDistance);
  return {
    host: (host) => hosts.push(host),
    finish: () => {
      const nodes = hosts.flatMap(({ name, accelerators }) => (ofHosts ? [name] : accelerators));
      wire(nodes, description.link ?? nicOf(hosts[0]!));
      for (const host of ofHosts ? [] : hosts) {
        if (host.nic === undefined) continue;
        if (!wiring.nodes.has(host.hub)) wiring.switch(host.hub);
        joinHost(host, host.hub, wiring, distance);
      }
    },
    ...(!ofHosts && { busDistance: distance, devicesForward: true }),
  };
}

/** Sizes of a grid of `count` nodes in so many dimensions, as equal as its divisors allow, largest first. */
export function balancedSizes(count: number, dimensions: number): number[] {
  const sizes: number[] = [];
  let left = count;
  for (let more = dimensions; more > 1; more--) {
    // The largest divisor up to the root: the smallest side of the most equal box.
    let side = Math.floor(left ** (1 / more) + 1e-9);
    while (left % side !== 0) side--;
    sizes.push(side);
    left /= side;
  }
  sizes.push(left);
  return sizes.sort((a, b) => b - a);
}

/** Which dimensions close to rings: all, none, or those that are at least so long. */
export type Wrap = boolean | number;

const closes = (size: number, wrap: Wrap): boolean => (typeof wrap === 'number' ? size >= wrap : wrap);

/** The most hops between two nodes of a grid. */
export function gridDiameter(sizes: readonly number[], wrap: Wrap): number {
  return sizes.reduce((sum, size) => sum + (closes(size, wrap) ? Math.floor(size / 2) : size - 1), 0);
}

/**
 * Links of a grid: the first coordinate varies fastest, and links come dimension by dimension, so that among shortest
 * routes the one of the lowest link ids corrects one coordinate after the other (dimension-order routing). With
 * `wrap`, a dimension of 3 or more closes to a ring; in one of 2 the two neighbours are joined once.
 */
export function wireGrid(
  nodes: readonly string[],
  sizes: readonly number[],
  wrap: Wrap,
  link: LinkModel,
  wiring: Wiring,
): void {
  let stride = 1;
  for (const size of sizes) {
    for (const [i, node] of nodes.entries()) {
      const coordinate = Math.floor(i / stride) % size;
      if (coordinate + 1 < size) wiring.join(node, nodes[i + stride]!, link);
      else if (closes(size, wrap) && size > 2) wiring.join(node, nodes[i - (size - 1) * stride]!, link);
    }
    stride *= size;
  }
}
