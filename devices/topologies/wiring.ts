import { UserError } from '../../base/errors.ts';
import type { ClusterDevice } from '../cluster.ts';
import type { DeviceModel, LinkModel } from '../device.ts';
import type { LinkEnds, TopologyNode } from '../topology.ts';

/** Directions of links, at about 600 bytes each: more than most machines have memory for is refused. */
const MOST_LINKS = 4_000_000;

/**
 * A cluster as it is wired up: nodes and links in order of their making. Links are numbered in that order, two per
 * join (there, then back), and the lowest numbers win where routes are equally long.
 */
export class Wiring {
  readonly devices: ClusterDevice[] = [];
  readonly nodes = new Map<string, TopologyNode>();
  readonly links: LinkEnds[] = [];
  /** Per device: the short name that links show, e.g. `worker/3/GPU:0`; and back. */
  private readonly short = new Map<string, string>();
  private readonly full = new Map<string, string>();

  host(name: string): string {
    this.nodes.set(name, { kind: 'host' });
    return name;
  }

  /** Anything that only passes messages on: a switch, a socket, a host bridge. */
  switch(name: string): string {
    this.nodes.set(name, { kind: 'switch' });
    return name;
  }

  /** `attachedTo`: the node that the device is part of, without a link between. */
  device(name: string, model: DeviceModel, host: string, short: string, attachedTo?: string): string {
    const device = this.devices.length;
    this.nodes.set(name, { kind: 'device', device, ...(attachedTo !== undefined && { attachedTo }) });
    this.devices.push({ name, model, host });
    this.short.set(name, short);
    this.full.set(short, attachedTo ?? name);
    return name;
  }

  /** A link in each direction. `distance`: how much it counts in the length of routes. Throws where there are too many. */
  join(a: string, b: string, model: LinkModel, distance = 1): void {
    if (this.links.length >= MOST_LINKS) {
      throw new UserError(
        `the cluster has more than ${MOST_LINKS / 2} links; lower what its topology is made of, or the number of hosts`,
      );
    }
    const [nameA, nameB] = [this.short.get(a) ?? a, this.short.get(b) ?? b];
    this.links.push({ from: a, to: b, model, name: `${nameA} → ${nameB}`, distance });
    this.links.push({ from: b, to: a, model, name: `${nameB} → ${nameA}`, distance });
  }

  /** The node of a name that links show. */
  node(short: string): string | undefined {
    const name = this.full.get(short) ?? short;
    return this.nodes.has(name) ? name : undefined;
  }

  /** All names by which nodes are known in descriptions. */
  names(): string[] {
    const nodes = [...this.nodes].filter(([, { kind }]) => kind !== 'device').map(([name]) => name);
    return [...nodes, ...this.full.keys()];
  }
}
