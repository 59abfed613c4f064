interface Entry {
  storage: number;
  readonly bytes: number;
  /** When it was given back; −1 while somebody needs it. */
  died: number;
}

/**
 * Tensors' storage in the order of the last touch: what a cache that replaces the least recently used holds first. Distances
 * are bytes that were touched since, with the own ones; Infinity where there is no earlier touch.
 */
export class RecencyStack {
  /** Last touched last. */
  private readonly entries: Entry[] = [];
  private deaths = 0;

  /** Reads `storage`; how far away it was. */
  touch(storage: number, bytes: number): number {
    const at = this.entries.findLastIndex((entry) => entry.storage === storage && entry.died < 0);
    if (at < 0) this.entries.push({ storage, bytes, died: -1 });
    return at < 0 ? Number.POSITIVE_INFINITY : this.toTop(at);
  }

  /** Nobody reads it again: its block is free for others. */
  kill(storage: number): void {
    const entry = this.entries.findLast((one) => one.storage === storage && one.died < 0);
    if (entry !== undefined) entry.died = this.deaths++;
  }

  /**
   * Writes `storage` to a free block: of those of about its size the one that was given back first, as the executor's memory
   * does (free-blocks.ts), else to the smallest that is larger, else to several, which then were neighbours. How far away it was.
   */
  write(storage: number, bytes: number): number {
    const free = [...this.entries.keys()].filter((i) => this.entries[i]!.died >= 0);
    const order = (i: number): number => this.entries[i]!.died;
    const fitting = free.filter((i) => this.entries[i]!.bytes >= bytes);
    const near = fitting.filter((i) => this.entries[i]!.bytes < 1.25 * bytes);
    const [chosen] =
      near.length > 0
        ? near.sort((a, b) => order(a) - order(b))
        : fitting.sort((a, b) => this.entries[a]!.bytes - this.entries[b]!.bytes);
    if (chosen !== undefined) {
      const left = this.entries[chosen]!.bytes - bytes;
      const distance = this.toTop(chosen);
      const { died } = this.entries.pop()!;
      if (left > 0) this.entries.push({ storage: -1, bytes: left, died });
      this.entries.push({ storage, bytes, died: -1 });
      return distance;
    }
    let gathered = 0;
    for (const i of free.sort((a, b) => b - a)) {
      if (gathered >= bytes) break;
      gathered += this.entries[i]!.bytes;
      this.entries.splice(i, 1);
    }
    this.entries.push({ storage, bytes, died: -1 });
    return Number.POSITIVE_INFINITY;
  }

  /** What was written as `by` is the value of `storage` now; where its last value was is free. */
  replace(storage: number, by: number): void {
    this.kill(storage);
    const entry = this.entries.findLast((one) => one.storage === by && one.died < 0);
    if (entry !== undefined) entry.storage = storage;
  }

  /** Moves an entry to the top; how far away it was. */
  private toTop(at: number): number {
    let since = 0;
    for (let i = at; i < this.entries.length; i++) since += this.entries[i]!.bytes;
    this.entries.push(...this.entries.splice(at, 1));
    return since;
  }
}
