import type { RouteGraph } from './route-finder.ts';

/** Distances that all searches together may hold; beyond, they start afresh. 4 bytes each. */
const MOST_HELD = 2 ** 23;

/**
 * Distances between nodes of a network's core, by searches from the target backwards (Dial's bucket queue: "Algorithm
 * 360: shortest-path forest with topological ordering", CACM 1969). A search goes on only as far as asked and goes on
 * from there when a farther node asks, so neighbours in a torus of 10,000 cost a few steps.
 */
export class CoreSearches {
  private readonly graph: RouteGraph;
  /** Per node: links from others of the core. */
  private readonly back: readonly (readonly number[])[];
  /** Per node: its number in the core, −1 outside. */
  private readonly index: Int32Array;
  private readonly size: number;
  private readonly searches = new Map<number, Search>();
  /** Arrays of searches given up, all −1 again: clearing what a short search touched is cheaper than a new one. */
  private readonly spare: Int32Array[] = [];

  /** The core: nodes that forward and are no dead end (no parent). */
  constructor(graph: RouteGraph, back: readonly (readonly number[])[], parent: Int32Array) {
    this.graph = graph;
    this.back = back;
    this.index = new Int32Array(graph.nodeCount).fill(-1);
    let size = 0;
    for (let node = 0; node < graph.nodeCount; node++) {
      if (graph.forwards[node] && parent[node] === -1) this.index[node] = size++;
    }
    this.size = size;
  }

  has(node: number): boolean {
    return this.index[node] !== -1;
  }

  /** From one node of the core to another, where it is at most `limit`; otherwise infinite. */
  distance(from: number, to: number, limit: number): number {
    const search = this.searchFor(to);
    const { reached, buckets } = search;
    const at = this.index[from]!;
    while (reached[at]! < 0 || reached[at]! > search.level) {
      if (search.level >= limit || search.level >= buckets.length) return Number.POSITIVE_INFINITY;
      this.expand(search);
    }
    return reached[at]! <= limit ? reached[at]! : Number.POSITIVE_INFINITY;
  }

  /** Settles the neighbours of all nodes at the search's distance. */
  private expand(search: Search): void {
    const { reached, buckets, level } = search;
    const { origin, distance } = this.graph;
    for (const node of buckets[level] ?? []) {
      // Reached again, and closer, since it was put here.
      if (reached[this.index[node]!] !== level) continue;
      for (const link of this.back[node]!) {
        const before = this.index[origin[link]!]!;
        const length = level + distance[link]!;
        if (reached[before]! >= 0 && reached[before]! <= length) continue;
        if (reached[before]! < 0) search.touched.push(before);
        reached[before] = length;
        while (buckets.length <= length) buckets.push([]);
        buckets[length]!.push(origin[link]!);
      }
    }
    buckets[level] = [];
    search.level++;
  }

  private searchFor(target: number): Search {
    const known = this.searches.get(target);
    if (known !== undefined) return known;
    if ((this.searches.size + 1) * this.size > MOST_HELD) this.giveUpAll();
    const reached = this.spare.pop() ?? new Int32Array(this.size).fill(-1);
    const at = this.index[target]!;
    reached[at] = 0;
    const search = { reached, touched: [at], buckets: [[target]], level: 0 };
    this.searches.set(target, search);
    return search;
  }

  private giveUpAll(): void {
    for (const { reached, touched } of this.searches.values()) {
      for (const at of touched) reached[at] = -1;
      this.spare.push(reached);
    }
    this.searches.clear();
  }
}

interface Search {
  /** Per node of the core: least distance so far, −1 where none is known. Final up to `level`. */
  readonly reached: Int32Array;
  /** Numbers in the core that are not −1 there. */
  readonly touched: number[];
  /** Per distance: nodes first reached at it and not yet expanded. */
  readonly buckets: number[][];
  level: number;
}
