// Hot file: the largest published instances have hundreds of millions of pairs of ideals.
import { type IdealLattice, idealLattice } from './ideal-lattice.ts';
import {
  type ContractedInstance,
  contractInstance,
  type MaxLoadInstance,
  maxLoad,
  type Split,
} from './max-load.ts';

export interface MaxLoadOptimum {
  readonly load: number;
  readonly split: Split;
  /** Downward-closed sets of the contracted graph. */
  readonly ideals: number;
  /** Pairs of them that were looked at. */
  readonly pairs: number;
}

/**
 * The least largest load of a contiguous split, and such a split: Tarnawski et al. 2020, section 5 (dynamic programming
 * over downward-closed sets I), with what must share a device contracted, see `contractInstance`:
 *
 *     T[cpus][accelerators][I] = min over I′ ⊆ I of max(T[one device less][I′], load(I \ I′))
 *
 * Backward nodes go with their forward ones. undefined where the graph has more than `mostIdeals` such sets, or where
 * nothing fits.
 *
 * What makes it fast, without changing the result: the optimum among the splits along one topological order bounds the
 * rest, and compute time only grows with the set, so that pairs whose difference takes longer are never reached; transfers
 * are updated node by node; and sets from which the devices that are left could not do the rest in that time are skipped.
 *
 * Known weaknesses: contiguous splits only (a local search over all splits is up to 15 % better on the authors' graphs);
 * the number of sets grows exponentially with the number of parallel branches.
 */
export function maxLoadOptimum(
  instance: MaxLoadInstance,
  { mostIdeals = 200_000 }: { readonly mostIdeals?: number } = {},
): MaxLoadOptimum | undefined {
  const contracted = contractInstance(instance);
  const lattice = idealLattice(contracted.previous, contracted.next, mostIdeals);
  if (lattice === undefined) return undefined;
  const limit = linearLimit(contracted, instance);
  const table = new IdealTable(contracted, lattice, instance, limit);
  table.solve();
  const deviceOf = table.devices();
  if (deviceOf === undefined) return undefined;
  const split = contracted.partOf.map((part) => deviceOf[part]!);
  return { load: maxLoad(instance, split), split, ideals: lattice.count, pairs: table.pairs };
}

/** The optimum among splits along two topological orders: an upper limit. */
function linearLimit(contracted: ContractedInstance, instance: MaxLoadInstance): number {
  const { count } = contracted;
  const asNumbered = Array.from({ length: count }, (_, i) => i);
  const orders = [asNumbered, depthFirst(contracted)].map((order) => {
    const previous: number[][] = asNumbered.map(() => []);
    const next: number[][] = asNumbered.map(() => []);
    for (let i = 1; i < count; i++) {
      previous[order[i]!]!.push(order[i - 1]!);
      next[order[i - 1]!]!.push(order[i]!);
    }
    const lattice = idealLattice(previous, next, count + 2)!;
    return new IdealTable(contracted, lattice, instance, Number.POSITIVE_INFINITY).solve();
  });
  return Math.min(...orders);
}

/** Topological, each branch to its end before the next. */
function depthFirst({ count, previous, next }: ContractedInstance): number[] {
  const pending = previous.map((before) => before.length);
  const open = Array.from({ length: count }, (_, i) => count - 1 - i).filter((i) => pending[i] === 0);
  const order: number[] = [];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    order.push(part);
    for (const other of next[part]!) if (--pending[other]! === 0) open.push(other);
  }
  return order;
}

class IdealTable {
  pairs = 0;
  private readonly parts: ContractedInstance;
  private readonly lattice: IdealLattice;
  /** Loads above it do not count. */
  private readonly limit: number;
  private readonly relief: number;
  private readonly cpus: number;
  private readonly accelerators: number;
  private readonly capacityBytes: number;
  private readonly layers: number;
  /** `[ideal * layers + cpus * (accelerators + 1) + accelerators]`: T, and 2 · I′ + 1 if the last device is a CPU. */
  private readonly table: Float64Array;
  private readonly from: Int32Array;
  /** Per ideal, sums of its parts. */
  private readonly acceleratorTime: Float64Array;
  private readonly cpuTime: Float64Array;
  private readonly bytes: Float64Array;
  /** Parts that accelerators cannot run. */
  private readonly unsupported: Int32Array;
  /** CSR: the nets of each part. */
  private readonly netStart: Int32Array;
  private readonly netOf: Int32Array;
  private readonly netTime: Float64Array;
  private readonly netSize: Int32Array;
  /** Per net: how many of its parts are in the difference now. */
  private readonly inside: Int32Array;
  /** Per ideal: the last one from which it was reached. */
  private readonly seen: Int32Array;
  /** The way down to where a walk is. */
  private readonly pathIdeal: Int32Array;
  private readonly pathEdge: Int32Array;

  constructor(parts: ContractedInstance, lattice: IdealLattice, instance: MaxLoadInstance, limit: number) {
    this.parts = parts;
    this.lattice = lattice;
    this.cpus = instance.cpus;
    this.accelerators = instance.accelerators;
    this.capacityBytes = instance.capacityBytes;
    // Sums in another order may differ in the last digits.
    this.limit = limit * (1 + 1e-12);
    this.relief = cpuRelief(parts, this.limit);
    this.layers = (this.cpus + 1) * (this.accelerators + 1);
    this.table = new Float64Array(lattice.count * this.layers).fill(Number.POSITIVE_INFINITY);
    // Nothing takes no time on any number of devices: those that stay empty come first.
    this.table.fill(0, 0, this.layers);
    this.from = new Int32Array(this.table.length).fill(-1);
    this.acceleratorTime = this.sums((v) => (isSupported(parts, v) ? parts.acceleratorTime[v]! : 0));
    this.cpuTime = this.sums((v) => parts.cpuTime[v]!);
    this.bytes = this.sums((v) => parts.bytes[v]!);
    this.unsupported = Int32Array.from(this.sums((v) => (isSupported(parts, v) ? 0 : 1)));
    const netsOf: number[][] = Array.from({ length: parts.count }, () => []);
    for (const [e, net] of parts.nets.entries()) for (const v of net.parts) netsOf[v]!.push(e);
    this.netStart = new Int32Array(parts.count + 1);
    for (const [v, nets] of netsOf.entries()) this.netStart[v + 1] = this.netStart[v]! + nets.length;
    this.netOf = Int32Array.from(netsOf.flat());
    this.netTime = Float64Array.from(parts.nets, ({ time }) => time);
    this.netSize = Int32Array.from(parts.nets, (net) => net.parts.length);
    this.inside = new Int32Array(parts.nets.length);
    this.seen = new Int32Array(lattice.count);
    this.pathIdeal = new Int32Array(parts.count + 1);
    this.pathEdge = new Int32Array(parts.count + 1);
  }

  private sums(of: (part: number) => number): Float64Array {
    const { count, downStart, below, without } = this.lattice;
    const sums = new Float64Array(count);
    for (let id = 1; id < count; id++)
      sums[id] = sums[below[downStart[id]!]!]! + of(without[downStart[id]!]!);
    return sums;
  }

  /** The least largest load; Infinity where none is within the limit. */
  solve(): number {
    const { count } = this.lattice;
    for (let top = 1; top < count; top++) {
      const layers = this.usefulLayers(top);
      if (layers.length > 0) this.fill(top, layers);
    }
    return this.table[count * this.layers - 1]!;
  }

  /** The rows of one ideal: walks over all ideals inside it whose difference to it is within the limit. */
  private fill(top: number, useful: readonly number[]): void {
    const { lattice, limit, layers, table, from, acceleratorTime, cpuTime, bytes, unsupported } = this;
    const { netStart, netOf, netTime, netSize, inside, seen, pathIdeal, pathEdge } = this;
    const { downStart, below, without } = lattice;
    const row = top * layers;
    const stride = this.accelerators + 1;
    const fastest = acceleratorTime[top]!;
    const slowest = cpuTime[top]!;
    const held = bytes[top]!;
    const unable = unsupported[top]!;
    const withAccelerator = useful.filter((layer) => layer % stride > 0);
    const withCpu = useful.filter((layer) => layer >= stride);
    let transfer = 0;
    let depth = 0;
    pathIdeal[0] = top;
    pathEdge[0] = downStart[top]!;
    while (depth >= 0) {
      const at = pathIdeal[depth]!;
      const e = pathEdge[depth]!;
      if (e === downStart[at + 1]!) {
        // Back up: what was taken away last is there again.
        depth--;
        if (depth < 0) break;
        const v = without[pathEdge[depth]! - 1]!;
        for (let i = netStart[v]!; i < netStart[v + 1]!; i++) {
          const net = netOf[i]!;
          const count = inside[net]!--;
          if (count === 1) transfer -= netTime[net]!;
          else if (count === netSize[net]!) transfer += netTime[net]!;
        }
        continue;
      }
      pathEdge[depth] = e + 1;
      const sub = below[e]!;
      if (seen[sub] === top) continue;
      seen[sub] = top;
      const fast = unsupported[sub] === unable ? fastest - acceleratorTime[sub]! : Number.POSITIVE_INFINITY;
      const slow = slowest - cpuTime[sub]!;
      if (fast > limit && slow > limit) continue;
      const v = without[e]!;
      for (let i = netStart[v]!; i < netStart[v + 1]!; i++) {
        const net = netOf[i]!;
        const count = ++inside[net]!;
        if (count === 1) transfer += netTime[net]!;
        else if (count === netSize[net]!) transfer -= netTime[net]!;
      }
      this.pairs++;
      const start = sub * layers;
      if (fast + transfer <= limit && held - bytes[sub]! <= this.capacityBytes) {
        const load = fast + transfer;
        for (let i = 0; i < withAccelerator.length; i++) {
          const layer = withAccelerator[i]!;
          const before = table[start + layer - 1]!;
          const largest = before > load ? before : load;
          if (largest < table[row + layer]!) {
            table[row + layer] = largest;
            from[row + layer] = 2 * sub;
          }
        }
      }
      if (slow <= limit) {
        for (let i = 0; i < withCpu.length; i++) {
          const layer = withCpu[i]!;
          const before = table[start + layer - stride]!;
          const largest = before > slow ? before : slow;
          if (largest < table[row + layer]!) {
            table[row + layer] = largest;
            from[row + layer] = 2 * sub + 1;
          }
        }
      }
      depth++;
      pathIdeal[depth] = sub;
      pathEdge[depth] = downStart[sub]!;
    }
  }

  /** Device per part (CPUs first), after `solve`. */
  devices(): Int32Array | undefined {
    const { lattice, layers, from } = this;
    const { downStart, below, without } = lattice;
    const deviceOf = new Int32Array(this.parts.count).fill(-1);
    let ideal = lattice.count - 1;
    let c = this.cpus;
    let k = this.accelerators;
    while (ideal > 0) {
      const code = from[ideal * layers + c * (this.accelerators + 1) + k]!;
      if (code < 0) return undefined;
      const rest = code >> 1;
      const device = (code & 1) === 1 ? --c : this.cpus + --k;
      // A way down that stays above the rest takes away exactly the difference.
      const restHas = this.membersOf(rest);
      for (let at = ideal; at !== rest; ) {
        let e = downStart[at]!;
        while (restHas[without[e]!] === 1) e++;
        deviceOf[without[e]!] = device;
        at = below[e]!;
      }
      ideal = rest;
    }
    return deviceOf;
  }

  private membersOf(ideal: number): Uint8Array {
    const { downStart, below, without } = this.lattice;
    const has = new Uint8Array(this.parts.count);
    for (let at = ideal; at > 0; at = below[downStart[at]!]!) has[without[downStart[at]!]!] = 1;
    return has;
  }

  /** Layers in which a split within the limit may pass through the ideal. */
  private usefulLayers(ideal: number): number[] {
    const { limit, acceleratorTime, cpus, accelerators } = this;
    const last = ideal === this.lattice.count - 1;
    const done = acceleratorTime[ideal]!;
    const left = acceleratorTime[this.lattice.count - 1]! - done;
    const useful: number[] = [];
    for (let c = 0; c <= cpus; c++) {
      for (let k = 0; k <= accelerators; k++) {
        if (c + k === 0 || (last && (c < cpus || k < accelerators))) continue;
        const enough = limit === Number.POSITIVE_INFINITY;
        const before = enough || done <= k * limit + c * this.relief;
        const after = enough || left <= (accelerators - k) * limit + (cpus - c) * this.relief;
        if (before && after) useful.push(c * (accelerators + 1) + k);
      }
    }
    return useful;
  }
}

function isSupported(parts: ContractedInstance, part: number): boolean {
  return parts.acceleratorTime[part] !== Number.POSITIVE_INFINITY;
}

/** The most accelerator time that one CPU can save within `limit` of its own: parts taken by their ratio, in fractions. */
function cpuRelief({ count, cpuTime, acceleratorTime }: ContractedInstance, limit: number): number {
  const parts = Array.from({ length: count }, (_, i) => i).filter((i) =>
    Number.isFinite(acceleratorTime[i]!),
  );
  const ratio = (i: number): number => acceleratorTime[i]! / cpuTime[i]!;
  // 0 / 0 saves nothing.
  const worthwhile = parts
    .filter((i) => acceleratorTime[i]! > 0)
    .sort((a, b) => ratio(b) - ratio(a) || a - b);
  let room = limit;
  let saved = 0;
  for (const i of worthwhile) {
    const share = cpuTime[i]! <= room ? 1 : room / cpuTime[i]!;
    saved += share * acceleratorTime[i]!;
    room -= share * cpuTime[i]!;
    if (share < 1) break;
  }
  // Sums in another order may differ in the last digits.
  return saved * (1 + 1e-9);
}
