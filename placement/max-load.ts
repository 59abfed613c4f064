import { DisjointSets } from '../graph/disjoint-sets.ts';

/**
 * Tarnawski et al. 2020 (Efficient algorithms for device placement of DNN graph operators): split a graph over
 * accelerators and CPUs so that the largest load is least: the time between samples of a pipeline that is never empty.
 *
 * An accelerator's load is its compute time and, through the memory of the host and not overlapped, the time of each
 * tensor that it takes in or gives out (once each). A CPU's load is its compute time. Any unit of time.
 */
export interface MaxLoadInstance {
  readonly nodes: readonly MaxLoadNode[];
  /** From and to: indices of nodes. Edges lead from forward to backward nodes, never back. */
  readonly edges: readonly (readonly [number, number])[];
  readonly accelerators: number;
  readonly cpus: number;
  /** Per accelerator. */
  readonly capacityBytes: number;
}

export interface MaxLoadNode {
  readonly name: string;
  readonly cpuTime: number;
  readonly acceleratorTime: number;
  /** Whether accelerators can run it. */
  readonly accelerated: boolean;
  readonly bytes: number;
  /** Time of its output between an accelerator and the host. */
  readonly transferTime: number;
  readonly backward: boolean;
  /** Nodes of one colour share a device. */
  readonly colour: number;
}

/** Device per node: 0 … cpus − 1 are CPUs, then the accelerators. */
export type Split = Int32Array;

/** The largest load of any split, contiguous or not; Infinity where an accelerator cannot run or hold its nodes. */
export function maxLoad(instance: MaxLoadInstance, split: Split): number {
  const { nodes, edges, accelerators, cpus, capacityBytes } = instance;
  const load = new Float64Array(cpus + accelerators);
  const held = new Float64Array(cpus + accelerators);
  const taking = nodes.map(() => new Set<number>());
  for (const [from, to] of edges) taking[from]!.add(split[to]!);
  for (const [i, node] of nodes.entries()) {
    const d = split[i]!;
    const onCpu = d < cpus;
    held[d]! += node.bytes;
    if (!(onCpu || node.accelerated)) return Number.POSITIVE_INFINITY;
    load[d]! += onCpu ? node.cpuTime : node.acceleratorTime;
    taking[i]!.delete(d);
    if (taking[i]!.size === 0) continue;
    if (!onCpu) load[d]! += node.transferTime;
    for (const other of taking[i]!) if (other >= cpus) load[other]! += node.transferTime;
  }
  if (held.subarray(cpus).some((bytes) => bytes > capacityBytes)) return Number.POSITIVE_INFINITY;
  return Math.max(0, ...load);
}

/** What must share a device, as one part, and what is left to decide. Parts are in topological order. */
export interface ContractedInstance {
  readonly count: number;
  readonly partOf: Int32Array;
  readonly cpuTime: Float64Array;
  /** Infinity where a part's nodes cannot all run on accelerators. */
  readonly acceleratorTime: Float64Array;
  readonly bytes: Float64Array;
  /** Per part: the parts that its forward nodes need, and that need them. */
  readonly previous: readonly (readonly number[])[];
  readonly next: readonly (readonly number[])[];
  /**
   * Nets: the parts that make and read a tensor. A set of parts pays a net that it has some of, but not all. Nets of the
   * same parts are one.
   */
  readonly nets: readonly { readonly parts: readonly number[]; readonly time: number }[];
}

/**
 * The parts between which a contiguous split may cut: colours are joined where they lie on a cycle of forward edges. A
 * colour with backward nodes only takes the place in the forward order that mirrors its place in the backward one. A part
 * without work and with a single neighbour belongs to this neighbour: alone it could only cost transfers.
 */
export function contractInstance(instance: MaxLoadInstance): ContractedInstance {
  const { nodes, edges } = instance;
  const first = new Map<number, number>();
  const sets = new DisjointSets(nodes.length);
  for (const [i, { colour }] of nodes.entries()) {
    if (first.has(colour)) sets.union(first.get(colour)!, i);
    else first.set(colour, i);
  }
  const hasForward = new Uint8Array(nodes.length);
  for (const [i, { backward }] of nodes.entries()) if (!backward) hasForward[sets.find(i)] = 1;
  /** Pairs of nodes whose parts are in this order. */
  const order: (readonly [number, number])[] = [];
  for (const [from, to] of edges) {
    const backwards = Number(nodes[from]!.backward) + Number(nodes[to]!.backward);
    if (backwards === 0) order.push([from, to]);
    const mirrored = hasForward[sets.find(from)] === 0 || hasForward[sets.find(to)] === 0;
    if (backwards === 2 && mirrored) order.push([to, from]);
  }
  fuseCycles(sets, nodes.length, order);
  joinIdle(instance, sets, order);

  const roots = topological(sets, nodes.length, order);
  const count = roots.length;
  const numberOf = new Int32Array(nodes.length);
  for (const [i, root] of roots.entries()) numberOf[root] = i;
  const partOf = Int32Array.from(nodes, (_, i) => numberOf[sets.find(i)]!);
  const cpuTime = new Float64Array(count);
  const acceleratorTime = new Float64Array(count);
  const bytes = new Float64Array(count);
  for (const [i, node] of nodes.entries()) {
    cpuTime[partOf[i]!]! += node.cpuTime;
    acceleratorTime[partOf[i]!]! += node.accelerated ? node.acceleratorTime : Number.POSITIVE_INFINITY;
    bytes[partOf[i]!]! += node.bytes;
  }
  const previous = Array.from({ length: count }, () => new Set<number>());
  const next = Array.from({ length: count }, () => new Set<number>());
  for (const [from, to] of order) {
    const [a, b] = [partOf[from]!, partOf[to]!];
    if (a === b) continue;
    previous[b]!.add(a);
    next[a]!.add(b);
  }
  const ascending = (parts: Set<number>): number[] => [...parts].sort((a, b) => a - b);
  return {
    count,
    partOf,
    cpuTime,
    acceleratorTime,
    bytes,
    previous: previous.map(ascending),
    next: next.map(ascending),
    nets: netsOf(instance, partOf),
  };
}

function netsOf({ nodes, edges }: MaxLoadInstance, partOf: Int32Array): ContractedInstance['nets'] {
  const partsOf = nodes.map((_, i) => new Set([partOf[i]!]));
  for (const [from, to] of edges) partsOf[from]!.add(partOf[to]!);
  const nets = new Map<string, { parts: number[]; time: number }>();
  for (const [i, parts] of partsOf.entries()) {
    if (parts.size < 2 || nodes[i]!.transferTime === 0) continue;
    const ascending = [...parts].sort((a, b) => a - b);
    const net = nets.get(ascending.join()) ?? { parts: ascending, time: 0 };
    nets.set(ascending.join(), net);
    net.time += nodes[i]!.transferTime;
  }
  return [...nets.values()];
}

type Order = readonly (readonly [number, number])[];

/** Joins what lies on a cycle: strongly connected components, by Tarjan 1972, without recursion. */
function fuseCycles(sets: DisjointSets, n: number, order: Order): void {
  const next: number[][] = Array.from({ length: n }, () => []);
  for (const [from, to] of order) next[sets.find(from)]!.push(sets.find(to));
  const index = new Int32Array(n).fill(-1);
  const low = new Int32Array(n);
  const at = new Int32Array(n);
  const onStack = new Uint8Array(n);
  const stack: number[] = [];
  const components: number[][] = [];
  let counter = 0;
  for (let start = 0; start < n; start++) {
    if (index[start]! >= 0) continue;
    const path = [start];
    while (path.length > 0) {
      const v = path.at(-1)!;
      if (index[v]! < 0) {
        index[v] = low[v] = counter++;
        stack.push(v);
        onStack[v] = 1;
      }
      const w = next[v]![at[v]!++];
      if (w !== undefined) {
        if (index[w]! < 0) path.push(w);
        else if (onStack[w] === 1) low[v] = Math.min(low[v]!, index[w]!);
        continue;
      }
      path.pop();
      const below = path.at(-1);
      if (below !== undefined) low[below] = Math.min(low[below]!, low[v]!);
      if (low[v] !== index[v]) continue;
      const component = stack.splice(stack.lastIndexOf(v));
      for (const member of component) onStack[member] = 0;
      components.push(component);
    }
  }
  for (const component of components) for (const member of component) sets.union(component[0]!, member);
}

/** Below this, time is none (the authors' constant, in milliseconds). */
const NO_TIME = 1e-6;

function joinIdle({ nodes, edges }: MaxLoadInstance, sets: DisjointSets, order: Order): void {
  for (;;) {
    const time = new Float64Array(nodes.length);
    for (const [i, { cpuTime, acceleratorTime }] of nodes.entries()) {
      time[sets.find(i)]! += cpuTime + acceleratorTime;
    }
    const neighbours = nodes.map(() => new Set<number>());
    const besideBackward = new Uint8Array(nodes.length);
    for (const [from, to] of order) {
      const [a, b] = [sets.find(from), sets.find(to)];
      if (a === b) continue;
      neighbours[a]!.add(b);
      neighbours[b]!.add(a);
    }
    for (const [from, to] of edges) {
      if (nodes[from]!.backward || !nodes[to]!.backward) continue;
      besideBackward[sets.find(from)] = 1;
    }
    let joined = false;
    for (let i = 0; i < nodes.length && !joined; i++) {
      if (sets.find(i) !== i || time[i]! >= NO_TIME || besideBackward[i] === 1) continue;
      if (neighbours[i]!.size !== 1) continue;
      sets.union(i, [...neighbours[i]!][0]!);
      joined = true;
    }
    if (!joined) return;
  }
}

/** The roots of the sets in topological order; first those that come first. */
function topological(sets: DisjointSets, n: number, order: Order): number[] {
  const next = Array.from({ length: n }, () => new Set<number>());
  for (const [from, to] of order) {
    if (sets.find(from) !== sets.find(to)) next[sets.find(from)]!.add(sets.find(to));
  }
  const pending = new Int32Array(n);
  for (const to of next) for (const v of to) pending[v]!++;
  const out: number[] = [];
  for (let i = 0; i < n; i++) if (sets.find(i) === i && pending[i] === 0) out.push(i);
  for (let i = 0; i < out.length; i++) {
    for (const v of next[out[i]!]!) if (--pending[v]! === 0) out.push(v);
  }
  return out;
}
