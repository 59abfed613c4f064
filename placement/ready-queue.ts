/** Binary heap of nodes by (ready time, node id). Each node is pushed at most once. */
export class ReadyQueue {
  length = 0;
  private readonly time: Float64Array;
  private readonly node: Int32Array;

  constructor(capacity: number) {
    this.time = new Float64Array(capacity);
    this.node = new Int32Array(capacity);
  }

  push(time: number, node: number): void {
    let at = this.length++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.before(time, node, parent)) break;
      this.move(parent, at);
      at = parent;
    }
    this.time[at] = time;
    this.node[at] = node;
  }

  /** Removes and returns the first node. Only when `length` > 0. */
  pop(): number {
    const first = this.node[0]!;
    const last = --this.length;
    const time = this.time[last]!;
    const node = this.node[last]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      if (child + 1 < last && this.before(this.time[child + 1]!, this.node[child + 1]!, child)) child++;
      if (this.before(time, node, child)) break;
      this.move(child, at);
      at = child;
    }
    this.time[at] = time;
    this.node[at] = node;
    return first;
  }

  private before(time: number, node: number, at: number): boolean {
    return time < this.time[at]! || (time === this.time[at]! && node < this.node[at]!);
  }

  private move(from: number, to: number): void {
    this.time[to] = this.time[from]!;
    this.node[to] = this.node[from]!;
  }
}
