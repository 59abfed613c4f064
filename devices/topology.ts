import { MultiDirectedGraph } from 'graphology';
import { invariant, UserError } from '../base/errors.ts';
import type { Cluster, ClusterDevice, ClusterLink } from './cluster.ts';
import type { LinkModel } from './device.ts';

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
}

export interface Topology {
  readonly devices: readonly ClusterDevice[];
  /** By name; a device's node has the device's name. */
  readonly nodes: ReadonlyMap<string, TopologyNode>;
  /** In order of their ids. */
  readonly links: readonly LinkEnds[];
  /** Whether messages pass through devices on their way to others (a torus of TPUs). */
  readonly devicesForward: boolean;
}

/**
 * A cluster from its topology. Routes are found by breadth-first search when they are first asked for: one tree per
 * source, one list of links per pair, so a cluster of 200 hosts costs what its plan uses.
 */
export function assembleCluster({ devices, nodes, links: ends, devicesForward }: Topology): Cluster {
  const links: readonly ClusterLink[] = ends.map(({ name, from, to, model }) => ({
    name: name ?? `${from} → ${to}`,
    model,
  }));
  const topology = new MultiDirectedGraph<TopologyNode, { link: number }>();
  for (const [name, attributes] of nodes) topology.addNode(name, attributes);
  ends.forEach(({ from, to }, link) => {
    topology.addDirectedEdgeWithKey(String(link), from, to, { link });
  });

  const names = [...nodes.keys()];
  const numbers = new Map(names.map((name, index) => [name, index]));
  const target = Int32Array.from(ends, ({ to }) => numbers.get(to)!);
  const origin = Int32Array.from(ends, ({ from }) => numbers.get(from)!);
  /** Links that leave each node, ascending. */
  const leaving: number[][] = names.map(() => []);
  origin.forEach((node, link) => {
    leaving[node]!.push(link);
  });
  const forwards = names.map((name) => devicesForward || nodes.get(name)!.kind !== 'device');
  /** Per device: the node where its routes start and end. */
  const place = devices.map(({ name }) => {
    const node = nodes.get(name);
    invariant(node?.kind === 'device', `device ${name} is no node of the topology`);
    return numbers.get(node.attachedTo ?? name)!;
  });

  /**
   * Per node: the link that the search from `source` reached it by, −1 where it did not. Nodes of equal distance
   * are visited in the order of the link ids that lead to them, so ties go to the route with the lowest ids.
   */
  function search(source: number): Int32Array {
    const reachedBy = new Int32Array(names.length).fill(-1);
    const queue = [source];
    for (let head = 0; head < queue.length; head++) {
      const node = queue[head]!;
      if (node !== source && !forwards[node]) continue;
      for (const link of leaving[node]!) {
        const next = target[link]!;
        if (next === source || reachedBy[next] !== -1) continue;
        reachedBy[next] = link;
        queue.push(next);
      }
    }
    return reachedBy;
  }

  const trees = new Map<number, Int32Array>();
  const routes = new Map<number, Int32Array>();
  const indices = new Map(devices.map(({ name }, index) => [name, index]));

  function findRoute(from: number, to: number): Int32Array {
    const source = place[from]!;
    const tree = trees.get(source) ?? search(source);
    trees.set(source, tree);
    const backwards: number[] = [];
    for (let node = place[to]!; node !== source; ) {
      const link = tree[node]!;
      if (link < 0) throw new UserError(`no link leads from ${devices[from]!.name} to ${devices[to]!.name}`);
      backwards.push(link);
      node = origin[link]!;
    }
    return Int32Array.from(backwards.reverse());
  }

  return {
    devices,
    links,
    topology,
    route: (from, to) => {
      invariant(from in devices && to in devices, `there is no device ${from in devices ? to : from}`);
      const pair = from * devices.length + to;
      const known = routes.get(pair);
      if (known !== undefined) return known;
      const route = findRoute(from, to);
      routes.set(pair, route);
      return route;
    },
    indexOf: (name) => indices.get(name) ?? -1,
  };
}

/**
 * Seconds that `bytes` need from one device to another on an idle network, cut through: latencies and overheads per
 * message of the route add up and the narrowest link sets the pace. 0 within a device.
 */
export function idleTransferSeconds(cluster: Cluster, from: number, to: number, bytes: number): number {
  const route = cluster.route(from, to);
  if (route.length === 0) return 0;
  let latency = 0;
  let narrowest = Number.POSITIVE_INFINITY;
  for (const link of route) {
    const { model } = cluster.links[link]!;
    latency += model.latencySeconds.value + (model.messageSeconds?.value ?? 0);
    narrowest = Math.min(narrowest, model.bytesPerSecond.value);
  }
  return latency + bytes / narrowest;
}
