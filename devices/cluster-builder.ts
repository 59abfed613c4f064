import { UserError } from '../base/errors.ts';
import type { Cluster, ClusterDevice } from './cluster.ts';
import type { DeviceModel, LinkModel, Quantity } from './device.ts';
import { assembleCluster, type LinkEnds, type TopologyNode } from './topology.ts';

export interface AcceleratorsDescription {
  readonly model: DeviceModel;
  /** On each host. */
  readonly count: number;
  /** What joins each of them to the host. */
  readonly bus: LinkModel;
  /** What joins them to each other, where there is more than the bus. */
  readonly peers?: {
    readonly link: LinkModel;
    /**
     * `mesh`: such a link from each to each other, each with all of its bandwidth. `switch`: one such link from each
     * into a switch inside the host (NVSwitch), shared by all that it sends.
     */
    readonly through: 'mesh' | 'switch';
  };
}

/** A job: equal hosts, one task on each. */
export interface JobDescription {
  /** e.g. `worker` */
  readonly name: string;
  readonly tasks: number;
  readonly cpu: DeviceModel;
  readonly accelerators?: AcceleratorsDescription;
  /** What joins each host to the switch; a cluster of one host needs none. */
  readonly nic?: LinkModel;
  /** Name of that switch: `switch` unless given. */
  readonly switch?: string;
}

export interface ClusterDescription {
  readonly jobs: readonly JobDescription[];
  /** Links between switches. */
  readonly trunks?: readonly {
    readonly between: readonly [string, string];
    readonly model: LinkModel;
  }[];
}

/**
 * A cluster of hosts around switches. Task 3 of job `worker` runs on the host `worker/3`, with the devices
 * `/job:worker/task:3/device:CPU:0` (the host itself, no link between) and `…/device:GPU:0` (one bus hop away).
 * All links are full duplex: one ClusterLink per direction.
 *
 * Left out: accelerators of one host never meet on a shared PCIe switch, root port or inter-socket link, since each
 * has a bus link of its own up to the host; the host's memory bandwidth does not limit transfers; a switch is never
 * the bottleneck, only its links are.
 */
export function buildCluster({ jobs, trunks = [] }: ClusterDescription): Cluster {
  const devices: ClusterDevice[] = [];
  const nodes = new Map<string, TopologyNode>();
  const links: LinkEnds[] = [];

  const join = (a: string, b: string, model: LinkModel, nameA = a, nameB = b): void => {
    links.push({ from: a, to: b, model, name: `${nameA} → ${nameB}` });
    links.push({ from: b, to: a, model, name: `${nameB} → ${nameA}` });
  };

  for (const { name: job, tasks, cpu, accelerators, nic, switch: hub = 'switch' } of jobs) {
    if (!/^[A-Za-z]\w*$/.test(job)) {
      throw new UserError(`job "${job}": a name is a letter, then letters, digits and "_"`);
    }
    if (nodes.has(`${job}/0`)) throw new UserError(`job "${job}" is given twice`);
    positiveInteger(tasks, `job "${job}": tasks`);
    if (cpu.kind !== 'CPU') throw new UserError(`job "${job}": ${cpu.id} is a ${cpu.kind}, not a CPU`);
    if (hub.includes('/') || hub === '') throw new UserError(`switch "${hub}": a name without "/" is needed`);
    if (nic !== undefined) nodes.set(hub, { kind: 'switch' });

    for (let task = 0; task < tasks; task++) {
      const host = `${job}/${task}`;
      nodes.set(host, { kind: 'host' });
      addDevice(`/job:${job}/task:${task}/device:CPU:0`, cpu, host, host);
      if (accelerators !== undefined) addAccelerators(accelerators, job, task, host);
      if (nic !== undefined) join(host, hub, nic);
    }
  }
  for (const { between, model } of trunks) {
    for (const name of between) {
      if (nodes.get(name)?.kind !== 'switch') throw new UserError(`no job is joined to the switch "${name}"`);
    }
    join(between[0], between[1], model);
  }
  return assembleCluster({ devices, nodes, links, devicesForward: false });

  function addDevice(name: string, model: DeviceModel, host: string, attachedTo?: string): void {
    const device = devices.length;
    nodes.set(name, { kind: 'device', device, ...(attachedTo !== undefined && { attachedTo }) });
    devices.push({ name, model, host });
  }

  function addAccelerators(
    { model, count, bus, peers }: AcceleratorsDescription,
    job: string,
    task: number,
    host: string,
  ): void {
    positiveInteger(count, `job "${job}": the number of accelerators per host`);
    if (model.kind === 'CPU') throw new UserError(`job "${job}": ${model.id} is a CPU, not an accelerator`);
    const short = (index: number): string => `${host}/${model.kind}:${index}`;
    const full = (index: number): string => `/job:${job}/task:${task}/device:${model.kind}:${index}`;
    for (let i = 0; i < count; i++) addDevice(full(i), model, host);
    // Before the buses: over an inner switch it is as many hops as over the host, and the lowest link ids win.
    if (peers !== undefined && count > 1) joinPeers(peers);
    for (let i = 0; i < count; i++) join(full(i), host, bus, short(i), host);

    function joinPeers({ link, through }: NonNullable<AcceleratorsDescription['peers']>): void {
      if (through === 'mesh') {
        for (let i = 0; i < count; i++) {
          for (let j = i + 1; j < count; j++) join(full(i), full(j), link, short(i), short(j));
        }
        return;
      }
      const hub = `${host}/switch`;
      nodes.set(hub, { kind: 'switch' });
      const half = halfLatency(link);
      for (let i = 0; i < count; i++) join(full(i), hub, half, short(i), hub);
    }
  }
}

/** A catalog link's latency is from accelerator to accelerator; over a switch that takes two links. */
function halfLatency(link: LinkModel): LinkModel {
  const latency: Quantity = { ...link.latencySeconds, value: link.latencySeconds.value / 2 };
  return { ...link, latencySeconds: latency };
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
  }[];
  /** Whether messages pass through devices on their way to others: false unless given. */
  readonly devicesForward?: boolean;
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
  for (const { from, to, model, oneWay = false } of description.links) {
    place(from);
    place(to);
    links.push({ from, to, model });
    if (!oneWay) links.push({ from: to, to: from, model });
  }
  for (const { attachedTo } of description.devices) if (attachedTo !== undefined) place(attachedTo);
  return assembleCluster({ devices, nodes, links, devicesForward: description.devicesForward ?? false });
}
