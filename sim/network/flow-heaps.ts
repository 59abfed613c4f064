// Hot file: every flow passes here twice. See bench/network.bench.ts.
import { grown } from '../grown.ts';

/**
 * Heaps of flows by (key, stamp), any number of them in one set of columns: a flow is in at most one heap, and a heap
 * is named by its root, −1 when it is empty. Adding takes O(1), removing O(log n) amortised.
 *
 * Pairing heaps: Fredman, Sedgewick, Sleator & Tarjan, "The pairing heap" (Algorithmica 1, 1986).
 */
export class FlowHeaps {
  key = new Float64Array(64);
  stamp = new Float64Array(64);
  private child = new Int32Array(64);
  /** The sibling to the right, or −1. */
  private next = new Int32Array(64);
  /** The sibling to the left, or the parent of a first child. */
  private previous = new Int32Array(64);

  /** Makes room for flows below `count`. */
  reserve(count: number): void {
    if (count <= this.key.length) return;
    const capacity = Math.max(count, 2 * this.key.length);
    this.key = grown(new Float64Array(capacity), this.key);
    this.stamp = grown(new Float64Array(capacity), this.stamp);
    this.child = grown(new Int32Array(capacity), this.child);
    this.next = grown(new Int32Array(capacity), this.next);
    this.previous = grown(new Int32Array(capacity), this.previous);
  }

  /** Adds `flow` to a heap; returns the root. */
  add(root: number, flow: number, key: number, stamp: number): number {
    this.key[flow] = key;
    this.stamp[flow] = stamp;
    this.child[flow] = -1;
    return root < 0 ? flow : this.join(root, flow);
  }

  /** Removes the first flow, which is the root; returns the new root. */
  removeFirst(root: number): number {
    return this.joinAll(this.child[root]!);
  }

  /** Removes any flow of a heap; returns the root. */
  remove(root: number, flow: number): number {
    if (flow === root) return this.removeFirst(root);
    const { child, next, previous } = this;
    const left = previous[flow]!;
    const right = next[flow]!;
    if (child[left] === flow) child[left] = right;
    else next[left] = right;
    if (right >= 0) previous[right] = left;
    const orphans = this.joinAll(child[flow]!);
    return orphans < 0 ? root : this.join(root, orphans);
  }

  /** Calls `visit` for each flow of a heap. */
  forEach(root: number, visit: (flow: number) => void): void {
    const pending = root < 0 ? [] : [root];
    for (let flow = pending.pop(); flow !== undefined; flow = pending.pop()) {
      visit(flow);
      for (let c = this.child[flow]!; c >= 0; c = this.next[c]!) pending.push(c);
    }
  }

  /** Makes one of two roots the first child of the other. */
  private join(a: number, b: number): number {
    const { key, stamp, child, next, previous } = this;
    const keyA = key[a]!;
    const keyB = key[b]!;
    const swap = keyB < keyA || (keyB === keyA && stamp[b]! < stamp[a]!);
    const parent = swap ? b : a;
    const below = swap ? a : b;
    const sibling = child[parent]!;
    next[below] = sibling;
    if (sibling >= 0) previous[sibling] = below;
    previous[below] = parent;
    child[parent] = below;
    return parent;
  }

  /** One heap of siblings: joined in pairs from the left, then all from the right. */
  private joinAll(first: number): number {
    const { next } = this;
    let pairs = -1;
    for (let a = first; a >= 0; ) {
      const b = next[a]!;
      const rest = b < 0 ? -1 : next[b]!;
      const pair = b < 0 ? a : this.join(a, b);
      next[pair] = pairs;
      pairs = pair;
      a = rest;
    }
    if (pairs < 0) return -1;
    let root = pairs;
    for (let pair = next[root]!; pair >= 0; ) {
      const rest = next[pair]!;
      root = this.join(root, pair);
      pair = rest;
    }
    return root;
  }
}
