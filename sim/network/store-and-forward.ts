// Hot file: every segment of every transfer passes here.
import { invariant } from '../../base/errors.ts';
import type { ClusterLink } from '../../devices/cluster.ts';
import { EventQueue } from '../event-queue.ts';
import { grown } from '../grown.ts';
import type { LinkLoads } from './link-loads.ts';
import type { Network } from './network.ts';
import { RouteTable } from './routes.ts';

/** No segment is smaller than this, unless the message is. */
const MINIMUM_SEGMENT_BYTES = 16 * 1024;
/**
 * A message has at most so many segments. An extra hop delays a message by the service of one segment: 1/64 of its
 * length from 1 MiB on, that of 16 KiB (14 µs on 10 Gigabit Ethernet) or of the message itself below.
 */
const MAXIMUM_SEGMENTS = 64;
/** An event packs (hop, segment) into one integer. */
const SEGMENT_BITS = 6;
const SEGMENT_MASK = (1 << SEGMENT_BITS) - 1;

/**
 * Segments that a message is cut into. Over one hop it goes as a whole; over several, cutting it lets the hops
 * work at the same time, as frames do on a real network, where one message stored and forwarded whole would take
 * as many times longer as it has hops.
 */
export function segmentCount(bytes: number, hops: number, most = MAXIMUM_SEGMENTS): number {
  if (hops <= 1) return 1;
  return Math.max(1, Math.min(most, Math.ceil(bytes / MINIMUM_SEGMENT_BYTES)));
}

/**
 * Store-and-forward network: each direction of a link serves segments one at a time, first come first served, for
 * bytes / bandwidth; a segment is at the next hop one latency after it left. Nothing is shared: contention shows
 * as queueing. The oracle beside the fluid model, and the fast path. Links keep their speed.
 */
export class StoreAndForwardNetwork implements Network {
  readonly bytes: Float64Array;
  readonly busySeconds: Float64Array;
  nextSeconds = Number.POSITIVE_INFINITY;
  private readonly routes = new RouteTable();
  private readonly queue = new EventQueue();
  private readonly mostSegments: number;
  private readonly loads: LinkLoads | undefined;
  /** Per link: when it has served what it was given. */
  private readonly freeAt: Float64Array;
  private readonly secondsPerByte: Float64Array;
  private readonly latency: Float64Array;
  /** Per message: what occupies each link besides the message's bytes. */
  private readonly messageSeconds: Float64Array;
  // Per transfer.
  private routeOf = new Int32Array(64);
  private size = new Float64Array(64);
  private segmentsLeft = new Uint8Array(64);

  /** `mostSegments`: 1 stores and forwards whole messages. */
  constructor(links: readonly ClusterLink[], loads?: LinkLoads, mostSegments = MAXIMUM_SEGMENTS) {
    this.mostSegments = mostSegments;
    this.loads = loads;
    this.freeAt = new Float64Array(links.length);
    this.secondsPerByte = Float64Array.from(links, (link) => 1 / link.model.bytesPerSecond.value);
    this.latency = Float64Array.from(links, (link) => link.model.latencySeconds.value);
    this.messageSeconds = Float64Array.from(links, (link) => link.model.messageSeconds?.value ?? 0);
    this.bytes = new Float64Array(links.length);
    this.busySeconds = new Float64Array(links.length);
  }

  addRoute(links: Int32Array): number {
    return this.routes.add(links);
  }

  send(transfer: number, route: number, bytes: number, now: number): void {
    if (transfer >= this.routeOf.length) this.grow(transfer + 1);
    this.routeOf[transfer] = route;
    this.size[transfer] = bytes;
    const links = this.routes.links[route]!;
    const segments = segmentCount(bytes, links.length, this.mostSegments);
    this.segmentsLeft[transfer] = segments;
    const link = links[0]!;
    const arrival = this.carry(link, now, bytes, bytes / segments, this.messageSeconds[link]!);
    this.push(arrival, transfer, 1 << SEGMENT_BITS);
  }

  cancel(): void {
    invariant(false, 'the store-and-forward network carries what it was given: failures need the fluid one');
  }

  setSpeed(): void {
    invariant(false, 'links of the store-and-forward network keep their speed: use the fluid one');
  }

  settle(): void {}

  arrived(now: number): number {
    const { queue } = this;
    while (this.nextSeconds <= now) {
      queue.pop();
      this.nextSeconds = queue.nextTime;
      const transfer = queue.a;
      if (this.segmentArrived(transfer, queue.b >> SEGMENT_BITS, queue.b & SEGMENT_MASK, now))
        return transfer;
    }
    return -1;
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

  /** Whether the whole message has arrived. */
  private segmentArrived(transfer: number, hop: number, segment: number, now: number): boolean {
    const links = this.routes.links[this.routeOf[transfer]!]!;
    const bytes = this.size[transfer]!;
    const segments = segmentCount(bytes, links.length, this.mostSegments);
    const segmentBytes = bytes / segments;
    if (hop === 1 && segment + 1 < segments) {
      // The first link serves the message in one go; its segments follow each other, so one at a time is queued.
      const following = now + segmentBytes * this.secondsPerByte[links[0]!]!;
      this.push(following, transfer, (1 << SEGMENT_BITS) | (segment + 1));
    }
    if (hop < links.length) {
      const link = links[hop]!;
      const overhead = segment === 0 ? this.messageSeconds[link]! : 0;
      const arrival = this.carry(link, now, segmentBytes, segmentBytes, overhead);
      this.push(arrival, transfer, ((hop + 1) << SEGMENT_BITS) | segment);
      return false;
    }
    return --this.segmentsLeft[transfer]! === 0;
  }

  /**
   * Queues `bytes` on `link` at `now`; returns when the first `segmentBytes` of them are at the link's other end.
   */
  private carry(link: number, now: number, bytes: number, segmentBytes: number, overhead: number): number {
    const secondsPerByte = this.secondsPerByte[link]!;
    const start = Math.max(now, this.freeAt[link]!) + overhead;
    const end = start + bytes * secondsPerByte;
    this.freeAt[link] = end;
    this.bytes[link]! += bytes;
    this.busySeconds[link]! += overhead + bytes * secondsPerByte;
    this.loads?.stretch(link, start - overhead, end, bytes);
    return start + segmentBytes * secondsPerByte + this.latency[link]!;
  }

  private push(time: number, transfer: number, what: number): void {
    this.queue.push(time, 0, transfer, what);
    if (time < this.nextSeconds) this.nextSeconds = time;
  }

  private grow(needed: number): void {
    const capacity = Math.max(needed, 2 * this.routeOf.length);
    this.routeOf = grown(new Int32Array(capacity), this.routeOf);
    this.size = grown(new Float64Array(capacity), this.size);
    this.segmentsLeft = grown(new Uint8Array(capacity), this.segmentsLeft);
  }
}
