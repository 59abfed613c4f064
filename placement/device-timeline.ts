/** When one device is busy in a schedule under construction, and when it could take another task. */
export class DeviceTimeline {
  /** End of the last task, seconds. */
  free = 0;
  private readonly gaps: boolean;
  /** Busy intervals, disjoint, ascending. */
  private readonly begin: number[] = [];
  private readonly end: number[] = [];

  /** `gaps`: whether tasks may be inserted between others, where they fit; else only after the last. */
  constructor(gaps: boolean) {
    this.gaps = gaps;
  }

  /** The earliest time from `ready` on at which the device is idle for `seconds`. */
  earliestStart(ready: number, seconds: number): number {
    const { begin, end, free } = this;
    if (!this.gaps || ready >= free) return Math.max(ready, free);
    let i = firstAbove(end, ready);
    let start = i === 0 ? ready : Math.max(ready, end[i - 1]!);
    while (i < begin.length && start + seconds > begin[i]!) start = end[i++]!;
    return start;
  }

  /** Occupies an interval that `earliestStart` found. */
  occupy(start: number, finish: number): void {
    if (finish > this.free) this.free = finish;
    if (!this.gaps || finish === start) return;
    const { begin, end } = this;
    const i = firstAbove(begin, start);
    begin.splice(i, 0, start);
    end.splice(i, 0, finish);
  }
}

/** Index of the first entry above `value` in ascending numbers. */
function firstAbove(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
