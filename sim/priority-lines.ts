import { FlowHeaps } from './network/flow-heaps.ts';

/**
 * Lines of activities before streams, where the highest priority goes first; ties first come first served. Who is
 * served is decided when all that happens at an instant is known: an activity that becomes ready as another ends is
 * compared with those that waited for it to end.
 *
 *     lines.join(line, activity); lines.leave(line, other);
 *     for (let next = lines.serve(); next >= 0; next = lines.serve()) start(next, lines.line);
 */
export class PriorityLines {
  /** Of who was served last: its line, and who left that at this instant, or −1. */
  line = -1;
  because = -1;
  private readonly priority: Float64Array;
  private readonly heaps = new FlowHeaps();
  private stamps = 0;
  /** Per line: how many more it can serve at once, and who waits. */
  private readonly free: Int32Array;
  private readonly root: Int32Array;
  /** Per line: who left since it was last served, or −1. */
  private readonly left: Int32Array;
  /** Lines that somebody joined or left since then, in that order. */
  private readonly due: Int32Array;
  private readonly isDue: Uint8Array;
  private dueHead = 0;
  private dueTail = 0;

  /** `priority`: per activity. */
  constructor(width: Int32Array, priority: Float64Array) {
    this.priority = priority;
    this.heaps.reserve(priority.length);
    this.free = width.slice();
    this.root = new Int32Array(width.length).fill(-1);
    this.left = new Int32Array(width.length).fill(-1);
    this.due = new Int32Array(width.length);
    this.isDue = new Uint8Array(width.length);
  }

  join(line: number, activity: number): void {
    this.root[line] = this.heaps.add(this.root[line]!, activity, -this.priority[activity]!, this.stamps++);
    this.call(line);
  }

  /** `activity` was served and leaves. */
  leave(line: number, activity: number): void {
    this.free[line]!++;
    this.left[line] = activity;
    this.call(line);
  }

  /** Who is served next at this instant, or −1 where nobody is. */
  serve(): number {
    while (this.dueHead < this.dueTail) {
      const line = this.due[this.dueHead]!;
      const first = this.root[line]!;
      if (first >= 0 && this.free[line]! > 0) {
        this.free[line]!--;
        this.root[line] = this.heaps.removeFirst(first);
        this.line = line;
        this.because = this.left[line]!;
        return first;
      }
      this.isDue[line] = 0;
      this.left[line] = -1;
      this.dueHead++;
    }
    this.dueHead = 0;
    this.dueTail = 0;
    return -1;
  }

  /** Takes those out of the line whose activity is in [from, to). */
  remove(line: number, from: number, to: number): void {
    const leaving: number[] = [];
    this.heaps.forEach(this.root[line]!, (activity) => {
      if (activity >= from && activity < to) leaving.push(activity);
    });
    for (const activity of leaving) this.root[line] = this.heaps.remove(this.root[line]!, activity);
  }

  private call(line: number): void {
    if (this.isDue[line] === 1) return;
    this.isDue[line] = 1;
    this.due[this.dueTail++] = line;
  }
}
