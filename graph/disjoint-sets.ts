/** Union–find over 0 … n − 1 with path halving; the root of a set is its smallest member. */
export class DisjointSets {
  private readonly parent: Int32Array;

  constructor(n: number) {
    this.parent = Int32Array.from({ length: n }, (_, i) => i);
  }

  find(i: number): number {
    const { parent } = this;
    let at = i;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!;
      at = parent[at]!;
    }
    return at;
  }

  union(a: number, b: number): void {
    const x = this.find(a);
    const y = this.find(b);
    this.parent[Math.max(x, y)] = Math.min(x, y);
  }

  /** Per element: the smallest member of its set. */
  smallestMembers(): Int32Array {
    return this.parent.map((_, i) => this.find(i));
  }
}
