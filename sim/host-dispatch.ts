import { Action } from './activity-graph.ts';
import type { ProgramLoop } from './program.ts';

/**
 * Hosts that issue the ops of their devices. One after the other, in the order in which they became ready, but ahead of
 * the device where it can: an op follows the dispatch, not the end, of what it depends on there. So a device starves
 * where its ops are shorter than their dispatch.
 */
export class HostDispatch {
  /** Per activity: when it is dispatched; meaningful once it was ready. */
  readonly dispatchedAt: Float64Array;
  /** Per activity: when its host could begin to dispatch it. */
  private readonly enabledAt: Float64Array;
  /** Per device: seconds for one op, and when its host is done with those before. */
  private readonly seconds: Float64Array;
  private readonly freeAt: Float64Array;

  constructor(seconds: Float64Array, activities: number) {
    this.seconds = seconds;
    this.freeAt = new Float64Array(seconds.length);
    this.enabledAt = new Float64Array(activities);
    this.dispatchedAt = new Float64Array(activities);
  }

  /** A step of activities [from, to) begins. */
  begin(from: number, to: number, now: number): void {
    this.enabledAt.fill(now, from, to);
  }

  /** An op of `device` is ready. */
  issue(activity: number, device: number): void {
    const start = Math.max(this.freeAt[device]!, this.enabledAt[activity]!);
    this.freeAt[device] = start + this.seconds[device]!;
    this.dispatchedAt[activity] = start + this.seconds[device]!;
  }

  /** What takes no device needs no dispatch. */
  pass(activity: number): void {
    this.dispatchedAt[activity] = this.enabledAt[activity]!;
  }

  /**
   * Activity `node` of a loop whose activities begin at `base` is done: what follows on the same device may have been
   * dispatched since this was; what follows elsewhere, from now on.
   */
  done({ activities }: ProgramLoop, base: number, node: number, now: number): void {
    const { action, subject, successorStart, successor, streamDevice } = activities;
    // Streams of one role of a device are on one device.
    const device =
      action[node] === Action.transfer || subject[node]! < 0 ? -1 : streamDevice[subject[node]!]!;
    for (let e = successorStart[node]!; e < successorStart[node + 1]!; e++) {
      const next = successor[e]!;
      const same =
        device >= 0 &&
        action[next] !== Action.transfer &&
        subject[next]! >= 0 &&
        streamDevice[subject[next]!]! === device;
      const from = same ? this.dispatchedAt[base + node]! : now;
      if (from > this.enabledAt[base + next]!) this.enabledAt[base + next] = from;
    }
  }
}
