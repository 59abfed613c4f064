/** Binary heap of nodes by gain, largest first (ties: lowest node), in which gains can change. Each node stands once. */
export class GainQueue {
  length = 0;
  private readonly heap: Int32Array;
  /** Per node: where it stands; −1 where it does not. */
  private readonly place: Int32Array;
  private readonly gain: Float64Array;

  constructor(nodes: number) {
    this.heap = new Int32Array(nodes);
    this.place = new Int32Array(nodes).fill(-1);
    this.gain = new Float64Array(nodes);
  }

  /** Adds a node, or gives it another gain. */
  set(node: number, gain: number): void {
    if (this.place[node]! < 0) {
      this.place[node] = this.length;
      this.heap[this.length++] = node;
    }
    this.gain[node] = gain;
    this.settle(node);
  }

  delete(node: number): void {
    const at = this.place[node]!;
    if (at < 0) return;
    this.place[node] = -1;
    const last = this.heap[--this.length]!;
    if (last === node) return;
    this.heap[at] = last;
    this.place[last] = at;
    this.settle(last);
  }

  /** Removes and returns the first node. Only when `length` > 0. */
  pop(): number {
    const first = this.heap[0]!;
    this.delete(first);
    return first;
  }

  private settle(node: number): void {
    const { heap } = this;
    let at = this.place[node]!;
    while (at > 0 && this.before(node, heap[(at - 1) >> 1]!)) at = this.swap(at, (at - 1) >> 1);
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.length) return;
      if (child + 1 < this.length && this.before(heap[child + 1]!, heap[child]!)) child++;
      if (!this.before(heap[child]!, node)) return;
      at = this.swap(at, child);
    }
  }

  private before(a: number, b: number): boolean {
    return this.gain[a]! > this.gain[b]! || (this.gain[a] === this.gain[b] && a < b);
  }

  private swap(at: number, other: number): number {
    const { heap, place } = this;
    const node = heap[at]!;
    heap[at] = heap[other]!;
    heap[other] = node;
    place[heap[at]!] = at;
    place[node] = other;
    return other;
  }
}
