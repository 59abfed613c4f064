interface Entry {
  readonly storage: number;
  readonly bytes: number;
  dead: boolean;
}

/** Tensors' storage in the order of the last touch: what a cache that replaces the least recently used holds first. */
export class RecencyStack {
  /** Last touched last. */
  private readonly entries: Entry[] = [];

  /** Bytes that were touched since `storage` was, its own included; Infinity where it never was. It is the last now. */
  touch(storage: number, bytes: number): number {
    let since = 0;
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const entry = this.entries[i]!;
      since += entry.bytes;
      if (entry.storage !== storage) continue;
      this.entries.splice(i, 1);
      this.entries.push(entry);
      return since;
    }
    this.entries.push({ storage, bytes, dead: false });
    return Number.POSITIVE_INFINITY;
  }

  /** Nobody reads it again; its bytes stay where they are until something is written there. */
  kill(storage: number): void {
    const entry = this.entries.findLast((one) => one.storage === storage);
    if (entry !== undefined) entry.dead = true;
  }

  /** `storage` is written where the dead were, the last of them first, and takes new room for the rest. */
  write(storage: number, bytes: number): void {
    const old = this.entries.findIndex((entry) => entry.storage === storage);
    if (old >= 0) this.entries.splice(old, 1);
    let freed = 0;
    for (let i = this.entries.length - 1; i >= 0 && freed < bytes; i--) {
      if (!this.entries[i]!.dead) continue;
      freed += this.entries[i]!.bytes;
      this.entries.splice(i, 1);
    }
    this.entries.push({ storage, bytes, dead: false });
  }
}
