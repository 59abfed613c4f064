// Hot file: every change of a load passes here. See bench/network.bench.ts.
import { grown } from '../grown.ts';
import { IndexedHeap } from './indexed-heap.ts';
import type { LinkShares } from './link-shares.ts';

/**
 * Relative difference below which two rates, or a load and a capacity, are equal. Rounding of the running sums stays
 * orders of magnitude below it, real differences lie above.
 */
export const TOLERANCE = 1e-12;

const HELD = 0;
const OPEN = 1;
const FILLED = 2;

/**
 * Progressive filling (Bertsekas & Gallager, Data Networks, 2nd ed., §6.5.2) of what a change affects only. A change
 * of flows with some rate affects none with lower rates, so one sweep over rising levels of rates suffices. Classes are
 * held at their rates until the sweep finds one whose bottleneck gives way: then it is opened, that is, what it has of
 * each of its links is free again, until the sweep fills it at the level at which the first of these links is full.
 * The sweep stops at a link
 *  - that binds held classes, at their level: if the link is full with its open classes at that level too, these are
 *    filled and nobody else is affected; otherwise its held classes are opened;
 *  - that binds none, when its open flows can get no more: if held classes have more than that, they are opened;
 *    otherwise the open ones are filled.
 * So each class that a change affects is opened and filled once, and all others are left alone.
 */
export class RisingSweep {
  private readonly shares: LinkShares;
  /** Per class: HELD, OPEN or FILLED; `open` lists those that are not HELD. */
  private state = new Uint8Array(16);
  private open = new Int32Array(16);
  private openCount = 0;
  /** How many of these are OPEN. */
  private unfilled = 0;
  /** Links that the sweep has to do with, by a lower bound of the level at which it stops there. */
  private readonly stops = new IndexedHeap();
  readonly local: Int32Array;
  localCount = 0;
  private readonly isLocal: Uint8Array;
  /** Per such link: what held and filled classes leave of it, for how many open flows. */
  private readonly left: Float64Array;
  private readonly waiting: Float64Array;
  /** Per such link: whether the sweep must stop there even if no class is open any more, as it binds held ones. */
  private readonly isAwaited: Uint8Array;
  private awaited = 0;

  constructor(shares: LinkShares) {
    const links = shares.capacity.length;
    this.shares = shares;
    this.stops.reserve(links);
    this.local = new Int32Array(links);
    this.isLocal = new Uint8Array(links);
    this.left = new Float64Array(links);
    this.waiting = new Float64Array(links);
    this.isAwaited = new Uint8Array(links);
  }

  /** Makes room for classes below `count`. */
  reserve(count: number): void {
    if (count <= this.state.length) return;
    const capacity = Math.max(count, 2 * this.state.length);
    this.state = grown(new Uint8Array(capacity), this.state);
    this.open = grown(new Int32Array(capacity), this.open);
  }

  /** Opens a held class, whose first rate or bottleneck is to be found. */
  admit(member: number): void {
    if (this.state[member] !== HELD) return;
    const { shares, left, waiting, stops } = this;
    this.state[member] = OPEN;
    this.open[this.openCount++] = member;
    this.unfilled++;
    shares.unbind(member);
    const rate = shares.rate[member]!;
    const weight = shares.weight[member]!;
    const { linkOf } = shares;
    const end = shares.firstHop[member + 1]!;
    for (let i = shares.firstHop[member]!; i < end; i++) {
      const link = linkOf[i]!;
      if (this.isLocal[link] === 0) this.include(link);
      left[link]! += weight * rate;
      waiting[link]! += weight;
      // It draws the link's stop towards its own rate: a stop below that stays a lower bound.
      if (rate < stops.keyOf(link)) stops.set(link, this.stopLevel(link), 0);
    }
  }

  /** Has the sweep look at a link that is fuller or emptier than its held classes made it. */
  await(link: number): void {
    if (this.isLocal[link] === 0) this.include(link);
    this.stops.set(link, this.stopLevel(link), 0);
  }

  /** Fills all open classes; `local` is then the links whose loads may have changed. */
  run(): void {
    const { shares, local, left, state, open, stops } = this;
    while (this.unfilled > 0 || this.awaited > 0) this.stop(stops.first);
    stops.clear();
    for (let k = 0; k < this.localCount; k++) {
      const link = local[k]!;
      this.isLocal[link] = 0;
      shares.used[link] = shares.flows[link] === 0 ? 0 : shares.capacity[link]! - left[link]!;
    }
    for (let u = 0; u < this.openCount; u++) state[open[u]!] = HELD;
    this.openCount = 0;
  }

  /** Forgets the last run's `local`. */
  forget(): void {
    this.localCount = 0;
  }

  private include(link: number): void {
    const { shares } = this;
    this.isLocal[link] = 1;
    this.local[this.localCount++] = link;
    this.left[link] = shares.capacity[link]! - shares.used[link]!;
    this.waiting[link] = 0;
    if (shares.bound[link] === 0) return;
    this.isAwaited[link] = 1;
    this.awaited++;
  }

  /** At what level the sweep stops at a link; Infinity for never. It rises as flows are filled. */
  private stopLevel(link: number): number {
    const { shares } = this;
    const open = this.waiting[link]!;
    if (shares.bound[link] === 0) {
      return open > 0 ? Math.max(0, this.left[link]! / open) : Number.POSITIVE_INFINITY;
    }
    // Where its held classes would have to come down, the sweep must stop before it has passed them.
    const level = shares.level[link]!;
    const bound = shares.boundFlows[link]!;
    return Math.max(0, Math.min(level, (this.left[link]! + bound * level) / (open + bound)));
  }

  /** The sweep has reached a link, or a lower bound of its stop there. */
  private stop(link: number): void {
    const { shares, stops, waiting } = this;
    const fair = this.stopLevel(link);
    if (fair > stops.firstKey && fair < Number.POSITIVE_INFINITY) {
      stops.set(link, fair, 0);
      return;
    }
    this.awaited -= this.isAwaited[link]!;
    this.isAwaited[link] = 0;
    if (shares.bound[link]! > 0) {
      const level = shares.level[link]!;
      const spare = this.left[link]! - waiting[link]! * level;
      if (Math.abs(spare) <= TOLERANCE * shares.capacity[link]!) {
        this.fill(link, level);
        return;
      }
      const before = this.openCount;
      this.admitBound(link);
      if (this.openCount > before) {
        stops.set(link, this.stopLevel(link), 0);
        return;
      }
    }
    if (waiting[link] === 0) {
      stops.remove(link);
      return;
    }
    const before = this.openCount;
    const held = this.holdDown(link, fair);
    if (this.openCount > before) return;
    // From here on the link's own sum, free of what running sums lose.
    this.left[link] = shares.capacity[link]! - held;
    const level = Math.max(0, this.left[link]!) / waiting[link]!;
    shares.level[link] = level;
    this.fill(link, level);
  }

  private admitBound(link: number): void {
    const { bound, list, classOf } = this.shares;
    const crossings = list[link]!;
    // From the last one, which leaves without moving the others.
    for (let at = bound[link]! - 1; at >= 0; at--) this.admit(classOf[crossings[at]!]!);
  }

  /** Opens the held classes of a link that have more than `fair`; returns what those that were not open have of it. */
  private holdDown(link: number, fair: number): number {
    const { state } = this;
    const { rate, weight, classOf, list } = this.shares;
    const crossings = list[link]!;
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

  /** Gives all open classes of a link this rate: it is their bottleneck. */
  private fill(link: number, fair: number): void {
    const { shares, state, left, waiting } = this;
    const { weight, firstHop, linkOf, classOf } = shares;
    this.stops.remove(link);
    if (waiting[link] === 0) return;
    const crossings = shares.list[link]!;
    // Binding moves a crossing to the front, past such as have been looked at.
    for (let at = 0; at < crossings.length; at++) {
      const crossing = crossings[at]!;
      const member = classOf[crossing]!;
      if (state[member] !== OPEN) continue;
      state[member] = FILLED;
      this.unfilled--;
      const flows = weight[member]!;
      const end = firstHop[member + 1]!;
      for (let i = firstHop[member]!; i < end; i++) {
        const other = linkOf[i]!;
        left[other]! -= flows * fair;
        waiting[other]! -= flows;
      }
      shares.bind(crossing, fair);
    }
  }
}
