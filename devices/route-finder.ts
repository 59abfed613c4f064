import { invariant } from '../base/errors.ts';
import { CoreSearches } from './core-searches.ts';
import { flowHash } from './flow-hash.ts';

/** A network as routes see it: links by their ends, nodes and links by number. */
export interface RouteGraph {
  readonly nodeCount: number;
  /** Per link. */
  readonly origin: Int32Array;
  readonly target: Int32Array;
  /** Per link: what it adds to the length of a route, a whole number of 1 or more. */
  readonly distance: Int32Array;
  /** Per node: 1 where messages may pass through on their way to others. */
  readonly forwards: Uint8Array;
}

/** Which of several shortest routes is taken: the one with the lowest link ids, or one chosen by a hash. */
export type Routing = { readonly kind: 'shortest' } | { readonly kind: 'ecmp'; readonly seed: number };

const NONE = Number.POSITIVE_INFINITY;

/**
 * Finds shortest routes (least total distance) between nodes of a network, one at a time:
 *
 *     const finder = new RouteFinder(graph, { kind: 'shortest' });
 *     finder.find(source, target); // links in order, or undefined where none lead there
 *
 * Of several shortest routes, `shortest` takes the first in the order of link ids, compared link by link; `ecmp`
 * (equal-cost multi-path) lets each node on the way choose among its links that lie on one, by a hash of source,
 * target, itself and the seed, as switches do: one route per ordered pair, spread evenly.
 *
 * Cost: most of a cluster are dead ends (hosts with one way out), through which no other traffic passes. They are
 * peeled off into trees above a core of switches, so a route is a climb, a search in the core as far as the source,
 * and a descent: no search visits the other 10,000 hosts of a switch.
 */
export class RouteFinder {
  private readonly graph: RouteGraph;
  private readonly routing: Routing;
  /** Per node: the one node that a dead end leads to; −1 in the core and where messages do not pass. */
  private readonly parent: Int32Array;
  /** Per dead end: links to its parent, and from there, ascending. Of a node without passage: all of its links. */
  private readonly up: readonly (readonly number[])[];
  private readonly down: readonly (readonly number[])[];
  /** Per node of the core: links to others in it, ascending. */
  private readonly across: readonly (readonly number[])[];
  private readonly core: CoreSearches;

  constructor(graph: RouteGraph, routing: Routing) {
    this.graph = graph;
    this.routing = routing;
    this.parent = deadEnds(graph);
    const { parent } = this;
    const lists = (): number[][] => Array.from({ length: graph.nodeCount }, () => []);
    const [up, down, across, back] = [lists(), lists(), lists(), lists()];
    const { origin, target, forwards } = graph;
    for (let link = 0; link < origin.length; link++) {
      const [from, to] = [origin[link]!, target[link]!];
      if (!forwards[from]) up[from]!.push(link);
      if (!forwards[to]) down[to]!.push(link);
      if (!forwards[from] || !forwards[to] || from === to) continue;
      if (parent[from] === to) up[from]!.push(link);
      else if (parent[to] === from) down[to]!.push(link);
      else {
        across[from]!.push(link);
        back[to]!.push(link);
      }
    }
    [this.up, this.down, this.across] = [up, down, across];
    this.core = new CoreSearches(graph, back, parent);
  }

  find(source: number, target: number): Int32Array | undefined {
    const { origin: ends, target: heads, distance, forwards } = this.graph;
    const fall = this.fallTo(target);
    let left = this.distanceTo(target, source, fall, NONE);
    if (left === NONE) return undefined;
    const route: number[] = [];
    const tight: number[] = [];
    for (let node = source; node !== target; ) {
      tight.length = 0;
      const consider = (links: readonly number[]): void => {
        for (const link of links) {
          if (ends[link] !== node) continue;
          const rest = left - distance[link]!;
          if (rest >= 0 && this.distanceTo(target, heads[link]!, fall, rest) === rest) tight.push(link);
        }
      };
      consider(this.up[node]!);
      if (forwards[node]) {
        consider(this.across[node]!);
        for (const below of fall.keys()) {
          if (below !== target && this.parent[below] === node) consider(this.down[below]!);
        }
        if (this.parent[target] === node || !forwards[target]) consider(this.down[target]!);
      }
      invariant(tight.length > 0, `no way on from node ${node} to ${target} at a distance of ${left}`);
      const link = this.choose(tight, source, target, node);
      route.push(link);
      left -= distance[link]!;
      node = heads[link]!;
    }
    return Int32Array.from(route);
  }

  private choose(tight: number[], source: number, target: number, node: number): number {
    if (this.routing.kind === 'shortest' || tight.length === 1) return Math.min(...tight);
    return tight[flowHash(source, target, node, this.routing.seed) % tight.length]!;
  }

  /** Per node from which one only descends to `target`: the least distance down. */
  private fallTo(target: number): Map<number, number> {
    const { origin, distance, forwards } = this.graph;
    const fall = new Map<number, number>([[target, 0]]);
    const climb = (from: number, cost: number): void => {
      let length = cost;
      for (let node = from; node !== -1; node = this.parent[node]!) {
        const known = fall.get(node);
        if (known === undefined || length < known) fall.set(node, length);
        length += least(this.down[node]!, distance);
      }
    };
    if (forwards[target]) climb(target, 0);
    else {
      for (const link of this.down[target]!) {
        if (forwards[origin[link]!]) climb(origin[link]!, distance[link]!);
        else fall.set(origin[link]!, Math.min(fall.get(origin[link]!) ?? NONE, distance[link]!));
      }
    }
    return fall;
  }

  /** Least distance from `node` to `target`, where it is at most `limit`; otherwise infinite. */
  private distanceTo(target: number, node: number, fall: Map<number, number>, limit: number): number {
    const { distance, forwards, target: heads } = this.graph;
    if (node === target) return 0;
    if (!forwards[node]) {
      // Only where a route starts: nothing passes through.
      if (limit !== NONE) return NONE;
      let best = NONE;
      for (const link of this.up[node]!) {
        const head = heads[link]!;
        if (head !== target && !forwards[head]) continue;
        best = Math.min(best, distance[link]! + this.climbTo(head, target, fall, best - distance[link]!));
      }
      return best;
    }
    return this.climbTo(node, target, fall, limit);
  }

  private climbTo(from: number, target: number, fall: Map<number, number>, limit: number): number {
    if (from === target) return 0;
    let best = NONE;
    let length = 0;
    let node = from;
    for (; ; node = this.parent[node]!) {
      best = Math.min(best, length + (fall.get(node) ?? NONE));
      if (this.parent[node] === -1) break;
      length += least(this.up[node]!, this.graph.distance);
    }
    for (const [root, down] of fall) {
      if (root === node || !this.core.has(root)) continue;
      const most = Math.min(best, limit) - length - down;
      if (most > 0) best = Math.min(best, length + this.core.distance(node, root, most) + down);
    }
    return best <= limit ? best : NONE;
  }
}

function least(links: readonly number[], distance: Int32Array): number {
  let best = NONE;
  for (const link of links) best = Math.min(best, distance[link]!);
  return best;
}

/**
 * Per node: the neighbour that it is a dead end behind, −1 for the others. Peeled from the outside: a node whose links
 * (to nodes that forward and are not yet peeled) all join it to one neighbour is a dead end behind that.
 */
function deadEnds({ nodeCount, origin, target, forwards }: RouteGraph): Int32Array {
  const neighbours: number[][] = Array.from({ length: nodeCount }, () => []);
  for (let link = 0; link < origin.length; link++) {
    const [a, b] = [origin[link]!, target[link]!];
    if (!forwards[a] || !forwards[b] || a === b) continue;
    neighbours[a]!.push(b);
    neighbours[b]!.push(a);
  }
  const seen = new Int32Array(nodeCount).fill(-1);
  /** Per node: distinct neighbours left, and the exclusive or of their numbers: the number itself where one is left. */
  const count = new Int32Array(nodeCount);
  const sum = new Int32Array(nodeCount);
  for (let node = 0; node < nodeCount; node++) {
    for (const other of neighbours[node]!) {
      if (seen[other] === node) continue;
      seen[other] = node;
      count[node]!++;
      sum[node]! ^= other;
    }
  }
  const parent = new Int32Array(nodeCount).fill(-1);
  const ends: number[] = [];
  for (let node = 0; node < nodeCount; node++) if (count[node] === 1) ends.push(node);
  for (let node = ends.pop(); node !== undefined; node = ends.pop()) {
    // The last of a tree has nobody left to be behind.
    if (count[node] !== 1) continue;
    const behind = sum[node]!;
    parent[node] = behind;
    count[node] = 0;
    sum[behind]! ^= node;
    if (--count[behind]! === 1) ends.push(behind);
  }
  return parent;
}
