import { grown } from '../grown.ts';

/**
 * What each direction of a link carried when, as append-only columns: stretches of constant load. Both network models
 * write it while something is recorded.
 */
export class LinkLoads {
  length = 0;
  link = new Int32Array(256);
  start = new Float64Array(256);
  end = new Float64Array(256);
  /** Bytes carried in the stretch. */
  bytes = new Float64Array(256);
  /** Transfers that shared the link. */
  transfers = new Int32Array(256);
  private readonly since: Float64Array;
  private readonly rate: Float64Array;
  private readonly sharers: Int32Array;
  /** Per link: its last stretch, or −1. */
  private readonly last: Int32Array;
  private from = Number.POSITIVE_INFINITY;

  constructor(links: number) {
    this.since = new Float64Array(links);
    this.rate = new Float64Array(links);
    this.sharers = new Int32Array(links);
    this.last = new Int32Array(links).fill(-1);
  }

  /** From `now` on stretches are recorded; links that carry something already are cut there. */
  begin(now: number): void {
    this.from = now;
    this.since.fill(now);
  }

  /** Stops recording: what is under way is cut at `now`. */
  finish(now: number): void {
    for (let link = 0; link < this.since.length; link++)
      this.change(link, now, this.rate[link]!, this.sharers[link]!);
    this.from = Number.POSITIVE_INFINITY;
  }

  /** From `now` on, `transfers` share the link and move `bytesPerSecond` together. */
  change(link: number, now: number, bytesPerSecond: number, transfers: number): void {
    const since = this.since[link]!;
    if (now > since && now > this.from && this.sharers[link]! > 0) {
      this.append(
        link,
        Math.max(since, this.from),
        now,
        this.rate[link]! * (now - since),
        this.sharers[link]!,
      );
    }
    this.since[link] = now;
    this.rate[link] = bytesPerSecond;
    this.sharers[link] = transfers;
  }

  /** One transfer alone had the link from `start` to `end`. */
  stretch(link: number, start: number, end: number, bytes: number): void {
    if (start >= this.from) this.append(link, start, end, bytes, 1);
  }

  private append(link: number, start: number, end: number, bytes: number, transfers: number): void {
    const last = this.last[link]!;
    if (
      last >= 0 &&
      this.end[last] === start &&
      this.transfers[last] === transfers &&
      sameRate(this, last, start, end, bytes)
    ) {
      this.end[last] = end;
      this.bytes[last]! += bytes;
      return;
    }
    const row = this.length++;
    if (row === this.link.length) this.grow();
    this.last[link] = row;
    this.link[row] = link;
    this.start[row] = start;
    this.end[row] = end;
    this.bytes[row] = bytes;
    this.transfers[row] = transfers;
  }

  private grow(): void {
    const capacity = 2 * this.link.length;
    this.link = grown(new Int32Array(capacity), this.link);
    this.start = grown(new Float64Array(capacity), this.start);
    this.end = grown(new Float64Array(capacity), this.end);
    this.bytes = grown(new Float64Array(capacity), this.bytes);
    this.transfers = grown(new Int32Array(capacity), this.transfers);
  }
}

/** Whether a stretch goes on as row `last` did, but for rounding. */
function sameRate(loads: LinkLoads, last: number, start: number, end: number, bytes: number): boolean {
  const before = loads.bytes[last]! * (end - start);
  const after = bytes * (loads.end[last]! - loads.start[last]!);
  return Math.abs(before - after) <= 1e-9 * Math.max(before, after);
}
