// Hot file: the max-min solver walks these columns. See bench/network.bench.ts.
import { grown } from '../grown.ts';

/**
 * Which route classes cross which links. A crossing is one hop of a class; crossings of class c are
 * `firstHop[c]` … `firstHop[c + 1] − 1`, in the order of the route. The list of a link holds the crossings of classes
 * that are on it now, those that are bound by the link before the others.
 */
export class LinkMembers {
  classes = 0;
  firstHop = new Int32Array(17);
  /** Per crossing. */
  linkOf = new Int32Array(32);
  classOf = new Int32Array(32);
  /** Per crossing: its place in the list of its link. */
  place = new Int32Array(32);
  /** Per link: crossings of the classes that are on it. */
  readonly list: number[][];
  /** Per link: how many of them are bound by it. */
  readonly bound: Int32Array;

  constructor(links: number) {
    this.list = Array.from({ length: links }, () => []);
    this.bound = new Int32Array(links);
  }

  /** Adds a class, which is on no link yet; returns its number. */
  addClass(links: Int32Array): number {
    const number = this.classes++;
    const first = this.firstHop[number]!;
    const end = first + links.length;
    if (this.classes >= this.firstHop.length) {
      this.firstHop = grown(new Int32Array(2 * this.firstHop.length), this.firstHop);
    }
    if (end > this.linkOf.length) {
      const capacity = Math.max(end, 2 * this.linkOf.length);
      this.linkOf = grown(new Int32Array(capacity), this.linkOf);
      this.classOf = grown(new Int32Array(capacity), this.classOf);
      this.place = grown(new Int32Array(capacity), this.place);
    }
    this.firstHop[number + 1] = end;
    this.linkOf.set(links, first);
    this.classOf.fill(number, first, end);
    return number;
  }

  /** Puts a class on its links; none binds it. */
  enter(member: number): void {
    for (let i = this.firstHop[member]!; i < this.firstHop[member + 1]!; i++) {
      this.place[i] = this.list[this.linkOf[i]!]!.push(i) - 1;
    }
  }

  /** Takes a class off its links; none may bind it. */
  leave(member: number): void {
    for (let i = this.firstHop[member]!; i < this.firstHop[member + 1]!; i++) {
      const list = this.list[this.linkOf[i]!]!;
      const last = list.pop()!;
      const at = this.place[i]!;
      if (last === i) continue;
      list[at] = last;
      this.place[last] = at;
    }
  }

  /** From now on the link of the crossing binds its class. */
  bind(crossing: number): void {
    this.swap(crossing, this.bound[this.linkOf[crossing]!]!++);
  }

  unbind(crossing: number): void {
    this.swap(crossing, --this.bound[this.linkOf[crossing]!]!);
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
}
