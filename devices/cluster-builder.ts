import { UserError } from '../base/errors.ts';
import type { Cluster, ClusterDevice } from './cluster.ts';
import type { CommunicationParameters } from './communication/parameters.ts';
import type { DeviceModel, LinkModel } from './device.ts';
import { attachByBus, attachByTree, type PcieTreeDescription } from './inside/attachment.ts';
import { attachAdapters } from './inside/network-adapters.ts';
import { joinPeers, type PeersDescription } from './inside/peers.ts';
import type { Routing } from './route-finder.ts';
import type { Sites } from './topologies/fabric.ts';
import { fabricOf, type TopologyDescription } from './topologies/index.ts';
import { Wiring } from './topologies/wiring.ts';
import { assembleCluster, type LinkEnds, type TopologyNode } from './topology.ts';

export interface AcceleratorsDescription {
  readonly model: DeviceModel;
  /** On each host. */
  readonly count: number;
  /** Models of the last of them, where they are not all alike. */
  readonly others?: readonly DeviceModel[];
  /** What joins each of them to the host. */
  readonly bus: LinkModel;
  /** Where they share the way to the host: PCIe switches and sockets. Each has a bus of its own unless given. */
  readonly tree?: PcieTreeDescription;
  /** What joins them to each other, where there is more than the bus. */
  readonly peers?: PeersDescription;
}

/** A job: equal hosts, one task on each. */
export interface JobDescription {
  /** e.g. `worker` */
  readonly name: string;
  readonly tasks: number;
  readonly cpu: DeviceModel;
  readonly accelerators?: AcceleratorsDescription;
  /** What joins each host to others; a cluster of one host needs none. */
  readonly nic?: LinkModel;
  /** Such links, each on an adapter of its own that serves its part of the accelerators: 1 unless given. */
  readonly nics?: number;
  /** Name of the switch that joins them: `switch` unless given. */
  readonly switch?: string;
}

export interface ClusterDescription {
  readonly jobs: readonly JobDescription[];
  /** What joins the hosts: one switch (or those that the jobs name) unless given. */
  readonly topology?: TopologyDescription;
  /** Links between the switches that jobs name, where no topology is given. */
  readonly trunks?: readonly {
    readonly between: readonly [string, string];
    readonly model: LinkModel;
  }[];
  /** Among equally short routes, the one with the lowest link ids unless given. */
  readonly routing?: Routing;
  /** As in Cluster. */
  readonly communication?: CommunicationParameters;
}

/**
 * A cluster of hosts. Task 3 of job `worker` runs on the host `worker/3`, with the devices
 * `/job:worker/task:3/device:CPU:0` (the host itself, no link between) and `…/device:GPU:0` (one bus hop away).
 * All links are full duplex: one ClusterLink per direction. What is inside a host and what joins hosts compose freely.
 * @throws UserError where the description makes no sense or the topology does not fit the number of hosts.
 *
 * Left out: without a PCIe tree, accelerators of one host never share a way to it; the host's memory bandwidth does
 * not limit transfers; a switch is never the bottleneck, only its links are.
 */
export function buildCluster(description: ClusterDescription): Cluster {
  const {
    jobs,
    trunks,
    routing,
    communication,
    topology = { kind: 'single-switch', ...(trunks && { trunks }) },
  } = description;
  if (jobs.length === 0) throw new UserError('a cluster needs at least one job');
  const sites = sitesOf(description);
  const fabric = fabricOf(topology);
  const problem = fabric.problem(topology, sites);
  if (problem !== undefined) throw new UserError(`topology ${topology.kind}: ${problem}`);
  const wiring = new Wiring();
  const joining = fabric.start(topology, wiring, sites);
  const { busDistance = 1, devicesForward = false } = joining;

  for (const job of jobs) {
    checkJob(job, wiring);
    for (let task = 0; task < job.tasks; task++) {
      const name = wiring.host(`${job.name}/${task}`);
      const device = (id: string): string => `/job:${job.name}/task:${task}/device:${id}`;
      wiring.device(device('CPU:0'), job.cpu, name, `${name}/CPU:0`, name);
      const { accelerators, nic, nics = 1, switch: hub = 'switch' } = job;
      const nodes: string[] = [];
      for (const [i, model] of modelsOf(accelerators).entries()) {
        const id = `${model.kind}:${i}`;
        nodes.push(wiring.device(device(id), model, name, `${name}/${id}`));
      }
      const places =
        accelerators === undefined ? [] : wireInside(accelerators, nodes, name, busDistance, wiring);
      const ports =
        accelerators === undefined ? [name] : attachAdapters(nics, nodes, name, accelerators.bus, wiring);
      const adapters = ports.length > 1 ? ports : places;
      joining.host({ name, hub, accelerators: nodes, ports, adapters, ...(nic !== undefined && { nic }) });
    }
  }
  joining.finish();
  const { devices, nodes, links } = wiring;
  return assembleCluster({
    devices,
    nodes,
    links,
    devicesForward,
    ...(routing && { routing }),
    ...(communication && { communication }),
  });
}

function modelsOf(accelerators: AcceleratorsDescription | undefined): readonly DeviceModel[] {
  if (accelerators === undefined) return [];
  const { model, count, others = [] } = accelerators;
  return [...Array.from({ length: count - others.length }, () => model), ...others];
}

/** What there is to join, in numbers. */
export function sitesOf({ jobs }: ClusterDescription): Sites {
  const nic = jobs.find((job) => job.nic !== undefined)?.nic;
  return {
    hosts: jobs.reduce((sum, { tasks }) => sum + tasks, 0),
    accelerators: jobs.reduce((sum, { tasks, accelerators }) => sum + tasks * (accelerators?.count ?? 0), 0),
    ...(nic !== undefined && { nic }),
  };
}

/** Joins the accelerators of one host to it and to each other; returns where network adapters sit. */
function wireInside(
  { bus, tree, peers }: AcceleratorsDescription,
  nodes: readonly string[],
  host: string,
  busDistance: number,
  wiring: Wiring,
): readonly string[] {
  // Over a switch between accelerators it is as many hops as over the host: the host is the way round.
  const distance = peers === undefined ? busDistance : Math.max(busDistance, 2);
  if (peers !== undefined) joinPeers(peers, nodes, host, wiring);
  return tree === undefined
    ? attachByBus(nodes, host, bus, distance, wiring)
    : attachByTree(nodes, host, bus, tree, distance, wiring);
}

function checkJob(
  { name, tasks, cpu, accelerators, nics = 1, switch: hub = 'switch' }: JobDescription,
  wiring: Wiring,
): void {
  if (!/^[A-Za-z]\w*$/.test(name)) {
    throw new UserError(`job "${name}": a name is a letter, then letters, digits and "_"`);
  }
  if (wiring.nodes.has(`${name}/0`)) throw new UserError(`job "${name}" is given twice`);
  positiveInteger(tasks, `job "${name}": tasks`);
  if (cpu.kind !== 'CPU') throw new UserError(`job "${name}": ${cpu.id} is a ${cpu.kind}, not a CPU`);
  if (hub.includes('/') || hub === '') throw new UserError(`switch "${hub}": a name without "/" is needed`);
  positiveInteger(nics, `job "${name}": the number of network adapters per host`);
  if (nics > Math.max(1, accelerators?.count ?? 0)) {
    throw new UserError(
      `job "${name}": ${nics} network adapters for ${accelerators?.count ?? 0} accelerators; give each at most one, as fast as all of its together`,
    );
  }
  if (accelerators === undefined) return;
  positiveInteger(accelerators.count, `job "${name}": the number of accelerators per host`);
  const { model, tree, count, others = [] } = accelerators;
  if (others.length >= count || others.some(({ kind }) => kind !== model.kind))
    throw new UserError(`job "${name}": accelerators of a host are of one kind`);
  if (model.kind === 'CPU') throw new UserError(`job "${name}": ${model.id} is a CPU, not an accelerator`);
  if (tree === undefined) return;
  positiveInteger(tree.acceleratorsPerSwitch, `job "${name}": accelerators per PCIe switch`);
  if (tree.switchesPerSocket !== undefined)
    positiveInteger(tree.switchesPerSocket, `job "${name}": PCIe switches per socket`);
}

function positiveInteger(value: number, what: string): void {
  if (!Number.isInteger(value) || value < 1) throw new UserError(`${what} must be 1 or more, got ${value}`);
}

export interface CustomDescription {
  readonly devices: readonly {
    readonly name: string;
    readonly model: DeviceModel;
    /** The device's own name unless given. */
    readonly host?: string;
    /** The node that it is part of, without a link between. */
    readonly attachedTo?: string;
  }[];
  /** Both directions, unless `oneWay`. Ends that are no devices are switches. */
  readonly links: readonly {
    readonly from: string;
    readonly to: string;
    readonly model: LinkModel;
    readonly oneWay?: boolean;
    /** How much it counts in the length of routes: 1 unless given, a whole number. */
    readonly distance?: number;
  }[];
  /** Whether messages pass through devices on their way to others: false unless given. */
  readonly devicesForward?: boolean;
  /** Among equally short routes, the one with the lowest link ids unless given. */
  readonly routing?: Routing;
}

/** A cluster of any shape. Link ids follow the list: there, and then (unless one-way) back. */
export function customCluster(description: CustomDescription): Cluster {
  const devices: ClusterDevice[] = [];
  const nodes = new Map<string, TopologyNode>();
  for (const { name, model, host = name, attachedTo } of description.devices) {
    if (nodes.has(name)) throw new UserError(`device "${name}" is given twice`);
    nodes.set(name, {
      kind: 'device',
      device: devices.length,
      ...(attachedTo !== undefined && { attachedTo }),
    });
    devices.push({ name, model, host });
  }
  const links: LinkEnds[] = [];
  const place = (name: string): void => {
    if (!nodes.has(name)) nodes.set(name, { kind: 'switch' });
  };
  for (const { from, to, model, distance = 1, oneWay = false } of description.links) {
    place(from);
    place(to);
    links.push({ from, to, model, distance });
    if (!oneWay) links.push({ from: to, to: from, model, distance });
  }
  for (const { attachedTo } of description.devices) if (attachedTo !== undefined) place(attachedTo);
  const { devicesForward = false, routing } = description;
  return assembleCluster({ devices, nodes, links, devicesForward, ...(routing && { routing }) });
}
