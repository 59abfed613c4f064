import type { EventQueue } from './event-queue.ts';

/**
 * Streams whose ops share the device: k of them at a time progress at 1/k of its speed each (processor sharing), once
 * each has launched by itself. Like flows on a link, they have one clock per stream, of the seconds of work that each has
 * got; an op that joins when it shows S is done when it shows S plus its work, so a change of k is one update.
 *
 * When the next op of a stream is done is foretold to the queue, as an event of kind `doneKind` with the stream and a
 * number; what is foretold becomes void when anything on the stream changes.
 */
export class SharedStreams {
  /** Per stream: seconds of a launch; negative where ops have lanes of their own. */
  private readonly launchSeconds: Float64Array;
  private readonly queue: EventQueue;
  private readonly doneKind: number;
  /** Per stream: seconds of work that each op on it has got, up to `since`. */
  private readonly clock: Float64Array;
  private readonly since: Float64Array;
  /** Per stream: its ops in the order in which they joined, at most as many as its width. */
  private readonly members: number[][];
  /** Per stream: counts changes. */
  private readonly changes: Int32Array;
  /** Per activity: its seconds of work, and what the clock shows when they are done. */
  private readonly work: Float64Array;
  private readonly doneAt: Float64Array;

  constructor(launchSeconds: Float64Array, activities: number, queue: EventQueue, doneKind: number) {
    this.launchSeconds = launchSeconds;
    this.queue = queue;
    this.doneKind = doneKind;
    this.clock = new Float64Array(launchSeconds.length);
    this.since = new Float64Array(launchSeconds.length);
    this.members = Array.from(launchSeconds, () => []);
    this.changes = new Int32Array(launchSeconds.length);
    this.work = new Float64Array(activities);
    this.doneAt = new Float64Array(activities);
  }

  isShared(stream: number): boolean {
    return this.launchSeconds[stream]! >= 0;
  }

  /** An op of so many seconds begins: returns how many of them it launches, before it shares the stream. */
  launch(stream: number, activity: number, seconds: number): number {
    const launch = Math.min(seconds, this.launchSeconds[stream]!);
    this.work[activity] = seconds - launch;
    return launch;
  }

  /** The op has been launched: it shares the stream from now on. */
  join(stream: number, activity: number, now: number): void {
    this.advance(stream, now);
    const members = this.members[stream]!;
    // Work done so far counts from zero again where nobody is there: the clock stays small, and so does its rounding.
    if (members.length === 0) this.clock[stream] = 0;
    this.doneAt[activity] = this.clock[stream]! + this.work[activity]!;
    members.push(activity);
    this.foretell(stream);
  }

  /** Takes the op that was foretold to be done now off the stream; −1 where that was void. */
  take(stream: number, foretold: number, now: number): number {
    if (foretold !== this.changes[stream]!) return -1;
    this.advance(stream, now);
    const members = this.members[stream]!;
    // Of equal ones the first that joined.
    let first = 0;
    for (let i = 1; i < members.length; i++) {
      if (this.doneAt[members[i]!]! < this.doneAt[members[first]!]!) first = i;
    }
    const activity = members.splice(first, 1)[0]!;
    // But for rounding it shows that already.
    this.clock[stream] = Math.max(this.clock[stream]!, this.doneAt[activity]!);
    this.foretell(stream);
    return activity;
  }

  /** Takes those of the activities [from, to) off the stream: their loop was given up. */
  remove(stream: number, from: number, to: number, now: number): void {
    this.advance(stream, now);
    this.members[stream] = this.members[stream]!.filter((activity) => activity < from || activity >= to);
    this.foretell(stream);
  }

  private advance(stream: number, now: number): void {
    const count = this.members[stream]!.length;
    if (count > 0) this.clock[stream]! += (now - this.since[stream]!) / count;
    this.since[stream] = now;
    this.changes[stream]!++;
  }

  private foretell(stream: number): void {
    const members = this.members[stream]!;
    if (members.length === 0) return;
    let least = Number.POSITIVE_INFINITY;
    for (const activity of members) least = Math.min(least, this.doneAt[activity]!);
    const next = this.since[stream]! + Math.max(0, least - this.clock[stream]!) * members.length;
    this.queue.push(next, this.doneKind, stream, this.changes[stream]!);
  }
}
