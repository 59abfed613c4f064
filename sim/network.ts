// Hot file: every segment of every transfer passes here.
import type { ClusterLink } from '../devices/cluster.ts';

/** No segment is smaller than this, unless the message is. */
const MINIMUM_SEGMENT_BYTES = 16 * 1024;
/** A message has at most so many segments, so an extra hop delays it by at most 1/64 of its length. */
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

  /** When the segment of a message that follows one that was at the other end of `link` at `now` is there too. */
  following(link: number, now: number, segmentBytes: number): number {
    return now + segmentBytes * this.secondsPerByte[link]!;
  }
}
