// Hot file: the max-min solver walks these columns. See bench/network.bench.ts.
import { grown } from '../grown.ts';

/**
 * Which route classes cross which links, and what each has of them. A crossing is one hop of a class; crossings of class
 * c are `firstHop[c]` … `firstHop[c + 1] − 1`, in the order of the route. The list of a link holds the crossings of the
 * classes that are on it now, first those of classes that it binds: their bottleneck.
 */
export class LinkShares {
  classes = 0;
  firstHop = new Int32Array(17);
  /** Per class: bytes per second of each of its flows, their number, and the crossing that is its bottleneck or −1. */
  rate = new Float64Array(16);
  weight = new Int32Array(16);
  bottleneck = new Int32Array(16);
  /** Per crossing. */
  linkOf = new Int32Array(32);
  classOf = new Int32Array(32);
  /** Per crossing: its place in the list of its link. */
  private place = new Int32Array(32);
  /** Per link: crossings of the classes that are on it, and how many of these it binds. */
  readonly list: number[][];
  readonly bound: Int32Array;
  /** Per link: the rate of the classes that it binds, and how many flows these have together. */
  readonly level: Float64Array;
  readonly boundFlows: Float64Array;
  /** Per link: bytes per second that it can carry, that all its flows have together, and the number of these. */
  readonly capacity: Float64Array;
  readonly used: Float64Array;
  readonly flows: Float64Array;
  /** Classes whose rates `bind` changed; whoever reads it empties it. */
  changed = new Int32Array(16);
  changedCount = 0;

  constructor(capacity: Float64Array) {
    const links = capacity.length;
    this.capacity = capacity.slice();
    this.list = Array.from({ length: links }, () => []);
    this.bound = new Int32Array(links);
    this.level = new Float64Array(links);
    this.boundFlows = new Float64Array(links);
    this.used = new Float64Array(links);
    this.flows = new Float64Array(links);
  }

  /** Adds a class, which is on no link yet; returns its number. */
  addClass(links: Int32Array): number {
    const number = this.classes++;
    const first = this.firstHop[number]!;
    const end = first + links.length;
    if (number === this.rate.length) this.growClasses(2 * number);
    if (end > this.linkOf.length) this.growCrossings(Math.max(end, 2 * this.linkOf.length));
    this.firstHop[number + 1] = end;
    this.linkOf.set(links, first);
    this.classOf.fill(number, first, end);
    this.bottleneck[number] = -1;
    return number;
  }

  /** Puts a class on its links; none binds it. */
  enter(member: number): void {
    for (let i = this.firstHop[member]!; i < this.firstHop[member + 1]!; i++) {
      this.place[i] = this.list[this.linkOf[i]!]!.push(i) - 1;
    }
  }

  /** Takes a class off its links. */
  leave(member: number): void {
    this.unbind(member);
    this.rate[member] = 0;
    for (let i = this.firstHop[member]!; i < this.firstHop[member + 1]!; i++) {
      const list = this.list[this.linkOf[i]!]!;
      const last = list.pop()!;
      const at = this.place[i]!;
      if (last === i) continue;
      list[at] = last;
      this.place[last] = at;
    }
  }

  /** From now on the link of the crossing binds its class, which has no bottleneck yet, at this rate. */
  bind(crossing: number, rate: number): void {
    const member = this.classOf[crossing]!;
    const link = this.linkOf[crossing]!;
    this.bottleneck[member] = crossing;
    this.boundFlows[link]! += this.weight[member]!;
    this.swap(crossing, this.bound[link]!++);
    if (rate === this.rate[member]!) return;
    this.rate[member] = rate;
    this.changed[this.changedCount++] = member;
  }

  /** From now on no link binds the class. */
  unbind(member: number): void {
    const crossing = this.bottleneck[member]!;
    if (crossing < 0) return;
    const link = this.linkOf[crossing]!;
    this.bottleneck[member] = -1;
    this.boundFlows[link]! -= this.weight[member]!;
    this.swap(crossing, --this.bound[link]!);
  }

  private swap(crossing: number, to: number): void {
    const at = this.place[crossing]!;
    if (at === to) return;
    const list = this.list[this.linkOf[crossing]!]!;
    const other = list[to]!;
    list[at] = other;
    list[to] = crossing;
    this.place[other] = at;
    this.place[crossing] = to;
  }

  private growClasses(capacity: number): void {
    this.firstHop = grown(new Int32Array(capacity + 1), this.firstHop);
    this.rate = grown(new Float64Array(capacity), this.rate);
    this.weight = grown(new Int32Array(capacity), this.weight);
    this.bottleneck = grown(new Int32Array(capacity), this.bottleneck);
    this.changed = grown(new Int32Array(capacity), this.changed);
  }

  private growCrossings(capacity: number): void {
    this.linkOf = grown(new Int32Array(capacity), this.linkOf);
    this.classOf = grown(new Int32Array(capacity), this.classOf);
    this.place = grown(new Int32Array(capacity), this.place);
  }
}
