// Hot file: every op passes here.

/** Per device: the activity that it computes, and a line of those that wait for it, first come first served. */
export class DeviceLines {
  private readonly running: Int32Array;
  private readonly until: Float64Array;
  private readonly head: Int32Array;
  private readonly tail: Int32Array;
  /** Per activity: the one behind it in line. */
  private readonly next: Int32Array;

  constructor(devices: number, activities: number) {
    this.running = new Int32Array(devices).fill(-1);
    this.until = new Float64Array(devices);
    this.head = new Int32Array(devices).fill(-1);
    this.tail = new Int32Array(devices).fill(-1);
    this.next = new Int32Array(activities);
  }

  isIdle(device: number): boolean {
    return this.running[device] === -1;
  }

  occupy(device: number, activity: number, until: number): void {
    this.running[device] = activity;
    this.until[device] = until;
  }

  /** Calls `visit` for every device that computes, with its activity and when that will be done. */
  forEachBusy(visit: (device: number, activity: number, until: number) => void): void {
    for (const [device, activity] of this.running.entries()) {
      if (activity !== -1) visit(device, activity, this.until[device]!);
    }
  }

  release(device: number): void {
    this.running[device] = -1;
  }

  /** Puts an activity at the end of the line. */
  join(device: number, activity: number): void {
    this.next[activity] = -1;
    if (this.head[device] === -1) this.head[device] = activity;
    else this.next[this.tail[device]!] = activity;
    this.tail[device] = activity;
  }

  /** Takes the first of the line; −1 where nobody waits. */
  leave(device: number): number {
    const first = this.head[device]!;
    if (first !== -1) this.head[device] = this.next[first]!;
    return first;
  }
}
