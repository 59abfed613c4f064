import { LinkLoads } from './network/link-loads.ts';
import type { SimulationOptions } from './simulation.ts';
import { Row, Trace } from './trace.ts';

/**
 * Writes the trace while something is to be recorded. Each row names its cause: the row that it could not start before,
 * which is that of the last activity it waited for, or of the one that left its stream to it.
 */
export class Recorder {
  readonly trace = new Trace();
  readonly loads: LinkLoads;
  on = false;
  from = 0;
  until = Number.POSITIVE_INFINITY;
  private readonly wanted: SimulationOptions['record'];
  /** Per activity: its last row, or −1. */
  private readonly row: Int32Array;
  /** Per activity: the row that made it ready, or −1. */
  private readonly cause: Int32Array;

  constructor(activities: number, links: number, wanted: SimulationOptions['record']) {
    this.loads = new LinkLoads(links);
    this.wanted = wanted;
    this.row = new Int32Array(wanted === undefined ? 0 : activities).fill(-1);
    this.cause = new Int32Array(wanted === undefined ? 0 : activities).fill(-1);
  }

  /** So many updates are done at `now`. Returns whether recording begins or ends with that. */
  afterUpdates(updates: number, now: number): boolean {
    if (this.wanted === undefined) return false;
    const due = updates >= this.wanted.from && updates < this.wanted.to;
    // Failures may undo updates: what was recorded once is not recorded again.
    if (due === this.on || (due && this.until < Number.POSITIVE_INFINITY)) return false;
    if (due) this.start(now);
    else this.stop(now);
    return true;
  }

  /** `activity` could not start before `because` was done (−1: before the recording began). */
  wait(activity: number, because: number): void {
    this.cause[activity] = because < 0 ? -1 : this.row[because]!;
  }

  add(
    kind: number,
    activity: number,
    loop: number,
    iteration: number,
    node: number,
    place: number,
    start: number,
    end: number,
    bytes: number,
  ): void {
    const row = this.trace.add(kind, loop, iteration, node, place, start, end, bytes, this.cause[activity]!);
    this.row[activity] = row;
  }

  /** What `activity` began when it was recorded is done now. */
  finish(activity: number, now: number): void {
    const row = this.row[activity];
    if (row !== undefined && row >= 0 && this.trace.end[row] === Number.POSITIVE_INFINITY)
      this.trace.end[row] = now;
  }

  /** What `activity` has under way comes to nothing now. */
  lose(activity: number, now: number): void {
    const row = this.row[activity]!;
    if (row < 0) return;
    this.trace.kind[row] = Row.lost;
    this.trace.end[row] = now;
  }

  /** Transfers that are under way at the end end then. */
  close(now: number): void {
    if (this.on) this.stop(now);
    const { end, length } = this.trace;
    for (let row = 0; row < length; row++) if (end[row] === Number.POSITIVE_INFINITY) end[row] = now;
  }

  private start(now: number): void {
    this.on = true;
    this.from = now;
    this.loads.begin(now);
  }

  private stop(now: number): void {
    this.on = false;
    this.until = now;
    this.loads.finish(now);
  }
}
