// Hot file: every change of a rate passes here. See bench/network.bench.ts.
import { grown } from '../grown.ts';
import type { FlowHeaps } from './flow-heaps.ts';
import { IndexedHeap } from './indexed-heap.ts';

/**
 * When flows end whose rates change together. Flows of one route have the same rate at all times, so they share a
 * virtual clock: the bytes that each of them has been given. A flow ends when the clock shows what it showed when the
 * flow joined, plus the flow's bytes; a change of rate moves one entry per route, not one per flow. (Virtual time of
 * fair queueing: Demers, Keshav & Shenker, SIGCOMM 1989.)
 */
export class RouteClocks {
  /** Per route: how many flows it has, and bytes per second of each. */
  flows = new Int32Array(16);
  rate = new Float64Array(16);
  private readonly heaps: FlowHeaps;
  /** Per route: its flows, a heap by what the clock shows when they end. */
  private root = new Int32Array(16);
  /** Per route: bytes that the clock showed, and when. */
  private clock = new Float64Array(16);
  private clockAt = new Float64Array(16);
  /** Routes with flows that move, by when the first of these ends. */
  private readonly ends = new IndexedHeap();

  constructor(heaps: FlowHeaps) {
    this.heaps = heaps;
  }

  addRoute(route: number): void {
    if (route === this.root.length) this.grow(2 * route);
    this.ends.reserve(route + 1);
    this.root[route] = -1;
  }

  /** When the next flow of any route ends; Infinity where none moves. */
  get nextSeconds(): number {
    return this.ends.firstKey;
  }

  /** The route whose flow ends next. */
  get nextRoute(): number {
    return this.ends.first;
  }

  /** The flow of a route that ends first. */
  first(route: number): number {
    return this.root[route]!;
  }

  /** A flow of so many bytes joins at `now`; of flows that end together, lower stamps come first. */
  add(route: number, flow: number, bytes: number, stamp: number, now: number): void {
    if (this.flows[route]!++ === 0) {
      this.clock[route] = 0;
      this.clockAt[route] = now;
    } else this.advance(route, now);
    this.root[route] = this.heaps.add(this.root[route]!, flow, this.clock[route]! + bytes, stamp);
  }

  /** Bytes that a flow still needs at `now`. */
  left(route: number, flow: number, now: number): number {
    this.advance(route, now);
    return Math.max(0, this.heaps.key[flow]! - this.clock[route]!);
  }

  remove(route: number, flow: number, now: number): void {
    this.advance(route, now);
    this.flows[route]!--;
    this.root[route] = this.heaps.remove(this.root[route]!, flow);
  }

  /** The first flow of a route ends now, whatever rounding says. */
  end(route: number, now: number): void {
    const flow = this.root[route]!;
    this.ends.remove(route);
    this.clock[route] = this.heaps.key[flow]!;
    this.clockAt[route] = now;
    this.flows[route]!--;
    this.root[route] = this.heaps.removeFirst(flow);
  }

  setRate(route: number, rate: number, now: number): void {
    this.advance(route, now);
    this.rate[route] = rate;
  }

  /** Must follow whatever changes a route's flows or rate, once all of it is known. */
  schedule(route: number, now: number): void {
    const rate = this.rate[route]!;
    const flow = this.root[route]!;
    if (flow < 0 || rate === 0) this.ends.remove(route);
    else this.ends.set(route, now + this.left(route, flow, now) / rate, this.heaps.stamp[flow]!);
  }

  forEach(route: number, visit: (flow: number) => void): void {
    this.heaps.forEach(this.root[route]!, visit);
  }

  private advance(route: number, now: number): void {
    this.clock[route]! += this.rate[route]! * (now - this.clockAt[route]!);
    this.clockAt[route] = now;
  }

  private grow(capacity: number): void {
    this.flows = grown(new Int32Array(capacity), this.flows);
    this.rate = grown(new Float64Array(capacity), this.rate);
    this.root = grown(new Int32Array(capacity), this.root);
    this.clock = grown(new Float64Array(capacity), this.clock);
    this.clockAt = grown(new Float64Array(capacity), this.clockAt);
  }
}
