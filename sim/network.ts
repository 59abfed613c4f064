// Hot file: every segment of every transfer passes here.
import type { ClusterLink } from '../devices/cluster.ts';

/** No segment is smaller than this, unless the message is. */
const MINIMUM_SEGMENT_BYTES = 16 * 1024;
/**
 * A message has at most so many segments. An extra hop delays a message by the service of one segment: 1/64 of its
 * length from 1 MiB on, that of 16 KiB (14 µs on 10 Gigabit Ethernet) or of the message itself below.
 */
const MAXIMUM_SEGMENTS = 64;

/**
 * Segments that a message is cut into. Over one hop it goes as a whole; over several, cutting it lets the hops
 * work at the same time, as frames do on a real network, where one message stored and forwarded whole would take
 * as many times longer as it has hops.
 */
export function segmentCount(bytes: number, hops: number): number {
  if (hops <= 1) return 1;
  return Math.max(1, Math.min(MAXIMUM_SEGMENTS, Math.ceil(bytes / MINIMUM_SEGMENT_BYTES)));
}

/**
 * Store-and-forward network: each direction of a link serves segments one at a time, first come first served, for
 * bytes / bandwidth; a segment is at the next hop one latency after it left. Nothing is shared: contention shows
 * as queueing.
 */
export class StoreAndForwardNetwork {
  /** Per link: when it has served what it was given. */
  private readonly freeAt: Float64Array;
  private readonly secondsPerByte: Float64Array;
  private readonly latency: Float64Array;
  /** Per link: bytes carried and seconds busy. */
  readonly bytes: Float64Array;
  readonly busySeconds: Float64Array;
  /** When the service last asked for begins and ends. */
  serviceStart = 0;
  serviceEnd = 0;

  constructor(links: readonly ClusterLink[]) {
    this.freeAt = new Float64Array(links.length);
    this.secondsPerByte = Float64Array.from(links, (link) => 1 / link.model.bytesPerSecond.value);
    this.latency = Float64Array.from(links, (link) => link.model.latencySeconds.value);
    this.bytes = new Float64Array(links.length);
    this.busySeconds = new Float64Array(links.length);
  }

  /**
   * Queues `bytes` on `link` at `now`; returns when the first `segmentBytes` of them are at the link's other end.
   */
  carry(link: number, now: number, bytes: number, segmentBytes: number): number {
    const secondsPerByte = this.secondsPerByte[link]!;
    const start = Math.max(now, this.freeAt[link]!);
    const end = start + bytes * secondsPerByte;
    this.freeAt[link] = end;
    this.bytes[link]! += bytes;
    this.busySeconds[link]! += end - start;
    this.serviceStart = start;
    this.serviceEnd = end;
    return start + segmentBytes * secondsPerByte + this.latency[link]!;
  }

  /**
   * Ends at `now`: takes back what was booked for later. (What a link has booked beyond `now` it serves without a
   * gap, so the excess is proportional to the time.)
   */
  close(now: number): void {
    for (let link = 0; link < this.freeAt.length; link++) {
      const excess = this.freeAt[link]! - now;
      if (excess <= 0) continue;
      this.freeAt[link] = now;
      this.busySeconds[link]! -= excess;
      this.bytes[link]! -= excess / this.secondsPerByte[link]!;
    }
  }

  /** When the segment of a message that follows one that was at the other end of `link` at `now` is there too. */
  following(link: number, now: number, segmentBytes: number): number {
    return now + segmentBytes * this.secondsPerByte[link]!;
  }
}
