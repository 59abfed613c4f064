// Hot file: every segment of every transfer passes here.
import { invariant } from '../../base/errors.ts';
import type { ClusterLink } from '../../devices/cluster.ts';
import { grown } from '../grown.ts';
import { LinkHeap } from './link-heap.ts';
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
/**
 * Segments that a message is cut into. Over one hop it goes as a whole; over several, cutting it lets the hops
 * work at the same time, as frames do on a real network, where one message stored and forwarded whole would take
 * as many times longer as it has hops.
 */
export function segmentCount(bytes: number, hops: number, most = MAXIMUM_SEGMENTS): number {
  if (hops <= 1 || most === 1) return 1;
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
  private readonly mostSegments: number;
  private readonly loads: LinkLoads | undefined;
  // Per link.
  /** When it has served what it was given. */
  private readonly freeAt: Float64Array;
  private readonly secondsPerByte: Float64Array;
  private readonly latency: Float64Array;
  /** Per message: what occupies the link besides the message's bytes. */
  private readonly messageSeconds: Float64Array;
  /** What it serves, in order: entries of the columns below. */
  private readonly head: Int32Array;
  private readonly tail: Int32Array;
  /** Links that serve something, by when the first thing that each serves is at its other end. */
  private readonly heads: LinkHeap;
  // Per transfer.
  private readonly routeOf: Int32Array;
  private readonly size: Float64Array;
  private readonly segmentsLeft: Uint8Array;
  // Per entry of a link's line: a message on its first link, a segment on the others.
  private entryTransfer = new Int32Array(64);
  private entryHop = new Uint8Array(64);
  /** Of a message: the segment that is next at the link's other end. */
  private entrySegment = new Uint8Array(64);
  private entryTime = new Float64Array(64);
  private entryOrder = new Float64Array(64);
  private entryNext = new Int32Array(64);
  private entries = 0;
  private freeEntry = -1;
  private order = 0;

  /** Transfers are numbered below `transfers`. `mostSegments`: 1 stores and forwards whole messages. */
  constructor(
    links: readonly ClusterLink[],
    transfers: number,
    loads?: LinkLoads,
    mostSegments = MAXIMUM_SEGMENTS,
  ) {
    this.mostSegments = mostSegments;
    this.loads = loads;
    this.freeAt = new Float64Array(links.length);
    this.secondsPerByte = Float64Array.from(links, (link) => 1 / link.model.bytesPerSecond.value);
    this.latency = Float64Array.from(links, (link) => link.model.latencySeconds.value);
    this.messageSeconds = Float64Array.from(links, (link) => link.model.messageSeconds?.value ?? 0);
    this.bytes = new Float64Array(links.length);
    this.busySeconds = new Float64Array(links.length);
    this.head = new Int32Array(links.length).fill(-1);
    this.tail = new Int32Array(links.length).fill(-1);
    this.heads = new LinkHeap(links.length);
    this.routeOf = new Int32Array(transfers);
    this.size = new Float64Array(transfers);
    this.segmentsLeft = new Uint8Array(transfers);
  }

  addRoute(links: Int32Array): number {
    return this.routes.add(links);
  }

  send(transfer: number, route: number, bytes: number, now: number): void {
    this.routeOf[transfer] = route;
    this.size[transfer] = bytes;
    const links = this.routes.links[route]!;
    const segments = segmentCount(bytes, links.length, this.mostSegments);
    this.segmentsLeft[transfer] = segments;
    const link = links[0]!;
    const arrival = this.carry(link, now, bytes, bytes / segments, this.messageSeconds[link]!);
    this.join(link, transfer, 1, 0, arrival);
    this.nextSeconds = this.heads.time;
  }

  cancel(): void {
    invariant(false, 'the store-and-forward network carries what it was given: failures need the fluid one');
  }

  setSpeed(): void {
    invariant(false, 'links of the store-and-forward network keep their speed: use the fluid one');
  }

  settle(): void {}

  arrived(now: number): number {
    const { heads } = this;
    while (heads.time <= now) {
      const transfer = this.advance(heads.link, now);
      if (transfer >= 0) {
        this.nextSeconds = heads.time;
        return transfer;
      }
    }
    this.nextSeconds = heads.time;
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

  /** The first segment in line is at the other end of `link`. Returns its transfer if that has arrived, else −1. */
  private advance(link: number, now: number): number {
    const entry = this.head[link]!;
    const transfer = this.entryTransfer[entry]!;
    const hop = this.entryHop[entry]!;
    const segment = this.entrySegment[entry]!;
    const links = this.routes.links[this.routeOf[transfer]!]!;
    const bytes = this.size[transfer]!;
    const segments = segmentCount(bytes, links.length, this.mostSegments);
    const segmentBytes = bytes / segments;
    if (hop === 1 && segment + 1 < segments) {
      // The first link serves the message in one go; its segments follow each other.
      this.entrySegment[entry] = segment + 1;
      this.entryTime[entry] = now + segmentBytes * this.secondsPerByte[link]!;
      this.entryOrder[entry] = this.order++;
      this.heads.replaceFirst(this.entryTime[entry]!, this.entryOrder[entry]!);
    } else {
      this.leave(link, entry);
    }
    if (hop === links.length) return --this.segmentsLeft[transfer]! === 0 ? transfer : -1;
    const next = links[hop]!;
    const overhead = segment === 0 ? this.messageSeconds[next]! : 0;
    const arrival = this.carry(next, now, segmentBytes, segmentBytes, overhead);
    this.join(next, transfer, hop + 1, segment, arrival);
    return -1;
  }

  /**
   * Queues `bytes` on `link` at `now`; returns when the first `segmentBytes` of them are at the link's other end.
   */
  private carry(link: number, now: number, bytes: number, segmentBytes: number, overhead: number): number {
    const secondsPerByte = this.secondsPerByte[link]!;
    const start = Math.max(now, this.freeAt[link]!) + overhead;
    // No bytes take no time, not even on a link without bandwidth (0 · ∞).
    const seconds = bytes * secondsPerByte || 0;
    const end = start + seconds;
    this.freeAt[link] = end;
    this.bytes[link]! += bytes;
    this.busySeconds[link]! += overhead + seconds;
    this.loads?.stretch(link, start - overhead, end, bytes);
    return start + (segmentBytes * secondsPerByte || 0) + this.latency[link]!;
  }

  /** Puts an entry at the end of a link's line: links serve in order, so its time is not below those before it. */
  private join(link: number, transfer: number, hop: number, segment: number, time: number): void {
    let entry = this.freeEntry;
    if (entry >= 0) this.freeEntry = this.entryNext[entry]!;
    else {
      entry = this.entries++;
      if (entry === this.entryTransfer.length) this.grow();
    }
    const order = this.order++;
    this.entryTransfer[entry] = transfer;
    this.entryHop[entry] = hop;
    this.entrySegment[entry] = segment;
    this.entryTime[entry] = time;
    this.entryOrder[entry] = order;
    this.entryNext[entry] = -1;
    if (this.head[link] === -1) {
      this.head[link] = entry;
      this.heads.push(link, time, order);
    } else this.entryNext[this.tail[link]!] = entry;
    this.tail[link] = entry;
  }

  /** Takes the first entry out of the line of `link`, which is the first of the heap. */
  private leave(link: number, entry: number): void {
    const next = this.entryNext[entry]!;
    this.head[link] = next;
    this.entryNext[entry] = this.freeEntry;
    this.freeEntry = entry;
    if (next === -1) this.heads.removeFirst();
    else this.heads.replaceFirst(this.entryTime[next]!, this.entryOrder[next]!);
  }

  private grow(): void {
    const capacity = 2 * this.entryTransfer.length;
    this.entryTransfer = grown(new Int32Array(capacity), this.entryTransfer);
    this.entryHop = grown(new Uint8Array(capacity), this.entryHop);
    this.entrySegment = grown(new Uint8Array(capacity), this.entrySegment);
    this.entryTime = grown(new Float64Array(capacity), this.entryTime);
    this.entryOrder = grown(new Float64Array(capacity), this.entryOrder);
    this.entryNext = grown(new Int32Array(capacity), this.entryNext);
  }
}
