import { invariant } from '../../base/errors.ts';
import type { Cluster } from '../cluster.ts';
import { type MeshRings, meshRings } from './mesh-rings.ts';

/** What joins the devices of a group, as a communication library finds it on the cluster. */
export interface GroupPaths {
  readonly ranks: number;
  /** Ranks by host, both in the order of ranks. */
  readonly hosts: readonly (readonly number[])[];
  /** Most ranks of one host. */
  readonly perHost: number;
  /** Among the ranks of a host; none where each has one. */
  readonly within?: HostPaths;
  readonly between?: NetworkPaths;
  /** Of each device. */
  readonly memoryBytesPerSecond: number;
}

/** Links between the accelerators of one host. */
export interface HostPaths {
  /** Links made for that (NVLink), or the way that leads to the host too (PCIe). */
  readonly medium: 'peer' | 'bus';
  /** Of the catalog. */
  readonly link: string;
  /** What all rings together carry from each rank to the next. */
  readonly ringBytesPerSecond: number;
  /** What one rank sends at most, to all others together. */
  readonly portBytesPerSecond: number;
  /** Rings, where they are not simply in the order of ranks. */
  readonly rings?: MeshRings;
  /** Over PCIe: whether neighbours of the ring meet at the host, not below a switch. */
  readonly crossesHost: boolean;
  /** Where the switch adds up and multicasts: the share of a link's rate that this reaches. */
  readonly inSwitchShare?: number;
}

/** From host to host, rank i of one to rank i of the next. */
export interface NetworkPaths {
  /** What all ranks of a host send together; between the two slowest hosts that follow each other. */
  readonly bytesPerSecond: number;
  /** The longest. */
  readonly latencySeconds: number;
}

/** @param devices by rank, two or more */
export function groupPaths(cluster: Cluster, devices: readonly number[]): GroupPaths {
  const byHost = new Map<string, number[]>();
  for (const [rank, device] of devices.entries()) {
    const { host } = cluster.devices[device]!;
    const ranks = byHost.get(host);
    if (ranks === undefined) byHost.set(host, [rank]);
    else ranks.push(rank);
  }
  const hosts = [...byHost.values()];
  const fullest = hosts.reduce((most, ranks) => (ranks.length > most.length ? ranks : most));
  const memory = devices.map((device) => cluster.devices[device]!.model.memoryBytesPerSecond.value);
  return {
    ranks: devices.length,
    hosts,
    perHost: fullest.length,
    memoryBytesPerSecond: Math.min(...memory),
    ...(fullest.length > 1 && {
      within: hostPaths(
        cluster,
        fullest.map((rank) => devices[rank]!),
      ),
    }),
    ...(hosts.length > 1 && {
      between: networkPaths(
        cluster,
        hosts.map((ranks) => ranks.map((rank) => devices[rank]!)),
      ),
    }),
  };
}

/** What is between the devices of one host. */
function hostPaths(cluster: Cluster, devices: readonly number[]): HostPaths {
  const toHost = devices.map((device) => routeToHost(cluster, device));
  const isPeer = (a: number, b: number): boolean =>
    cluster.route(devices[a]!, devices[b]!)[0] !== toHost[a]?.[0];
  const all = devices.map((_, rank) => rank);
  const direct = all.map((a) =>
    all.map((b) => {
      if (a === b || !isPeer(a, b)) return 0;
      const route = cluster.route(devices[a]!, devices[b]!);
      return route.length === 1 ? rateOf(cluster, route[0]!) : 0;
    }),
  );
  return (
    switched(cluster, devices, isPeer) ??
    meshed(cluster, devices, direct) ??
    overBus(cluster, devices, toHost)
  );
}

/** One link from each to a switch between them. */
function switched(
  cluster: Cluster,
  devices: readonly number[],
  isPeer: (a: number, b: number) => boolean,
): HostPaths | undefined {
  const route = cluster.route(devices[0]!, devices[1]!);
  if (route.length === 1 || !isPeer(0, 1)) return undefined;
  const { model } = cluster.links[route[0]!]!;
  const rate = model.bytesPerSecond.value;
  return {
    medium: 'peer',
    link: model.id,
    ringBytesPerSecond: rate,
    portBytesPerSecond: rate,
    crossesHost: false,
    ...(model.inSwitchShare !== undefined && { inSwitchShare: model.inSwitchShare.value }),
  };
}

/** Links between pairs; `direct`: their rates, 0 where there is none. */
function meshed(
  cluster: Cluster,
  devices: readonly number[],
  direct: readonly (readonly number[])[],
): HostPaths | undefined {
  const rates = direct.flat().filter((rate) => rate > 0);
  if (rates.length === 0) return undefined;
  const unit = Math.min(...rates);
  const ranks = devices.length;
  const isComplete = rates.length === ranks * (ranks - 1) && Math.max(...rates) === unit;
  const rings = isComplete
    ? undefined
    : meshRings(direct.map((row) => row.map((rate) => Math.round(rate / unit))));
  if (!isComplete && rings === undefined) return undefined;
  const [a, b] = firstPair(direct);
  const { model } = cluster.links[cluster.route(devices[a]!, devices[b]!)[0]!]!;
  return {
    medium: 'peer',
    // A share of a device's links is named after them: `nvlink2 1/6`.
    link: model.id.split(' ')[0]!,
    // All directed pairs of N ranks fall into N − 1 circles over all of them (Tillson 1980; 4 and 6 have almost as many).
    ringBytesPerSecond: unit * (rings?.orders.length ?? ranks - 1),
    portBytesPerSecond: Math.min(...direct.map((row) => row.reduce((sum, rate) => sum + rate, 0))),
    ...(rings !== undefined && { rings }),
    crossesHost: false,
  };
}

function firstPair(direct: readonly (readonly number[])[]): [number, number] {
  for (const [a, row] of direct.entries()) {
    const b = row.findIndex((rate) => rate > 0);
    if (b >= 0) return [a, b];
  }
  invariant(false, 'some pair is joined');
}

/** One ring in the order of ranks, over the links that lead to the host. */
function overBus(
  cluster: Cluster,
  devices: readonly number[],
  toHost: readonly (Int32Array | undefined)[],
): HostPaths {
  const routes = devices.map((device, i) => cluster.route(device, devices[(i + 1) % devices.length]!));
  const crossesHost = routes.some((route, i) => {
    const up = toHost[i];
    return up === undefined || up.every((link, hop) => route[hop] === link);
  });
  const rate = Math.min(...sharedRates(cluster, routes));
  return {
    medium: 'bus',
    link: cluster.links[routes[0]![0]!]!.model.id,
    ringBytesPerSecond: rate,
    portBytesPerSecond: rate,
    crossesHost,
  };
}

function networkPaths(cluster: Cluster, hosts: readonly (readonly number[])[]): NetworkPaths {
  const routes: Int32Array[] = [];
  const ofHost: number[] = [];
  let latencySeconds = 0;
  for (const [h, devices] of hosts.entries()) {
    const next = hosts[(h + 1) % hosts.length]!;
    const rails = Math.min(devices.length, next.length);
    for (let rail = 0; rail < rails; rail++) {
      routes.push(cluster.route(devices[rail]!, next[rail]!));
      ofHost.push(h);
    }
    latencySeconds = Math.max(latencySeconds, networkLatency(cluster, devices[0]!, next[0]!));
  }
  const sums = new Float64Array(hosts.length);
  for (const [i, rate] of sharedRates(cluster, routes).entries()) sums[ofHost[i]!]! += rate;
  return { bytesPerSecond: Math.min(...sums), latencySeconds };
}

/** From host to host: without the buses of accelerators, which the library's own steps are measured with. */
function networkLatency(cluster: Cluster, from: number, to: number): number {
  const idOf = (link: number): string => cluster.links[link]!.model.id;
  const toHost = routeToHost(cluster, from);
  const bus = toHost === undefined || toHost.length === 0 ? undefined : idOf(toHost[0]!);
  return cluster
    .route(from, to)
    .reduce(
      (sum, link) => (idOf(link) === bus ? sum : sum + cluster.links[link]!.model.latencySeconds.value),
      0,
    );
}

/** The least share of any link on each route, if all routes are used at once and share links evenly. */
function sharedRates(cluster: Cluster, routes: readonly Int32Array[]): number[] {
  const load = new Map<number, number>();
  for (const route of routes) for (const link of route) load.set(link, (load.get(link) ?? 0) + 1);
  return routes.map((route) =>
    route.reduce(
      (least, link) => Math.min(least, rateOf(cluster, link) / load.get(link)!),
      Number.POSITIVE_INFINITY,
    ),
  );
}

const rateOf = ({ links }: Cluster, link: number): number => links[link]!.model.bytesPerSecond.value;

/** The CPU of the host that a device is on. */
function hostDevice({ devices }: Cluster, device: number): number | undefined {
  const { host } = devices[device]!;
  const cpus = cpusOf(devices);
  return cpus.get(host);
}

const cpus = new WeakMap<Cluster['devices'], Map<string, number>>();

/** By host: the first CPU. */
function cpusOf(devices: Cluster['devices']): Map<string, number> {
  const known = cpus.get(devices);
  if (known !== undefined) return known;
  const found = new Map<string, number>();
  for (const [index, { host, model }] of devices.entries())
    if (model.kind === 'CPU' && !found.has(host)) found.set(host, index);
  cpus.set(devices, found);
  return found;
}

function routeToHost(cluster: Cluster, device: number): Int32Array | undefined {
  const cpu = hostDevice(cluster, device);
  return cpu === undefined ? undefined : cluster.route(device, cpu);
}
