import { MultiDirectedGraph } from 'graphology';
import { InternalError, invariant, UserError } from '../base/errors.ts';
import type { Cluster, ClusterDevice, ClusterLink } from './cluster.ts';
import type { CommunicationParameters } from './communication/parameters.ts';
import type { LinkModel } from './device.ts';
import { idleRoute, idleSeconds } from './idle-route.ts';
import { RouteFinder, type RouteGraph, type Routing } from './route-finder.ts';

/** What a node of a topology is; the attributes that `Cluster.topology` carries. */
export type TopologyNode =
  | {
      readonly kind: 'device';
      /** Index in Cluster.devices. */
      readonly device: number;
      /** The node that the device is part of (a CPU and its host): no link lies between. */
      readonly attachedTo?: string;
    }
  | { readonly kind: 'host' | 'switch' };

/** One direction of a link between two nodes of the topology. */
export interface LinkEnds {
  readonly name?: string;
  readonly from: string;
  readonly to: string;
  readonly model: LinkModel;
  /**
   * What it adds to the length of a route: 1 unless given, a whole number. More where other ways are to be preferred
   * even if they have more hops.
   */
  readonly distance?: number;
}

export interface Topology {
  readonly devices: readonly ClusterDevice[];
  /** By name; a device's node has the device's name. */
  readonly nodes: ReadonlyMap<string, TopologyNode>;
  /** In order of their ids. */
  readonly links: readonly LinkEnds[];
  /** Whether messages pass through devices on their way to others (a torus of TPUs). */
  readonly devicesForward: boolean;
  /** Among equally short routes, the one with the lowest link ids unless given. */
  readonly routing?: Routing;
  readonly communication?: CommunicationParameters;
}

/** So many routes are kept; beyond, they are found again. */
const MOST_ROUTES = 2 ** 18;

/**
 * A cluster from its topology. A route is found when it is first asked for, so a cluster of 10,000 devices costs what
 * its plan uses; the graph for drawing is built when it is first looked at.
 */
export function assembleCluster({
  devices,
  nodes,
  links: ends,
  devicesForward,
  routing,
  communication,
}: Topology): Cluster {
  const links: readonly ClusterLink[] = ends.map(({ name, from, to, model }) => ({
    name: name ?? `${from} → ${to}`,
    model,
  }));
  for (const { name, model } of links) checkLink(name, model);

  const names = [...nodes.keys()];
  const numbers = new Map(names.map((name, index) => [name, index]));
  const graph: RouteGraph = {
    nodeCount: names.length,
    origin: Int32Array.from(ends, ({ from }) => numbers.get(from)!),
    target: Int32Array.from(ends, ({ to }) => numbers.get(to)!),
    distance: Int32Array.from(ends, ({ distance = 1 }) => distance),
    forwards: Uint8Array.from(names, (name) => Number(devicesForward || nodes.get(name)!.kind !== 'device')),
  };
  /** Per device: the node where its routes start and end. */
  const place = devices.map(({ name }) => {
    const node = nodes.get(name);
    invariant(node?.kind === 'device', `device ${name} is no node of the topology`);
    return numbers.get(node.attachedTo ?? name)!;
  });

  let finder: RouteFinder | undefined;
  let topology: MultiDirectedGraph | undefined;
  const routes = new Map<number, Int32Array>();
  const indices = new Map(devices.map(({ name }, index) => [name, index]));

  function findRoute(from: number, to: number): Int32Array {
    finder ??= new RouteFinder(graph, routing ?? { kind: 'shortest' });
    const route = finder.find(place[from]!, place[to]!);
    if (route !== undefined) return route;
    const [a, b] = [devices[from]!.name, devices[to]!.name];
    throw new UserError(
      `no link leads from ${a} to ${b}: the first reaches ${reach(from)}, the second ${reach(to)}`,
    );
  }

  /** The other devices that one reaches, for a message. */
  function reach(from: number): string {
    const others = devices.filter(
      (_, to) => to !== from && finder!.find(place[from]!, place[to]!) !== undefined,
    );
    const named = others.slice(0, 3).map(({ name }) => name);
    if (others.length === 0) return 'no other device';
    return others.length > 3 ? `${named.join(', ')} and ${others.length - 3} more` : named.join(' and ');
  }

  return {
    devices,
    links,
    ...(communication !== undefined && { communication }),
    get topology() {
      topology ??= drawing(nodes, ends);
      return topology;
    },
    route: (from, to) => {
      if (!(from in devices && to in devices)) {
        throw new InternalError(`there is no device ${from in devices ? to : from}`);
      }
      const pair = from * devices.length + to;
      const known = routes.get(pair);
      if (known !== undefined) return known;
      const route = findRoute(from, to);
      if (routes.size >= MOST_ROUTES) routes.clear();
      routes.set(pair, route);
      return route;
    },
    indexOf: (name) => indices.get(name) ?? -1,
  };
}

function drawing(nodes: Topology['nodes'], ends: readonly LinkEnds[]): MultiDirectedGraph {
  const topology = new MultiDirectedGraph<TopologyNode, { link: number }>();
  for (const [name, attributes] of nodes) topology.addNode(name, attributes);
  ends.forEach(({ from, to }, link) => {
    topology.addDirectedEdgeWithKey(String(link), from, to, { link });
  });
  return topology;
}

function checkLink(name: string, { bytesPerSecond, latencySeconds, messageSeconds }: LinkModel): void {
  const rate = bytesPerSecond.value;
  if (!(rate > 0)) throw new UserError(`link "${name}": a bandwidth of ${rate} B/s carries nothing`);
  for (const { value } of [latencySeconds, messageSeconds ?? latencySeconds]) {
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY))
      throw new UserError(`link "${name}": a time of ${value} s; expected 0 or more`);
  }
}

/** Seconds that `bytes` need from one device to another on an idle network; 0 within a device. */
export function idleTransferSeconds(cluster: Cluster, from: number, to: number, bytes: number): number {
  return idleSeconds(idleRoute(cluster.links, cluster.route(from, to)), bytes);
}
