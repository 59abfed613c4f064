// Hot file: one update per change of a rate or a share. See bench/network.bench.ts.
import { grown } from '../grown.ts';

/** A binary heap of small integers by (key, stamp) that holds each at most once and lets its key change. */
export class IndexedHeap {
  length = 0;
  private key = new Float64Array(16);
  private order = new Int32Array(16);
  private stamp = new Float64Array(16);
  /** Per member: where in the heap it is, or −1. */
  private place = new Int32Array(16).fill(-1);

  /** Makes room for members below `count`. */
  reserve(count: number): void {
    const before = this.order.length;
    if (count <= before) return;
    const capacity = Math.max(count, 2 * before);
    this.key = grown(new Float64Array(capacity), this.key);
    this.order = grown(new Int32Array(capacity), this.order);
    this.stamp = grown(new Float64Array(capacity), this.stamp);
    this.place = grown(new Int32Array(capacity), this.place).fill(-1, before);
  }

  clear(): void {
    for (let at = 0; at < this.length; at++) this.place[this.order[at]!] = -1;
    this.length = 0;
  }

  /** The least key; Infinity when there is none. */
  get firstKey(): number {
    return this.length === 0 ? Number.POSITIVE_INFINITY : this.key[0]!;
  }

  /** The member with the least key. */
  get first(): number {
    return this.order[0]!;
  }

  /** Key of a member; Infinity where it is not in the heap. */
  keyOf(member: number): number {
    const at = this.place[member]!;
    return at < 0 ? Number.POSITIVE_INFINITY : this.key[at]!;
  }

  /** Adds a member, or moves it. Of equal keys the lower stamp comes first. */
  set(member: number, key: number, stamp: number): void {
    let at = this.place[member]!;
    this.stamp[member] = stamp;
    if (at < 0) {
      at = this.length++;
      this.rise(at, member, key);
    } else if (key < this.key[at]!) this.rise(at, member, key);
    else if (key > this.key[at]!) this.sink(at, member, key);
    // Only the stamp may have changed.
    else if (this.rise(at, member, key) === at) this.sink(at, member, key);
  }

  remove(member: number): void {
    const at = this.place[member]!;
    if (at < 0) return;
    this.place[member] = -1;
    const last = --this.length;
    if (at === last) return;
    const moved = this.order[last]!;
    const key = this.key[last]!;
    if (this.rise(at, moved, key) === at) this.sink(at, moved, key);
  }

  private rise(from: number, member: number, key: number): number {
    const { key: keys, order, place, stamp } = this;
    const own = stamp[member]!;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = keys[parent]!;
      if (above < key || (above === key && stamp[order[parent]!]! < own)) break;
      keys[at] = above;
      const moved = order[parent]!;
      order[at] = moved;
      place[moved] = at;
      at = parent;
    }
    keys[at] = key;
    order[at] = member;
    place[member] = at;
    return at;
  }

  private sink(from: number, member: number, key: number): void {
    const { length, key: keys, order, place, stamp } = this;
    const own = stamp[member]!;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      const right = child + 1;
      let below = keys[child]!;
      if (right < length) {
        const other = keys[right]!;
        if (other < below || (other === below && stamp[order[right]!]! < stamp[order[child]!]!)) {
          child = right;
          below = other;
        }
      }
      if (below > key || (below === key && stamp[order[child]!]! > own)) break;
      keys[at] = below;
      const moved = order[child]!;
      order[at] = moved;
      place[moved] = at;
      at = child;
    }
    keys[at] = key;
    order[at] = member;
    place[member] = at;
  }
}
