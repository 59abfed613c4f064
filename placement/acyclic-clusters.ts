import type { PlacementProblem } from './problem.ts';
import { ReadyQueue } from './ready-queue.ts';

/** A task with more neighbours than this does not look for a partner: its light neighbours come to it. */
const HUB = 64;
/** Clusters to visit in search of a second path before a merge is given up. */
const REACH = 64;

/** What a merge may make, so that one cluster does not swallow the graph. */
export interface ClusterLimits {
  /** Mean seconds of a cluster. */
  readonly seconds: number;
  /** Mean seconds, and bytes that stay, of joined colocation groups: they move as one from then on. */
  readonly groupSeconds: number;
  readonly groupBytes: number;
}

/**
 * Clusters of tasks whose graph stays acyclic while they are merged. At first each task is a cluster; a cluster is known
 * by one of its tasks. Only clusters with the same choice of devices merge, and their colocation groups are joined.
 *
 * - **Along an edge u → v** (`mergeLightest`): the merged cluster lies on a cycle exactly if there is a second path from
 *   u to v. There is none where v is u's only successor or u is v's only predecessor. Elsewhere it is searched: a
 *   topological order is kept, and such a path stays between u and v in it. Where the search gets long, no merge.
 * - **Side by side** (`mergeSiblings`): the level of a cluster is the length of the longest path to it, so edges go to
 *   higher levels; they still do after any merges of clusters of equal level, so there is no cycle.
 *
 * The order is kept as by Pearce & Kelly 2007 (a dynamic topological sort algorithm): see `merge`.
 */
export class AcyclicClusters {
  count: number;
  /** Per task: a task closer to its cluster's; roots are their own. */
  private readonly parent: Int32Array;
  private readonly weight: Float64Array;
  /** Per cluster: successors and predecessors, each once, with the bytes that cross. */
  private readonly next: Map<number, number>[];
  private readonly previous: Map<number, number>[];
  /** Per cluster: its place in a topological order. */
  private readonly place: Float64Array;
  /** After a search, clusters between u and v: those that u leads to, those that lead to v. */
  private readonly after: number[] = [];
  private readonly before: number[] = [];
  private readonly seen: Int32Array;
  private search = 0;
  private readonly choice: Int32Array;
  private readonly groupOf: Int32Array;
  private readonly groupParent: Int32Array;
  private readonly groupSeconds: Float64Array;
  private readonly groupBytes: Float64Array;

  constructor(problem: PlacementProblem, weight: Float64Array) {
    const { taskCount, outputStart, readerStart, reader, bytes, group, groupCount, feasible } = problem;
    this.count = taskCount;
    this.parent = Int32Array.from({ length: taskCount }, (_, i) => i);
    this.weight = weight.slice();
    this.place = Float64Array.from(this.parent);
    this.seen = new Int32Array(taskCount);
    this.next = Array.from({ length: taskCount }, () => new Map<number, number>());
    this.previous = Array.from({ length: taskCount }, () => new Map<number, number>());
    for (let task = 0; task < taskCount; task++) {
      for (let t = outputStart[task]!; t < outputStart[task + 1]!; t++) {
        for (let r = readerStart[t]!; r < readerStart[t + 1]!; r++) {
          if (r > readerStart[t]! && reader[r] === reader[r - 1]) continue;
          add(this.next[task]!, reader[r]!, bytes[t]!);
          add(this.previous[reader[r]!]!, task, bytes[t]!);
        }
      }
    }
    const choices = new Map<string, number>();
    const choiceOfGroup = feasible.map((devices) => {
      const key = devices.join();
      if (!choices.has(key)) choices.set(key, choices.size);
      return choices.get(key)!;
    });
    this.choice = group.map((g) => choiceOfGroup[g]!);
    this.groupOf = group;
    this.groupParent = Int32Array.from({ length: groupCount }, (_, g) => g);
    this.groupSeconds = new Float64Array(groupCount);
    this.groupBytes = new Float64Array(groupCount);
    for (let task = 0; task < taskCount; task++) {
      this.groupSeconds[group[task]!]! += weight[task]!;
      this.groupBytes[group[task]!]! += problem.residentBytes[task]!;
    }
  }

  /** The cluster of a task. */
  clusterOf(task: number): number {
    return root(this.parent, task);
  }

  /** The joined colocation group of a task. */
  groupOfTask(task: number): number {
    return root(this.groupParent, this.groupOf[task]!);
  }

  /**
   * The lightest cluster first, each with the neighbour across its heaviest edge; ties: the lightest neighbour.
   * `chainsOnly`: only with its only successor, whose only predecessor it is, which costs no parallelism.
   */
  mergeLightest(target: number, limits: ClusterLimits, chainsOnly: boolean): void {
    const { parent, weight } = this;
    const n = parent.length;
    const queue = new ReadyQueue(2 * n);
    const queued = new Int32Array(n);
    const push = (cluster: number): void => {
      queued[cluster]!++;
      queue.push(weight[cluster]!, cluster);
    };
    for (let cluster = 0; cluster < n; cluster++) if (parent[cluster] === cluster) push(cluster);
    while (queue.length > 0 && this.count > target) {
      const cluster = queue.pop();
      // Entries from before a merge are lighter than the cluster is now, and come first.
      if (--queued[cluster]! > 0 || parent[cluster] !== cluster) continue;
      const merged = this.mergeOne(cluster, limits, chainsOnly);
      if (merged >= 0) push(merged);
    }
  }

  /** The cluster of a cluster and its best neighbour; −1 where none may be merged. */
  private mergeOne(cluster: number, limits: ClusterLimits, chainsOnly: boolean): number {
    const { weight } = this;
    const next = this.next[cluster]!;
    const previous = this.previous[cluster]!;
    if (next.size + previous.size > HUB) return -1;
    const neighbours: { other: number; bytes: number; follows: boolean }[] = [];
    for (const [other, bytes] of next) {
      if (chainsOnly && (next.size > 1 || this.previous[other]!.size > 1)) continue;
      if (this.mayMerge(cluster, other, limits)) neighbours.push({ other, bytes, follows: true });
    }
    for (const [other, bytes] of previous) {
      if (chainsOnly && (previous.size > 1 || this.next[other]!.size > 1)) continue;
      if (this.mayMerge(cluster, other, limits)) neighbours.push({ other, bytes, follows: false });
    }
    neighbours.sort(
      (a, b) =>
        b.bytes - a.bytes ||
        weight[a.other]! - weight[b.other]! ||
        this.place[a.other]! - this.place[b.other]!,
    );
    for (const { other, follows } of neighbours) {
      const [u, v] = follows ? [cluster, other] : [other, cluster];
      if (this.isOnlyPath(u, v)) return this.merge(u, v);
    }
    return -1;
  }

  /** Whether the edge u → v is the only path from u to v; false too where that takes long. Fills `after` and `before`. */
  private isOnlyPath(u: number, v: number): boolean {
    this.after.length = 0;
    this.before.length = 0;
    if (this.next[u]!.size === 1 || this.previous[v]!.size === 1) return true;
    return this.collect(u, v, this.next, this.after, 1) && this.collect(v, u, this.previous, this.before, -1);
  }

  /** Collects what lies between `from` and `to` and is reached from `from`; false if `to` is, or there is too much. */
  private collect(
    from: number,
    to: number,
    edges: Map<number, number>[],
    found: number[],
    sign: 1 | -1,
  ): boolean {
    const { place, seen } = this;
    const end = sign * place[to]!;
    const mark = ++this.search;
    for (let at = from, i = -1; ; at = found[i]!) {
      for (const other of edges[at]!.keys()) {
        if (other === to) {
          if (at !== from) return false;
        } else if (sign * place[other]! < end && seen[other] !== mark) {
          if (found.length === REACH) return false;
          seen[other] = mark;
          found.push(other);
        }
      }
      if (++i === found.length) return true;
    }
  }

  /** Merges clusters of one level, lightest first: those of one parent (or, without parents, of one child), or any. */
  mergeSiblings(target: number, limits: ClusterLimits, any: boolean): void {
    const { levels, order } = this.levels();
    const families = new Map<string, number[]>();
    for (const cluster of order) {
      const relative = this.previous[cluster]!.size > 0 ? this.previous[cluster]! : this.next[cluster]!;
      let family = -1;
      if (!any) for (const other of relative.keys()) if (family < 0 || other < family) family = other;
      const key = `${levels[cluster]} ${this.choice[cluster]} ${family}`;
      const known = families.get(key);
      if (known === undefined) families.set(key, [cluster]);
      else known.push(cluster);
    }
    for (const family of families.values()) {
      family.sort((a, b) => this.weight[a]! - this.weight[b]! || a - b);
      for (let i = 0; i + 1 < family.length && this.count > target; i += 2) {
        const [a, b] = [family[i]!, family[i + 1]!];
        this.after.length = 0;
        this.before.length = 0;
        if (this.mayMerge(a, b, limits)) this.merge(a, b);
      }
    }
    for (const [i, cluster] of this.levels().order.entries()) this.place[cluster] = i;
  }

  private mayMerge(a: number, b: number, limits: ClusterLimits): boolean {
    if (this.choice[a] !== this.choice[b]) return false;
    if (this.weight[a]! + this.weight[b]! > limits.seconds) return false;
    const [g, h] = [this.groupOfTask(a), this.groupOfTask(b)];
    if (g === h) return true;
    return (
      this.groupSeconds[g]! + this.groupSeconds[h]! <= limits.groupSeconds &&
      this.groupBytes[g]! + this.groupBytes[h]! <= limits.groupBytes
    );
  }

  /**
   * Joins two clusters and their groups; returns the cluster of both. The one with fewer neighbours moves.
   *
   * In the order, what lies between u and v and leads to v must come before the new cluster, what u leads to after it.
   * They and u and v share out their places anew: first `before`, then the cluster, then `after`, each in its old order.
   * Nothing else between u and v is tied to them.
   */
  private merge(u: number, v: number): number {
    const { place, before, after } = this;
    const places = [u, v, ...before, ...after].map((c) => place[c]!).sort((a, b) => a - b);
    const byPlace = (a: number, b: number): number => place[a]! - place[b]!;
    before.sort(byPlace);
    after.sort(byPlace);
    // Without others between: at v where that is u's only successor, else at u. One place is left over.
    const own = before.length > 0 || after.length > 0 ? before.length : this.next[u]!.size === 1 ? 1 : 0;
    for (const [i, c] of before.entries()) place[c] = places[i]!;
    for (const [i, c] of after.entries()) place[c] = places[places.length - after.length + i]!;

    const degree = (c: number): number => this.next[c]!.size + this.previous[c]!.size;
    const [from, into] = degree(u) < degree(v) || (degree(u) === degree(v) && u > v) ? [u, v] : [v, u];
    this.parent[from] = into;
    this.weight[into]! += this.weight[from]!;
    this.count--;
    place[into] = places[own]!;
    move(from, into, this.next, this.previous);
    move(from, into, this.previous, this.next);
    const [g, h] = [this.groupOfTask(into), this.groupOfTask(from)];
    if (g !== h) {
      this.groupParent[h] = g;
      this.groupSeconds[g]! += this.groupSeconds[h]!;
      this.groupBytes[g]! += this.groupBytes[h]!;
    }
    return into;
  }

  /** Per cluster: edges on the longest path to it; and the clusters in a topological order. */
  private levels(): { levels: Int32Array; order: number[] } {
    const levels = new Int32Array(this.parent.length);
    const pending = Int32Array.from(this.previous, (from) => from.size);
    const order: number[] = [];
    for (const [i, parent] of this.parent.entries()) if (parent === i && pending[i] === 0) order.push(i);
    for (let i = 0; i < order.length; i++) {
      const cluster = order[i]!;
      for (const other of this.next[cluster]!.keys()) {
        levels[other] = Math.max(levels[other]!, levels[cluster]! + 1);
        if (--pending[other]! === 0) order.push(other);
      }
    }
    return { levels, order };
  }
}

function root(parent: Int32Array, i: number): number {
  let at = i;
  while (parent[at] !== at) {
    parent[at] = parent[parent[at]!]!;
    at = parent[at]!;
  }
  return at;
}

function add(edges: Map<number, number>, to: number, bytes: number): void {
  edges.set(to, (edges.get(to) ?? 0) + bytes);
}

/** Moves the edges `out` of one cluster to another, and what their far ends know of them. */
function move(from: number, into: number, out: Map<number, number>[], back: Map<number, number>[]): void {
  for (const [other, bytes] of out[from]!) {
    back[other]!.delete(from);
    if (other === into) continue;
    add(out[into]!, other, bytes);
    add(back[other]!, into, bytes);
  }
  out[from]!.clear();
}
