// Hot file: every message passes here once per link.

/**
 * Links by the time at which the first thing that each serves is at its other end; ties by order. A binary heap in
 * which each link is at most once.
 */
export class LinkHeap {
  /** The first link and its time; Infinity where the heap is empty. */
  link = -1;
  time = Number.POSITIVE_INFINITY;
  private length = 0;
  private readonly links: Int32Array;
  private readonly times: Float64Array;
  private readonly orders: Float64Array;

  constructor(capacity: number) {
    this.links = new Int32Array(capacity);
    this.times = new Float64Array(capacity);
    this.orders = new Float64Array(capacity);
  }

  push(link: number, time: number, order: number): void {
    const { links, times, orders } = this;
    let at = this.length++;
    // The order of what is new is the highest: it rises above strictly later times only.
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (times[parent]! <= time) break;
      links[at] = links[parent]!;
      times[at] = times[parent]!;
      orders[at] = orders[parent]!;
      at = parent;
    }
    links[at] = link;
    times[at] = time;
    orders[at] = order;
    if (at === 0) this.noteFirst();
  }

  /** The first link has another time from now on, not below the one that it had. */
  replaceFirst(time: number, order: number): void {
    this.sink(this.links[0]!, time, order);
  }

  removeFirst(): void {
    const last = --this.length;
    if (last === 0) {
      this.link = -1;
      this.time = Number.POSITIVE_INFINITY;
    } else this.sink(this.links[last]!, this.times[last]!, this.orders[last]!);
  }

  /** Puts an entry where the first was, and lets it sink. */
  private sink(link: number, time: number, order: number): void {
    const { links, times, orders, length } = this;
    let at = 0;
    for (let child = 1; child < length; child = 2 * at + 1) {
      const right = child + 1;
      let least = times[child]!;
      if (right < length) {
        const other = times[right]!;
        if (other < least || (other === least && orders[right]! < orders[child]!)) {
          child = right;
          least = other;
        }
      }
      if (least > time || (least === time && orders[child]! > order)) break;
      links[at] = links[child]!;
      times[at] = least;
      orders[at] = orders[child]!;
      at = child;
    }
    links[at] = link;
    times[at] = time;
    orders[at] = order;
    this.noteFirst();
  }

  private noteFirst(): void {
    this.link = this.links[0]!;
    this.time = this.times[0]!;
  }
}
