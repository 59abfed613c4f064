// Hot file: one update per change of a rate. See bench/network.bench.ts.
import { grown } from '../grown.ts';

/**
 * When each route class next completes a flow: an indexed binary heap by (time, stamp) that holds each class at most
 * once and lets its time change.
 */
export class CompletionHeap {
  length = 0;
  private time = new Float64Array(16);
  private order = new Int32Array(16);
  private stamp = new Float64Array(16);
  /** Per class: where in the heap it is, or −1. */
  private place = new Int32Array(16).fill(-1);

  /** Makes room for classes below `count`. */
  reserve(count: number): void {
    const before = this.order.length;
    if (count <= before) return;
    const capacity = Math.max(count, 2 * before);
    this.time = grown(new Float64Array(capacity), this.time);
    this.order = grown(new Int32Array(capacity), this.order);
    this.stamp = grown(new Float64Array(capacity), this.stamp);
    this.place = grown(new Int32Array(capacity), this.place).fill(-1, before);
  }

  /** The earliest time; Infinity when there is none. */
  get firstTime(): number {
    return this.length === 0 ? Number.POSITIVE_INFINITY : this.time[0]!;
  }

  /** The class that completes first. */
  get first(): number {
    return this.order[0]!;
  }

  /** Adds a class, or moves it. Of equal times the lower stamp comes first. */
  set(member: number, time: number, stamp: number): void {
    let at = this.place[member]!;
    this.stamp[member] = stamp;
    if (at < 0) {
      at = this.length++;
      this.rise(at, member, time);
    } else if (time < this.time[at]!) this.rise(at, member, time);
    else if (time > this.time[at]!) this.sink(at, member, time);
    // Only the stamp may have changed.
    else if (this.rise(at, member, time) === at) this.sink(at, member, time);
  }

  remove(member: number): void {
    const at = this.place[member]!;
    if (at < 0) return;
    this.place[member] = -1;
    const last = --this.length;
    if (at === last) return;
    const moved = this.order[last]!;
    const time = this.time[last]!;
    if (this.rise(at, moved, time) === at) this.sink(at, moved, time);
  }

  private rise(from: number, member: number, time: number): number {
    const { time: times, order, place, stamp } = this;
    const own = stamp[member]!;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = times[parent]!;
      if (above < time || (above === time && stamp[order[parent]!]! < own)) break;
      times[at] = above;
      const moved = order[parent]!;
      order[at] = moved;
      place[moved] = at;
      at = parent;
    }
    times[at] = time;
    order[at] = member;
    place[member] = at;
    return at;
  }

  private sink(from: number, member: number, time: number): void {
    const { length, time: times, order, place, stamp } = this;
    const own = stamp[member]!;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      const right = child + 1;
      let below = times[child]!;
      if (right < length) {
        const other = times[right]!;
        if (other < below || (other === below && stamp[order[right]!]! < stamp[order[child]!]!)) {
          child = right;
          below = other;
        }
      }
      if (below > time || (below === time && stamp[order[child]!]! > own)) break;
      times[at] = below;
      const moved = order[child]!;
      order[at] = moved;
      place[moved] = at;
      at = child;
    }
    times[at] = time;
    order[at] = member;
    place[member] = at;
  }
}
