/**
 * Streams whose ops share the device: k of them at a time progress at 1/k of its speed each (processor sharing). Like
 * flows on a link, they have one clock per stream, of the seconds of work that each has got; an op that joins when it
 * shows S is done when it shows S plus its work, so a change of k is one update.
 */
export class SharedStreams {
  /** Per stream: seconds of work that each op on it has got, up to `since`. */
  private readonly clock: Float64Array;
  private readonly since: Float64Array;
  /** Per stream: its ops in the order in which they joined, at most as many as its width. */
  private readonly members: number[][];
  /** Per activity: what the clock shows when it is done. */
  private readonly doneAt: Float64Array;
  /** Per stream: counts changes, so that events foretold before are void. */
  private readonly changes: Int32Array;

  constructor(streams: number, activities: number) {
    this.clock = new Float64Array(streams);
    this.since = new Float64Array(streams);
    this.members = Array.from({ length: streams }, () => []);
    this.doneAt = new Float64Array(activities);
    this.changes = new Int32Array(streams);
  }

  /** Identifies what is foretold now; later changes make it void. */
  foretelling(stream: number): number {
    return this.changes[stream]!;
  }

  join(stream: number, activity: number, work: number, now: number): void {
    this.advance(stream, now);
    const members = this.members[stream]!;
    // Work done so far counts from zero again where nobody is there: the clock stays small, and so does its rounding.
    if (members.length === 0) this.clock[stream] = 0;
    this.doneAt[activity] = this.clock[stream]! + work;
    members.push(activity);
  }

  /** Takes those of the activities [from, to) off the stream: their loop was given up. */
  remove(stream: number, from: number, to: number, now: number): void {
    this.advance(stream, now);
    this.members[stream] = this.members[stream]!.filter((activity) => activity < from || activity >= to);
  }

  /** When the next op of the stream will be done if nothing changes; Infinity where there is none. */
  nextSeconds(stream: number): number {
    const members = this.members[stream]!;
    let least = Number.POSITIVE_INFINITY;
    for (const activity of members) least = Math.min(least, this.doneAt[activity]!);
    return this.since[stream]! + Math.max(0, least - this.clock[stream]!) * members.length;
  }

  /** What was foretold has come: takes the op that is done now off the stream (of equal ones the first that joined). */
  leave(stream: number, now: number): number {
    this.advance(stream, now);
    const members = this.members[stream]!;
    let first = 0;
    for (let i = 1; i < members.length; i++) {
      if (this.doneAt[members[i]!]! < this.doneAt[members[first]!]!) first = i;
    }
    const [activity] = members.splice(first, 1);
    // But for rounding it shows that already.
    this.clock[stream] = Math.max(this.clock[stream]!, this.doneAt[activity!]!);
    return activity!;
  }

  private advance(stream: number, now: number): void {
    const count = this.members[stream]!.length;
    if (count > 0) this.clock[stream]! += (now - this.since[stream]!) / count;
    this.since[stream] = now;
    this.changes[stream]!++;
  }
}
