import { UserError } from '../base/errors.ts';
import type { Cluster } from '../devices/cluster.ts';
import { matchesDevice } from '../devices/device-spec.ts';
import { DisjointSets } from '../graph/disjoint-sets.ts';
import type { Graph } from '../graph/graph.ts';

export interface ConstraintOptions {
  /**
   * Soft placement, as TensorFlow's `allow_soft_placement`: where the device specifications of a colocation group leave
   * no device with kernels for all of it, they are ignored. Default: an error.
   */
  readonly soft?: boolean;
}

/** Where each node may run, and what it costs there. */
export interface Constraints {
  readonly deviceCount: number;
  /** Per node: smallest member of its colocation group (itself when alone), implicit colocation included. */
  readonly group: Int32Array;
  /** The groups by their smallest members, ascending: in topological order of first members. */
  readonly groups: readonly number[];
  /** Per node: devices that every member of its group may run on, ascending; one array per group, never empty. */
  readonly feasible: readonly (readonly number[])[];
  /** `seconds[node * deviceCount + device]`: the cost model, asked once. Infinity where there is no kernel. */
  readonly seconds: Float64Array;
  /** Nodes whose device specification was ignored, by soft placement. */
  readonly relaxed: readonly number[];
}

/**
 * Feasible devices per colocation group: the intersection over its members of the devices that match the member's
 * device specification and have a kernel for it (white paper 2015, section 4.3).
 *
 * @throws UserError naming the nodes and their constraints where an intersection is empty.
 */
export function resolveConstraints(
  graph: Graph,
  cluster: Cluster,
  costs: { readonly seconds: (node: number, device: number) => number },
  { soft = false }: ConstraintOptions = {},
): Constraints {
  const deviceCount = cluster.devices.length;
  const { nodeCount } = graph;
  const group = colocationGroups(graph);
  const seconds = new Float64Array(nodeCount * deviceCount);
  for (let node = 0; node < nodeCount; node++) {
    for (let d = 0; d < deviceCount; d++) seconds[node * deviceCount + d] = costs.seconds(node, d);
  }

  const matching = matchesBySpec(graph, cluster);
  const allowed = (node: number, d: number): boolean =>
    matching.get(graph.deviceHint[node]!)![d]! && Number.isFinite(seconds[node * deviceCount + d]);

  const members = new Map<number, number[]>();
  for (let node = 0; node < nodeCount; node++) {
    const list = members.get(group[node]!);
    if (list === undefined) members.set(group[node]!, [node]);
    else list.push(node);
  }
  const devices = cluster.devices.map((_, d) => d);
  const feasible = new Array<readonly number[]>(nodeCount);
  const relaxed: number[] = [];
  for (const nodes of members.values()) {
    let common = devices.filter((d) => nodes.every((node) => allowed(node, d)));
    if (common.length === 0 && soft) {
      common = devices.filter((d) => nodes.every((node) => Number.isFinite(seconds[node * deviceCount + d])));
      relaxed.push(...nodes.filter((node) => graph.deviceHint[node] !== ''));
    }
    if (common.length === 0) throw new UserError(conflict(graph, cluster, nodes, matching, allowed, seconds));
    for (const node of nodes) feasible[node] = common;
  }
  return { deviceCount, group, groups: [...members.keys()], feasible, seconds, relaxed };
}

/** The graph's colocation, joined with that of each change to variables and the variables. */
function colocationGroups(graph: Graph): Int32Array {
  const sets = new DisjointSets(graph.nodeCount);
  for (let node = 0; node < graph.nodeCount; node++) {
    sets.union(node, graph.colocation[node]!);
    for (let i = 0; i < (graph.row[node]!.changes ?? 0); i++) {
      const target = graph.producer[graph.input[graph.inputStart[node]! + i]!]!;
      if (graph.op[target] === 'Variable' || (graph.row[target]!.changes ?? 0) > 0) sets.union(node, target);
    }
  }
  return sets.smallestMembers();
}

/** Per distinct device specification of the graph: which devices match it. */
function matchesBySpec(graph: Graph, cluster: Cluster): ReadonlyMap<string, readonly boolean[]> {
  const matching = new Map<string, readonly boolean[]>();
  for (const [node, spec] of graph.deviceHint.entries()) {
    if (matching.has(spec)) continue;
    try {
      matching.set(
        spec,
        cluster.devices.map((device) => matchesDevice(spec, device.name)),
      );
    } catch (error) {
      if (error instanceof UserError) throw new UserError(`"${graph.name[node]}": ${error.message}`);
      throw error;
    }
  }
  return matching;
}

/** Names the fewest nodes that already contradict each other: one, else two, else those that each narrow the choice. */
function conflict(
  graph: Graph,
  cluster: Cluster,
  nodes: readonly number[],
  matching: ReadonlyMap<string, readonly boolean[]>,
  allowed: (node: number, d: number) => boolean,
  seconds: Float64Array,
): string {
  const devices = cluster.devices.map((_, d) => d);
  const name = (node: number): string => `"${graph.name[node]}"`;
  const hasKernel = (node: number, d: number): boolean => Number.isFinite(seconds[node * devices.length + d]);
  const asks = (node: number): string | undefined =>
    graph.deviceHint[node] === '' ? undefined : `asks for ${graph.deviceHint[node]}`;
  const kernels = (node: number): string | undefined => {
    const there = devices.filter((d) => hasKernel(node, d));
    return there.length === devices.length ? undefined : `has kernels only on ${deviceList(cluster, there)}`;
  };
  const reason = (node: number): string =>
    [asks(node), kernels(node)].filter((part) => part !== undefined).join(' and ');

  const alone = nodes.find((node) => devices.every((d) => !allowed(node, d)));
  if (alone !== undefined) {
    const spec = graph.deviceHint[alone]!;
    if (!matching.get(spec)!.includes(true)) {
      return `${name(alone)} asks for ${spec}, and no device of the cluster matches; there are ${deviceList(cluster, devices)}`;
    }
    const what = `no kernel for ${graph.op[alone]}`;
    return devices.some((d) => hasKernel(alone, d))
      ? `${name(alone)} asks for ${spec}, where there is ${what}; it ${kernels(alone)}`
      : `${name(alone)}: no device of the cluster has a kernel for ${graph.op[alone]}`;
  }
  for (const [i, a] of nodes.entries()) {
    const b = nodes.slice(i + 1).find((other) => devices.every((d) => !allowed(a, d) || !allowed(other, d)));
    if (b === undefined) continue;
    const [first, second] = [reason(a), reason(b)];
    const shorter = first.startsWith('asks ') ? second.replace(/^asks /, '') : second;
    return `${name(a)} ${first} but ${name(b)} ${shorter}, and they are colocated`;
  }
  const narrowing: number[] = [];
  let left = devices;
  for (const node of nodes) {
    const rest = left.filter((d) => allowed(node, d));
    if (rest.length < left.length) narrowing.push(node);
    left = rest;
  }
  return `${narrowing.map((node) => `${name(node)} ${reason(node)}`).join('; ')}; they are colocated, and no device suits all`;
}

function deviceList(cluster: Cluster, devices: readonly number[]): string {
  const shown = devices.slice(0, 4).map((d) => cluster.devices[d]!.name);
  return shown.join(', ') + (devices.length > 4 ? ` and ${devices.length - 4} more` : '');
}
