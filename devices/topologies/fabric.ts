import { UserError } from '../../base/errors.ts';
import type { LinkModel } from '../device.ts';
import type { Wiring } from './wiring.ts';

/** A host as what joins hosts sees it: wired inside, not yet joined to others. */
export interface HostPorts {
  /** Also the name of its node, e.g. `worker/3`. */
  readonly name: string;
  readonly nic?: LinkModel;
  /** The switch that its description names. */
  readonly hub: string;
  /** Nodes of its accelerators, by index. */
  readonly accelerators: readonly string[];
  /** Nodes that its network links are on: its own, or those of its network adapters where there are several. */
  readonly ports: readonly string[];
  /** Where adapters of rails sit: the ports where there are several, else each PCIe switch, else each accelerator. */
  readonly adapters: readonly string[];
}

/** What is to be joined, in numbers: enough to tell whether a description fits. */
export interface Sites {
  readonly hosts: number;
  readonly accelerators: number;
  /** Of the first hosts that have one. */
  readonly nic?: LinkModel;
}

/** One cluster being joined: told of each host in order when its inside is wired, and then of the end. */
export interface Joining {
  host(host: HostPorts): void;
  finish(): void;
  /** How much the links between hosts and their accelerators count in routes: 1 unless given. */
  readonly busDistance?: number;
  /** Whether messages pass through accelerators on their way to others. */
  readonly devicesForward?: boolean;
}

/** A way to join hosts: one row of TOPOLOGIES. `D` is its description, plain data. */
export interface Fabric<D> {
  /** One sentence, for lists. */
  readonly summary: string;
  /** Why the description cannot join so many; undefined where it can. */
  problem(description: D, sites: Sites): string | undefined;
  start(description: D, wiring: Wiring, sites: Sites): Joining;
}

/** The joining of a fabric that needs all hosts at once. */
export function atTheEnd(wire: (hosts: readonly HostPorts[]) => void): Joining {
  const hosts: HostPorts[] = [];
  return { host: (host) => hosts.push(host), finish: () => wire(hosts) };
}

/** What is wrong with the first number that is not 1 or more and whole; undefined where all are. Absent ones are fine. */
export function wrongCount(counts: { readonly [what: string]: number | undefined }): string | undefined {
  for (const [what, count] of Object.entries(counts)) {
    if (count !== undefined && !(Number.isInteger(count) && count >= 1))
      return `${what} must be 1 or more, got ${count}`;
  }
  return undefined;
}

/** Joins a host to a switch: by a link from each of its ports. */
export function joinHost(host: HostPorts, to: string, wiring: Wiring, distance?: number): void {
  for (const port of host.ports) wiring.join(port, to, nicOf(host), distance);
}

export function nicOf({ name, nic }: HostPorts): LinkModel {
  if (nic === undefined) throw new UserError(`host "${name}" has no network link to join others with`);
  return nic;
}

/**
 * The link between two switches where a description gives none: as fast as the hosts' links, with the latency of one
 * more cut-through switch, since latencies of hosts' links are mostly those of software at both ends.
 */
export function trunkLike(nic: LinkModel): LinkModel {
  const hop = {
    value: Math.min(nic.latencySeconds.value, 0.5e-6),
    evidence: 'assumed',
    source: 'Assumed: a cut-through switch forwards in 0.2 to 0.6 us (recalled)',
  } as const;
  return { ...nic, id: `${nic.id} trunk`, name: `${nic.name} between switches`, latencySeconds: hop };
}
