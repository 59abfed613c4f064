// Hot file: every change of a load passes here. See bench/network.bench.ts.
import { invariant } from '../../base/errors.ts';
import { grown } from '../grown.ts';
import { LinkMembers } from './link-members.ts';

/**
 * Relative difference below which two rates, or a load and a capacity, are equal. Rounding of the running sums stays
 * three orders of magnitude below it, real differences lie above.
 */
const TOLERANCE = 1e-12;
/** A new rate this near to the old one is the old one: it differs by rounding only, and need not be spread. */
const SAME_RATE = 1e-14;
/** After so many rounds all classes that depend on each other are solved at once. */
const PATIENCE = 12;

/**
 * Max-min fair rates of flows over links: no flow can get more without another getting less that has no more than it.
 * Equivalent, and what is kept here: every flow has a bottleneck, a saturated link on which no flow has a higher rate
 * (Bertsekas & Gallager, Data Networks, 2nd ed., §6.5.2, with progressive filling). Knows no bytes and no time.
 *
 * Members are route classes with a weight, the number of their flows. `solve` looks only at what a change can affect:
 * it fills the classes whose bottleneck is no longer saturated, holding all others at their rates, adds those others
 * that have lost their bottleneck by it, and repeats. What a link carries is a running sum.
 */
export class MaxMinShares {
  /** Per class: bytes per second of each of its flows. */
  rate = new Float64Array(16);
  /** Per class: how many flows it has. */
  weight = new Int32Array(16);
  /** Classes to which the last `solve` gave another rate. */
  changed = new Int32Array(16);
  changedCount = 0;
  /** Per link: bytes per second of all its flows together, and their number. */
  readonly used: Float64Array;
  readonly flows: Float64Array;
  readonly capacity: Float64Array;
  private readonly members: LinkMembers;
  /** Per link: the rate of the classes that it binds. */
  private readonly level: Float64Array;
  /** Links whose load or capacity changed since the last `solve`. */
  private readonly touched: Int32Array;
  private readonly isTouched: Uint8Array;
  private touchedCount = 0;
  /** Classes that came to have flows since the last `solve`. */
  private fresh = new Int32Array(16);
  private freshCount = 0;
  /** Per class: the crossing that is its bottleneck, or −1. */
  private bottleneck = new Int32Array(16);

  // What is being solved. Per class: whether it is, and its rate so far, −1 while it has none.
  private solving = new Uint8Array(16);
  private newRate = new Float64Array(16);
  private newBottleneck = new Int32Array(16);
  private open = new Int32Array(16);
  private openCount = 0;
  /** Classes that the next round has to solve as well. */
  private violators: number[] = [];
  // Links that these cross, as a heap by `share`.
  private readonly local: Int32Array;
  private readonly heap: Int32Array;
  private localCount = 0;
  private heapLength = 0;
  private readonly isLocal: Uint8Array;
  /** Per link: what is left for the classes that have no rate yet, how many flows these are, and each one's share. */
  private readonly left: Float64Array;
  private readonly waiting: Float64Array;
  private readonly share: Float64Array;
  /** Per link: 1 once it has set the rates of its classes, 2 where classes that it bound before lose it. */
  private readonly state: Uint8Array;

  constructor(capacity: Float64Array) {
    const links = capacity.length;
    this.capacity = capacity.slice();
    this.members = new LinkMembers(links);
    this.used = new Float64Array(links);
    this.flows = new Float64Array(links);
    this.level = new Float64Array(links);
    this.touched = new Int32Array(links);
    this.isTouched = new Uint8Array(links);
    this.local = new Int32Array(links);
    this.heap = new Int32Array(links);
    this.isLocal = new Uint8Array(links);
    this.left = new Float64Array(links);
    this.waiting = new Float64Array(links);
    this.share = new Float64Array(links);
    this.state = new Uint8Array(links);
  }

  get classes(): number {
    return this.members.classes;
  }

  /** A class of flows over these links, each of which it crosses once; it has no flows yet. Returns its number. */
  addClass(links: Int32Array): number {
    invariant(
      links.length > 0 && new Set(links).size === links.length,
      'a route crosses each of its links once',
    );
    const number = this.members.addClass(links);
    if (number === this.rate.length) this.grow(2 * number);
    this.bottleneck[number] = -1;
    return number;
  }

  /** From the next `solve` on, the class has `weight` flows (≥ 0). */
  setWeight(member: number, weight: number): void {
    const { members, used, flows } = this;
    const before = this.weight[member]!;
    if (weight === before) return;
    this.weight[member] = weight;
    if (before === 0) {
      members.enter(member);
      this.fresh[this.freshCount++] = member;
      if (this.freshCount === this.fresh.length) {
        this.fresh = grown(new Int32Array(2 * this.freshCount), this.fresh);
      }
    }
    const more = weight - before;
    const load = more * this.rate[member]!;
    const end = members.firstHop[member + 1]!;
    for (let i = members.firstHop[member]!; i < end; i++) {
      const link = members.linkOf[i]!;
      flows[link]! += more;
      used[link] = flows[link] === 0 ? 0 : used[link]! + load;
      this.touch(link);
    }
    if (weight > 0) return;
    if (this.bottleneck[member]! >= 0) members.unbind(this.bottleneck[member]!);
    this.bottleneck[member] = -1;
    this.rate[member] = 0;
    members.leave(member);
  }

  /** From the next `solve` on, the link carries `bytesPerSecond` (≥ 0) at most. */
  setCapacity(link: number, bytesPerSecond: number): void {
    this.capacity[link] = bytesPerSecond;
    this.touch(link);
  }

  /** Makes the rates max-min fair again; calls `onLoad` for each link whose load or capacity may have changed. */
  solve(onLoad?: (link: number) => void): void {
    this.changedCount = 0;
    for (let i = 0; i < this.freshCount; i++) {
      const member = this.fresh[i]!;
      if (this.weight[member]! > 0 && this.bottleneck[member]! < 0) this.start(member);
    }
    this.freshCount = 0;
    for (let i = 0; i < this.touchedCount; i++) this.inspect(this.touched[i]!);
    if (this.openCount > 0) {
      for (let round = 1; !this.fill(); round++) if (round >= PATIENCE) this.openComponent();
      this.commit(onLoad !== undefined);
    }
    for (let i = 0; i < this.touchedCount; i++) {
      this.isTouched[this.touched[i]!] = 0;
      onLoad?.(this.touched[i]!);
    }
    this.touchedCount = 0;
  }

  private touch(link: number): void {
    if (this.isTouched[link] === 1) return;
    this.isTouched[link] = 1;
    this.touched[this.touchedCount++] = link;
  }

  /** Gives a class its first rate at once where it is alone on its links; has it solved elsewhere. */
  private start(member: number): void {
    const { members, capacity } = this;
    const end = members.firstHop[member + 1]!;
    let narrowest = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let i = members.firstHop[member]!; i < end; i++) {
      const link = members.linkOf[i]!;
      if (members.list[link]!.length > 1) {
        narrowest = -1;
        break;
      }
      if (capacity[link]! < least) {
        least = capacity[link]!;
        narrowest = i;
      }
    }
    if (narrowest >= 0) {
      const rate = least / this.weight[member]!;
      for (let i = members.firstHop[member]!; i < end; i++) this.used[members.linkOf[i]!] = least;
      this.bind(member, narrowest, rate);
      return;
    }
    this.admit(member);
    // It takes from those that the link binds, if any: all of the link is theirs.
    for (let i = members.firstHop[member]!; i < end; i++) this.admitBound(members.linkOf[i]!);
  }

  /** Has those classes solved that a link no longer binds, or that it must bind now. */
  private inspect(link: number): void {
    const excess = this.used[link]! - this.capacity[link]!;
    const slack = TOLERANCE * this.capacity[link]!;
    if (this.members.bound[link]! > 0) {
      if (excess > slack || excess < -slack) this.admitBound(link);
    } else if (excess > slack) this.admitLargest(link);
  }

  /** Takes a class into what is being solved. */
  private admit(member: number): void {
    if (this.solving[member] === 1) return;
    this.solving[member] = 1;
    this.open[this.openCount++] = member;
    const bottleneck = this.bottleneck[member]!;
    if (bottleneck >= 0) this.members.unbind(bottleneck);
    this.bottleneck[member] = -1;
  }

  private admitBound(link: number): void {
    const { bound, list, classOf } = this.members;
    const crossings = list[link]!;
    // The last one leaves without moving the others.
    while (bound[link]! > 0) this.admit(classOf[crossings[bound[link]! - 1]!]!);
  }

  /** Of a link that carries too much: all classes that have more than each flow would get if all had the same. */
  private admitLargest(link: number): void {
    const fair = this.capacity[link]! / this.flows[link]!;
    for (const crossing of this.members.list[link]!) {
      const member = this.members.classOf[crossing]!;
      if (this.rate[member]! > fair) this.admit(member);
    }
  }

  /** All classes that share a link with one that is being solved, or with one of those, and so on. */
  private openComponent(): void {
    const { firstHop, linkOf, classOf, list } = this.members;
    for (let u = 0; u < this.openCount; u++) {
      const member = this.open[u]!;
      for (let i = firstHop[member]!; i < firstHop[member + 1]!; i++) {
        const link = linkOf[i]!;
        if (this.state[link] === 3) continue;
        this.state[link] = 3;
        for (const crossing of list[link]!) this.admit(classOf[crossing]!);
      }
    }
  }

  /**
   * Progressive filling of the classes being solved, all others held. Returns whether every class has a bottleneck
   * then; takes in those that have not, where some have none.
   */
  private fill(): boolean {
    this.gather();
    const { openCount, open, newRate, newBottleneck, solving, rate, weight, violators } = this;
    const { left, waiting, level, state, share, heap } = this;
    const { firstHop, linkOf, classOf, list, bound } = this.members;
    for (let u = 0; u < openCount; u++) newRate[open[u]!] = -1;
    for (let unfilled = openCount; unfilled > 0; ) {
      const link = heap[0]!;
      const flows = waiting[link]!;
      const fair = flows > 0 ? Math.max(left[link]!, 0) / flows : Number.POSITIVE_INFINITY;
      if (fair > share[link]!) {
        // Others on it were filled since it was put here, with less than their share of it.
        share[link] = fair;
        this.sink(0);
        continue;
      }
      const upper = fair * (1 + TOLERANCE);
      const lower = fair * (1 - TOLERANCE);
      const crossings = list[link]!;
      const boundHere = bound[link]!;
      let sum = 0;
      for (let at = 0; at < crossings.length; at++) {
        const crossing = crossings[at]!;
        const member = classOf[crossing]!;
        if (solving[member] === 0) {
          const held = rate[member]!;
          sum += weight[member]! * held;
          if (held > upper || (at < boundHere && held < lower)) violators.push(member);
          continue;
        }
        if (newRate[member]! < 0) {
          const before = rate[member]!;
          const own = Math.abs(fair - before) <= SAME_RATE * before ? before : fair;
          newRate[member] = own;
          newBottleneck[member] = crossing;
          unfilled--;
          const flowsOf = weight[member]!;
          const load = flowsOf * own;
          const end = firstHop[member + 1]!;
          for (let i = firstHop[member]!; i < end; i++) {
            const other = linkOf[i]!;
            left[other]! -= load;
            waiting[other]! -= flowsOf;
            if (bound[other]! > 0 && fair > level[other]! * (1 + TOLERANCE)) state[other]! |= 2;
          }
        }
        sum += weight[member]! * newRate[member]!;
      }
      state[link]! |= 1;
      // From here on the link's own sum, free of what running sums lose.
      left[link] = this.capacity[link]! - sum;
      waiting[link] = 0;
    }
    return this.verify();
  }

  /** Finds the links of the classes being solved, and what these can share there. */
  private gather(): void {
    const {
      openCount,
      open,
      rate,
      weight,
      used,
      capacity,
      flows,
      left,
      waiting,
      isLocal,
      local,
      heap,
      share,
    } = this;
    const { firstHop, linkOf } = this.members;
    let count = 0;
    for (let u = 0; u < openCount; u++) {
      const member = open[u]!;
      const flowsOf = weight[member]!;
      const load = flowsOf * rate[member]!;
      const end = firstHop[member + 1]!;
      for (let i = firstHop[member]!; i < end; i++) {
        const link = linkOf[i]!;
        if (isLocal[link] === 0) {
          isLocal[link] = 1;
          local[count++] = link;
          left[link] = capacity[link]! - used[link]!;
          waiting[link] = 0;
        }
        left[link]! += load;
        waiting[link]! += flowsOf;
      }
    }
    for (let k = 0; k < count; k++) {
      const link = local[k]!;
      isLocal[link] = 0;
      if (waiting[link] === flows[link]) left[link] = capacity[link]!;
      share[link] = Math.max(left[link]!, 0) / waiting[link]!;
      this.state[link] = 0;
      heap[k] = link;
    }
    this.localCount = count;
    this.heapLength = count;
    for (let k = (count >> 1) - 1; k >= 0; k--) this.sink(k);
  }

  /** Whether all classes that are held still have their bottlenecks; takes them in where not. */
  private verify(): boolean {
    const { local, localCount, state, capacity, left, violators } = this;
    const { bound } = this.members;
    const before = this.openCount;
    for (const member of violators) this.admit(member);
    violators.length = 0;
    for (let k = 0; k < localCount; k++) {
      const link = local[k]!;
      const filled = state[link]!;
      if (filled === 1) continue;
      const slack = TOLERANCE * capacity[link]!;
      const spare = left[link]!;
      if (bound[link]! > 0) {
        if (filled >= 2 || spare > slack || spare < -slack) this.admitBound(link);
      } else if (spare < -slack) this.admitLargest(link);
    }
    return this.openCount === before;
  }

  /** What was found becomes so. */
  private commit(note: boolean): void {
    const { local, localCount, used, capacity, left, flows } = this;
    for (let k = 0; k < localCount; k++) {
      const link = local[k]!;
      used[link] = flows[link] === 0 ? 0 : capacity[link]! - left[link]!;
      if (note) this.touch(link);
    }
    for (let u = 0; u < this.openCount; u++) {
      const member = this.open[u]!;
      this.solving[member] = 0;
      this.bind(member, this.newBottleneck[member]!, this.newRate[member]!);
    }
    this.openCount = 0;
  }

  private bind(member: number, crossing: number, rate: number): void {
    const { members } = this;
    this.bottleneck[member] = crossing;
    members.bind(crossing);
    this.level[members.linkOf[crossing]!] = rate;
    if (rate === this.rate[member]!) return;
    this.rate[member] = rate;
    this.changed[this.changedCount++] = member;
  }

  private sink(from: number): void {
    const { heap, heapLength, share } = this;
    const link = heap[from]!;
    const key = share[link]!;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heapLength) break;
      if (child + 1 < heapLength && share[heap[child + 1]!]! < share[heap[child]!]!) child++;
      if (share[heap[child]!]! >= key) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = link;
  }

  private grow(capacity: number): void {
    this.rate = grown(new Float64Array(capacity), this.rate);
    this.weight = grown(new Int32Array(capacity), this.weight);
    this.changed = grown(new Int32Array(capacity), this.changed);
    this.bottleneck = grown(new Int32Array(capacity), this.bottleneck);
    this.solving = grown(new Uint8Array(capacity), this.solving);
    this.newRate = grown(new Float64Array(capacity), this.newRate);
    this.newBottleneck = grown(new Int32Array(capacity), this.newBottleneck);
    this.open = grown(new Int32Array(capacity), this.open);
  }
}
