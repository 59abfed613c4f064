// Hot file: every op passes here.

/**
 * Lines of activities before places that serve a few at a time (streams of devices, copy engines). Who waits is
 * served first come first served.
 */
export class StreamLines {
  /** Per line: how many more it can serve at once. */
  private readonly free: Int32Array;
  private readonly head: Int32Array;
  private readonly tail: Int32Array;
  /** Per activity: the one behind it in line. */
  private readonly next: Int32Array;

  constructor(width: Int32Array, activities: number) {
    this.free = width.slice();
    this.head = new Int32Array(width.length).fill(-1);
    this.tail = new Int32Array(width.length).fill(-1);
    this.next = new Int32Array(activities);
  }

  /** Whether `activity` can be served at once; if not, it stands in line. */
  enter(line: number, activity: number): boolean {
    if (this.free[line]! > 0) {
      this.free[line]!--;
      return true;
    }
    this.joinAtEnd(line, activity);
    return false;
  }

  /** One that was served leaves. Returns who is served next in its place, or −1 where nobody waits. */
  leave(line: number): number {
    const first = this.head[line]!;
    if (first === -1) this.free[line]!++;
    else this.head[line] = this.next[first]!;
    return first;
  }

  /** Takes those out of the line whose activity is in [from, to). */
  remove(line: number, from: number, to: number): void {
    let last = -1;
    for (let activity = this.head[line]!; activity !== -1; activity = this.next[activity]!) {
      if (activity >= from && activity < to) continue;
      if (last === -1) this.head[line] = activity;
      else this.next[last] = activity;
      last = activity;
    }
    if (last === -1) this.head[line] = -1;
    else this.next[last] = -1;
    this.tail[line] = last;
  }

  private joinAtEnd(line: number, activity: number): void {
    this.next[activity] = -1;
    if (this.head[line] === -1) this.head[line] = activity;
    else this.next[this.tail[line]!] = activity;
    this.tail[line] = activity;
  }
}
