// Hot file: every change of a load passes here. See bench/network.bench.ts.
import { invariant } from '../../base/errors.ts';
import { grown } from '../grown.ts';
import { LinkShares } from './link-shares.ts';
import { RisingSweep, TOLERANCE } from './rising-sweep.ts';

/**
 * Max-min fair rates of flows over links: no flow can get more without another getting less that has no more than it.
 * Equivalent, and what is kept here: every flow has a bottleneck, a saturated link on which no flow has a higher rate
 * (Bertsekas & Gallager, Data Networks, 2nd ed., §6.5.2). Knows no bytes and no time. Members are route classes with a
 * weight, the number of their flows.
 */
export class MaxMinShares {
  private readonly shares: LinkShares;
  private readonly sweep: RisingSweep;
  /** Links whose load or capacity changed since the last `solve`. */
  private readonly touched: Int32Array;
  private readonly isTouched: Uint8Array;
  private touchedCount = 0;
  /** Classes that came to have flows since the last `solve`. */
  private fresh = new Int32Array(16);
  private freshCount = 0;

  /** `capacity`: bytes per second of each link. */
  constructor(capacity: Float64Array) {
    this.shares = new LinkShares(capacity);
    this.sweep = new RisingSweep(this.shares);
    this.touched = new Int32Array(capacity.length);
    this.isTouched = new Uint8Array(capacity.length);
  }

  get classes(): number {
    return this.shares.classes;
  }

  /** Per class: bytes per second of each of its flows, as of the last `solve`. */
  get rate(): Float64Array {
    return this.shares.rate;
  }

  /** Per class: how many flows it has. */
  get weight(): Int32Array {
    return this.shares.weight;
  }

  /** Per link: bytes per second of all its flows together, as of the last `solve`. */
  get used(): Float64Array {
    return this.shares.used;
  }

  /** Per link: how many flows it has. */
  get flows(): Float64Array {
    return this.shares.flows;
  }

  /** Classes to which the last `solve` gave another rate. */
  get changed(): Int32Array {
    return this.shares.changed;
  }

  get changedCount(): number {
    return this.shares.changedCount;
  }

  /** A class of flows over these links, each of which it crosses once; it has no flows yet. Returns its number. */
  addClass(links: Int32Array): number {
    invariant(
      links.length > 0 && new Set(links).size === links.length,
      'a route crosses each of its links once',
    );
    this.sweep.reserve(this.classes + 1);
    return this.shares.addClass(links);
  }

  /** From the next `solve` on, the class has `weight` flows (≥ 0). */
  setWeight(member: number, weight: number): void {
    const { shares } = this;
    const { used, flows, linkOf } = shares;
    const more = weight - shares.weight[member]!;
    if (more === 0) return;
    if (more === weight) this.enter(member);
    const bottleneck = shares.bottleneck[member]!;
    if (bottleneck >= 0) shares.boundFlows[linkOf[bottleneck]!]! += more;
    shares.weight[member] = weight;
    const load = more * shares.rate[member]!;
    const end = shares.firstHop[member + 1]!;
    for (let i = shares.firstHop[member]!; i < end; i++) {
      const link = linkOf[i]!;
      flows[link]! += more;
      used[link] = flows[link] === 0 ? 0 : used[link]! + load;
      this.touch(link);
    }
    if (weight === 0) shares.leave(member);
  }

  /** From the next `solve` on, the link carries `bytesPerSecond` (≥ 0) at most. */
  setCapacity(link: number, bytesPerSecond: number): void {
    this.shares.capacity[link] = bytesPerSecond;
    this.touch(link);
  }

  /** Makes the rates max-min fair again; calls `onLoad` for each link whose load or capacity may have changed. */
  solve(onLoad?: (link: number) => void): void {
    const { shares, sweep, touched, fresh } = this;
    shares.changedCount = 0;
    for (let i = 0; i < this.freshCount; i++) {
      const member = fresh[i]!;
      if (shares.weight[member]! > 0 && shares.bottleneck[member]! < 0) this.start(member);
    }
    this.freshCount = 0;
    for (let i = 0; i < this.touchedCount; i++) this.inspect(touched[i]!);
    sweep.run();
    if (onLoad !== undefined) {
      for (let i = 0; i < sweep.localCount; i++) this.touch(sweep.local[i]!);
      for (let i = 0; i < this.touchedCount; i++) onLoad(touched[i]!);
    }
    for (let i = 0; i < this.touchedCount; i++) this.isTouched[touched[i]!] = 0;
    this.touchedCount = 0;
    sweep.forget();
  }

  private enter(member: number): void {
    this.shares.enter(member);
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

  /** Finds a class its first rate: at once where it is alone on its links. */
  private start(member: number): void {
    const { capacity, linkOf, list, firstHop, used, level, weight } = this.shares;
    const first = firstHop[member]!;
    const end = firstHop[member + 1]!;
    let narrowest = first;
    for (let i = first; i < end; i++) {
      const link = linkOf[i]!;
      if (list[link]!.length > 1) {
        this.sweep.admit(member);
        return;
      }
      if (capacity[link]! < capacity[linkOf[narrowest]!]!) narrowest = i;
    }
    const least = capacity[linkOf[narrowest]!]!;
    for (let i = first; i < end; i++) used[linkOf[i]!] = least;
    level[linkOf[narrowest]!] = least / weight[member]!;
    this.shares.bind(narrowest, least / weight[member]!);
  }

  /** Looks for what a change of a link's load or capacity has upset. */
  private inspect(link: number): void {
    const { used, capacity, bound, flows, list, classOf, rate } = this.shares;
    const excess = used[link]! - capacity[link]!;
    const slack = TOLERANCE * capacity[link]!;
    if (excess <= slack && (excess >= -slack || bound[link] === 0)) return;
    if (bound[link]! > 0) {
      this.sweep.await(link);
      return;
    }
    // Classes that have no more than an equal part of it keep that.
    const fair = capacity[link]! / flows[link]!;
    for (const crossing of list[link]!) {
      if (rate[classOf[crossing]!]! > fair) this.sweep.admit(classOf[crossing]!);
    }
  }
}
