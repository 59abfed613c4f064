// Hot file: every change of a load passes here. See bench/network.bench.ts.
import { invariant } from '../../base/errors.ts';
import { grown } from '../grown.ts';
import { IndexedHeap } from './indexed-heap.ts';
import { LinkMembers } from './link-members.ts';

/**
 * Relative difference below which two rates, or a load and a capacity, are equal. Rounding of the running sums stays
 * orders of magnitude below it, real differences lie above.
 */
const TOLERANCE = 1e-12;
/** A new rate this near to the old one is the old one: it differs by rounding only, and need not be spread. */
const SAME_RATE = 1e-14;

const HELD = 0;
const OPEN = 1;
const FILLED = 2;

/**
 * Max-min fair rates of flows over links: no flow can get more without another getting less that has no more than it.
 * Equivalent, and what is kept here: every flow has a bottleneck, a saturated link on which no flow has a higher rate
 * (Bertsekas & Gallager, Data Networks, 2nd ed., §6.5.2). Knows no bytes and no time. Members are route classes with a
 * weight, the number of their flows.
 *
 * Progressive filling, but of what a change affects only. A change at some level of rates affects no lower rates, so
 * one sweep over rising levels suffices. Classes are held at their rates until the sweep finds one whose bottleneck
 * does not hold: then it is opened, i.e. its share of each of its links is free, until it is filled up to the level of
 * the first of these that is full. The sweep stops at a link
 *  - that binds held classes, at the level of these: if it is as full as before with its open classes at that level,
 *    these are filled and nobody else is affected; otherwise its held classes are opened;
 *  - that binds none, when each of its open flows can get no more: where held classes have more than that, these are
 *    opened; otherwise the open ones are filled.
 * What a link carries is a running sum, made anew whenever the link sets a level.
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
  private readonly capacity: Float64Array;
  private readonly members: LinkMembers;
  /** Per class: the crossing that is its bottleneck, or −1. */
  private bottleneck = new Int32Array(16);
  /** Per link: the rate of the classes that it binds, and how many flows these have. */
  private readonly level: Float64Array;
  private readonly boundFlows: Float64Array;
  /** Links whose load or capacity changed since the last `solve`. */
  private readonly touched: Int32Array;
  private readonly isTouched: Uint8Array;
  private touchedCount = 0;
  /** Classes that came to have flows since the last `solve`. */
  private fresh = new Int32Array(16);
  private freshCount = 0;

  // The sweep. Per class: HELD, OPEN or FILLED; the list is of those that are not HELD.
  private state = new Uint8Array(16);
  private open = new Int32Array(16);
  private openCount = 0;
  /** Links of open classes, and others whose load changed; at what level the sweep stops at each. */
  private readonly stops = new IndexedHeap();
  private readonly local: Int32Array;
  private readonly isLocal: Uint8Array;
  private localCount = 0;
  /** Per such link: what held and filled classes leave, for how many open flows. */
  private readonly left: Float64Array;
  private readonly waiting: Float64Array;

  constructor(capacity: Float64Array) {
    const links = capacity.length;
    this.capacity = capacity.slice();
    this.members = new LinkMembers(links);
    this.used = new Float64Array(links);
    this.flows = new Float64Array(links);
    this.level = new Float64Array(links);
    this.boundFlows = new Float64Array(links);
    this.touched = new Int32Array(links);
    this.isTouched = new Uint8Array(links);
    this.stops.reserve(links);
    this.local = new Int32Array(links);
    this.isLocal = new Uint8Array(links);
    this.left = new Float64Array(links);
    this.waiting = new Float64Array(links);
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
    if (before === 0) this.enter(member);
    const more = weight - before;
    const load = more * this.rate[member]!;
    const end = members.firstHop[member + 1]!;
    for (let i = members.firstHop[member]!; i < end; i++) {
      const link = members.linkOf[i]!;
      flows[link]! += more;
      used[link] = flows[link] === 0 ? 0 : used[link]! + load;
      this.touch(link);
    }
    const bottleneck = this.bottleneck[member]!;
    if (bottleneck >= 0) this.boundFlows[members.linkOf[bottleneck]!]! += more;
    if (weight > 0) return;
    if (bottleneck >= 0) members.unbind(bottleneck);
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
    while (this.stops.length > 0) this.stop(this.stops.first);
    this.finish(onLoad !== undefined);
    for (let i = 0; i < this.touchedCount; i++) {
      this.isTouched[this.touched[i]!] = 0;
      onLoad?.(this.touched[i]!);
    }
    this.touchedCount = 0;
  }

  private enter(member: number): void {
    this.members.enter(member);
    if (this.freshCount === this.fresh.length) {
      this.fresh = grown(new Int32Array(2 * this.freshCount), this.fresh);
    }
    this.fresh[this.freshCount++] = member;
  }

  private touch(link: number): void {
    if (this.isTouched[link] === 1) return;
    this.isTouched[link] = 1;
    this.touched[this.touchedCount++] = link;
  }

  /** Gives a class its first rate: at once where it is alone on its links. */
  private start(member: number): void {
    const { members, capacity } = this;
    const first = members.firstHop[member]!;
    const end = members.firstHop[member + 1]!;
    let narrowest = first;
    for (let i = first; i < end; i++) {
      const link = members.linkOf[i]!;
      if (members.list[link]!.length > 1) {
        this.admit(member);
        return;
      }
      if (capacity[link]! < capacity[members.linkOf[narrowest]!]!) narrowest = i;
    }
    const least = capacity[members.linkOf[narrowest]!]!;
    for (let i = first; i < end; i++) this.used[members.linkOf[i]!] = least;
    this.level[members.linkOf[narrowest]!] = least / this.weight[member]!;
    this.bind(member, narrowest, least / this.weight[member]!);
  }

  /** Looks for what a change of a link's load or capacity has upset. */
  private inspect(link: number): void {
    const excess = this.used[link]! - this.capacity[link]!;
    const slack = TOLERANCE * this.capacity[link]!;
    if (this.members.bound[link]! > 0) {
      if (excess <= slack && excess >= -slack) return;
      this.include(link);
      this.stops.set(link, this.stopLevel(link), 0);
    } else if (excess > slack) {
      // Classes that have no more than an equal share of it keep that.
      const fair = this.capacity[link]! / this.flows[link]!;
      for (const crossing of this.members.list[link]!) {
        const member = this.members.classOf[crossing]!;
        if (this.rate[member]! > fair) this.admit(member);
      }
    }
  }

  private include(link: number): void {
    if (this.isLocal[link] === 1) return;
    this.isLocal[link] = 1;
    this.local[this.localCount++] = link;
    this.left[link] = this.capacity[link]! - this.used[link]!;
    this.waiting[link] = 0;
  }

  /** Opens a class that is held. */
  private admit(member: number): void {
    if (this.state[member] !== HELD) return;
    const { members, left, waiting, stops } = this;
    this.state[member] = OPEN;
    this.open[this.openCount++] = member;
    const bottleneck = this.bottleneck[member]!;
    const weight = this.weight[member]!;
    if (bottleneck >= 0) {
      members.unbind(bottleneck);
      this.boundFlows[members.linkOf[bottleneck]!]! -= weight;
      this.bottleneck[member] = -1;
    }
    const rate = this.rate[member]!;
    const end = members.firstHop[member + 1]!;
    for (let i = members.firstHop[member]!; i < end; i++) {
      const link = members.linkOf[i]!;
      this.include(link);
      left[link]! += weight * rate;
      waiting[link]! += weight;
      // Its rate draws the link's level towards it: what lies below stays valid as a lower bound.
      if (rate < stops.keyOf(link)) stops.set(link, this.stopLevel(link), 0);
    }
  }

  /** At what level of rates the sweep has to look at a link; Infinity for never. It rises as flows are filled. */
  private stopLevel(link: number): number {
    const open = this.waiting[link]!;
    if (this.members.bound[link] === 0) {
      return open > 0 ? Math.max(0, this.left[link]! / open) : Number.POSITIVE_INFINITY;
    }
    const level = this.level[link]!;
    const bound = this.boundFlows[link]!;
    return Math.max(0, Math.min(level, (this.left[link]! + bound * level) / (open + bound)));
  }

  /** The sweep has reached a link, or a lower bound of where it has to stop there. */
  private stop(link: number): void {
    const { members } = this;
    const fair = this.stopLevel(link);
    if (fair > this.stops.firstKey) {
      this.stops.set(link, fair, 0);
      return;
    }
    if (members.bound[link]! > 0) {
      const level = this.level[link]!;
      const spare = this.left[link]! - this.waiting[link]! * level;
      if (Math.abs(spare) <= TOLERANCE * this.capacity[link]!) {
        this.fill(link, level);
        return;
      }
      const before = this.openCount;
      this.admitBound(link);
      if (this.openCount > before) {
        this.stops.set(link, this.stopLevel(link), 0);
        return;
      }
    }
    if (this.waiting[link] === 0) {
      this.stops.remove(link);
      return;
    }
    const before = this.openCount;
    const held = this.holdDown(link, fair);
    if (this.openCount > before) return;
    this.left[link] = this.capacity[link]! - held;
    const level = Math.max(0, this.left[link]!) / this.waiting[link]!;
    this.level[link] = level;
    this.fill(link, level);
  }

  /** Opens the held classes of a link that have more than `fair`; returns what those that are not open use of it. */
  private holdDown(link: number, fair: number): number {
    const { rate, weight, state } = this;
    const { classOf } = this.members;
    const crossings = this.members.list[link]!;
    const upper = fair * (1 + TOLERANCE);
    let held = 0;
    for (let at = 0; at < crossings.length; at++) {
      const member = classOf[crossings[at]!]!;
      if (state[member] === OPEN) continue;
      held += weight[member]! * rate[member]!;
      if (rate[member]! > upper) this.admit(member);
    }
    return held;
  }

  private admitBound(link: number): void {
    const { bound, list, classOf } = this.members;
    const crossings = list[link]!;
    // From the last one, which leaves without moving the others.
    for (let at = bound[link]! - 1; at >= 0; at--) this.admit(classOf[crossings[at]!]!);
  }

  /** Gives all open classes of a link this rate: it is their bottleneck. */
  private fill(link: number, fair: number): void {
    const { rate, weight, state, left, waiting, members } = this;
    const { firstHop, linkOf, classOf } = members;
    this.stops.remove(link);
    if (waiting[link] === 0) return;
    const crossings = members.list[link]!;
    // Binding moves a class to the front, past classes that have been looked at.
    for (let at = 0; at < crossings.length; at++) {
      const crossing = crossings[at]!;
      const member = classOf[crossing]!;
      if (state[member] !== OPEN) continue;
      state[member] = FILLED;
      const before = rate[member]!;
      const own = Math.abs(fair - before) <= SAME_RATE * before ? before : fair;
      const flows = weight[member]!;
      const end = firstHop[member + 1]!;
      for (let i = firstHop[member]!; i < end; i++) {
        const other = linkOf[i]!;
        left[other]! -= flows * own;
        waiting[other]! -= flows;
      }
      this.bind(member, crossing, own);
    }
  }

  private bind(member: number, crossing: number, rate: number): void {
    this.bottleneck[member] = crossing;
    this.members.bind(crossing);
    this.boundFlows[this.members.linkOf[crossing]!]! += this.weight[member]!;
    if (rate === this.rate[member]!) return;
    this.rate[member] = rate;
    this.changed[this.changedCount++] = member;
  }

  /** All open classes are filled: the sweep is over. */
  private finish(note: boolean): void {
    const { local, isLocal, state, open, used, capacity, left } = this;
    for (let k = 0; k < this.localCount; k++) {
      const link = local[k]!;
      isLocal[link] = 0;
      used[link] = capacity[link]! - left[link]!;
      if (note) this.touch(link);
    }
    for (let u = 0; u < this.openCount; u++) state[open[u]!] = HELD;
    this.localCount = 0;
    this.openCount = 0;
  }

  private grow(capacity: number): void {
    this.rate = grown(new Float64Array(capacity), this.rate);
    this.weight = grown(new Int32Array(capacity), this.weight);
    this.changed = grown(new Int32Array(capacity), this.changed);
    this.bottleneck = grown(new Int32Array(capacity), this.bottleneck);
    this.state = grown(new Uint8Array(capacity), this.state);
    this.open = grown(new Int32Array(capacity), this.open);
  }
}
