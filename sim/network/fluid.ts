// Hot file: every transfer passes here. See bench/network.bench.ts.
import { invariant } from '../../base/errors.ts';
import type { ClusterLink } from '../../devices/cluster.ts';
import { grown } from '../grown.ts';
import { FlowHeaps } from './flow-heaps.ts';
import { IndexedHeap } from './indexed-heap.ts';
import { MaxMinShares } from './max-min-shares.ts';
import type { Network } from './network.ts';
import { RouteTable } from './routes.ts';

/**
 * A flow of which no more than this share is left when something else of the network happens is complete: flows that
 * must end together do so, whatever rounding says.
 */
const REST = 1e-10;

const WAITING = 0;
const FLOWING = 1;
const ARRIVED = 2;

/** Told when the load of a link changes: from `now` on, `flows` share it and move `bytesPerSecond` together. */
export type LoadObserver = (link: number, now: number, bytesPerSecond: number, flows: number) => void;

/**
 * Fluid network: a message joins the network when the latencies of its route have passed, once, and then flows over
 * all links of the route at the same time (cut-through). Flows share links max-min fair, and a message arrives when its
 * last byte has flowed. One of no bytes arrives when it joins. A link that is down holds its flows.
 *
 * What messages cost a link besides their bytes counts as bytes of the flow, the most of any link of its route; it is
 * not metered in `bytes`.
 *
 * Flows of the same route have the same rate at all times, so they share a virtual clock: the bytes that each of them
 * has been given. A flow ends when the clock shows what it showed when the flow joined, plus the flow's bytes; a change
 * of rate moves one entry per route, not one per flow. (Virtual time of fair queueing: Demers, Keshav & Shenker,
 * SIGCOMM 1989.)
 */
export class FluidNetwork implements Network {
  readonly bytes: Float64Array;
  readonly busySeconds: Float64Array;
  nextSeconds = Number.POSITIVE_INFINITY;
  /** Called by `settle`; costs nothing where it is not set. */
  onLoad: LoadObserver | undefined = undefined;
  private readonly routes = new RouteTable();
  private readonly shares: MaxMinShares;
  private readonly completions = new IndexedHeap();
  private now = 0;
  // Per link.
  private readonly bytesPerSecond: Float64Array;
  private readonly latencySeconds: Float64Array;
  private readonly messageSeconds: Float64Array;
  /** How many routes have flows on it, and since when one has. */
  private readonly busyRoutes: Int32Array;
  private readonly busySince: Float64Array;
  // Per route.
  private latency = new Float64Array(16);
  private overheadBytes = new Float64Array(16);
  /** Its flows: a heap by what the clock shows when they end. */
  private root = new Int32Array(16);
  private weight = new Int32Array(16);
  /** Bytes that the clock shows, when it showed that, and bytes per second since. */
  private clock = new Float64Array(16);
  private clockAt = new Float64Array(16);
  private clockRate = new Float64Array(16);
  /** Routes of which flows have come or gone since the last `settle`. */
  private touched = new Int32Array(16);
  private isTouched = new Uint8Array(16);
  private touchedCount = 0;
  // Per flow: a slot that is used again when the message has arrived.
  private readonly heaps = new FlowHeaps();
  private stamps = 0;
  /** Messages on their way to join: a heap by time. */
  private joining = -1;
  private transferOf = new Int32Array(64);
  private routeOf = new Int32Array(64);
  private payload = new Float64Array(64);
  private state = new Uint8Array(64);
  private free = new Int32Array(64);
  private freeCount = 0;
  private slots = 0;
  /** Per transfer: its flow, or −1. */
  private flowOf = new Int32Array(64).fill(-1);
  /** Flows that have arrived and are to be handed out, in the order in which they joined. */
  private arrivals = new Int32Array(64);
  private arrivalsHead = 0;
  private arrivalsTail = 0;

  constructor(links: readonly ClusterLink[]) {
    this.bytesPerSecond = Float64Array.from(links, (link) => link.model.bytesPerSecond.value);
    this.latencySeconds = Float64Array.from(links, (link) => link.model.latencySeconds.value);
    this.messageSeconds = Float64Array.from(links, (link) => link.model.messageSeconds?.value ?? 0);
    this.shares = new MaxMinShares(this.bytesPerSecond);
    this.bytes = new Float64Array(links.length);
    this.busySeconds = new Float64Array(links.length);
    this.busyRoutes = new Int32Array(links.length);
    this.busySince = new Float64Array(links.length);
  }

  addRoute(links: Int32Array): number {
    const route = this.routes.add(links);
    if (route < this.shares.classes) return route;
    this.shares.addClass(links);
    if (route === this.root.length) this.growRoutes(2 * route);
    this.completions.reserve(route + 1);
    this.root[route] = -1;
    let latency = 0;
    let overhead = 0;
    for (const link of links) {
      latency += this.latencySeconds[link]!;
      overhead = Math.max(overhead, this.messageSeconds[link]! * this.bytesPerSecond[link]!);
    }
    this.latency[route] = latency;
    this.overheadBytes[route] = overhead;
    return route;
  }

  send(transfer: number, route: number, bytes: number, now: number): void {
    const flow = this.newFlow();
    if (transfer >= this.flowOf.length) {
      const known = this.flowOf.length;
      const longer = new Int32Array(Math.max(transfer + 1, 2 * known));
      this.flowOf = grown(longer, this.flowOf).fill(-1, known);
    }
    invariant(this.flowOf[transfer] === -1, `transfer ${transfer} is under way already`);
    this.flowOf[transfer] = flow;
    this.transferOf[flow] = transfer;
    this.routeOf[flow] = route;
    this.payload[flow] = bytes;
    const latency = this.latency[route]!;
    if (latency === 0) {
      this.join(flow, now);
      return;
    }
    this.state[flow] = WAITING;
    this.joining = this.heaps.add(this.joining, flow, now + latency, this.stamps++);
  }

  cancel(transfer: number, now: number): void {
    const flow = this.flowOf[transfer] ?? -1;
    invariant(flow >= 0, `transfer ${transfer} is not under way`);
    const route = this.routeOf[flow]!;
    if (this.state[flow] === WAITING) this.joining = this.heaps.remove(this.joining, flow);
    else if (this.state[flow] === FLOWING) {
      this.touch(route, now);
      this.meter(route, this.carried(flow));
      this.root[route] = this.heaps.remove(this.root[route]!, flow);
      this.weight[route]!--;
    } else {
      const at = this.arrivals.indexOf(flow, this.arrivalsHead);
      this.arrivals.copyWithin(at, at + 1, this.arrivalsTail--);
    }
    this.release(flow);
  }

  setSpeed(link: number, factor: number): void {
    this.shares.setCapacity(link, factor * this.bytesPerSecond[link]!);
  }

  settle(now: number): void {
    this.now = now;
    const { shares, touched, touchedCount, weight, isTouched } = this;
    for (let k = 0; k < touchedCount; k++) {
      const route = touched[k]!;
      const before = shares.weight[route]!;
      if (weight[route] === before) continue;
      if (before === 0) this.begin(route, now);
      else if (weight[route] === 0) this.end(route, now);
      shares.setWeight(route, weight[route]!);
    }
    shares.solve(this.onLoad === undefined ? undefined : this.reportLoad);
    for (let k = 0; k < shares.changedCount; k++) {
      const route = shares.changed[k]!;
      this.advance(route, now);
      this.clockRate[route] = shares.rate[route]!;
      if (isTouched[route] === 0) this.schedule(route, now);
    }
    for (let k = 0; k < touchedCount; k++) {
      const route = touched[k]!;
      isTouched[route] = 0;
      if (weight[route]! > 0) this.schedule(route, now);
      else {
        this.clockRate[route] = 0;
        this.completions.remove(route);
      }
    }
    this.touchedCount = 0;
    if (this.arrivalsHead < this.arrivalsTail) this.nextSeconds = now;
    else {
      const join = this.joining < 0 ? Number.POSITIVE_INFINITY : this.heaps.key[this.joining]!;
      this.nextSeconds = Math.min(join, this.completions.firstKey);
    }
  }

  arrived(now: number): number {
    if (this.arrivalsHead === this.arrivalsTail) {
      this.arrivalsHead = 0;
      this.arrivalsTail = 0;
      if (now < this.nextSeconds) return -1;
      this.completeAll(now);
      this.joinAll(now);
      if (this.arrivalsTail === 0) return -1;
    }
    const flow = this.arrivals[this.arrivalsHead++]!;
    const transfer = this.transferOf[flow]!;
    this.release(flow);
    return transfer;
  }

  /** Accounts for all up to `now`, which is the end. */
  close(now: number): void {
    for (let route = 0; route < this.routes.links.length; route++) {
      if (this.weight[route] === 0) continue;
      this.advance(route, now);
      this.heaps.forEach(this.root[route]!, (flow) => this.meter(route, this.carried(flow)));
    }
    for (let link = 0; link < this.busyRoutes.length; link++) {
      if (this.busyRoutes[link]! > 0) this.busySeconds[link]! += now - this.busySince[link]!;
      this.busySince[link] = now;
    }
  }

  /** Bytes per second that a transfer has since the last `settle`; 0 where it does not flow. */
  rateOf(transfer: number): number {
    const flow = this.flowOf[transfer] ?? -1;
    return flow >= 0 && this.state[flow] === FLOWING ? this.clockRate[this.routeOf[flow]!]! : 0;
  }

  private join(flow: number, now: number): void {
    const route = this.routeOf[flow]!;
    const size = this.payload[flow]! + this.overheadBytes[route]!;
    const stamp = this.stamps++;
    if (size === 0) {
      this.heaps.stamp[flow] = stamp;
      this.arrive(flow);
      return;
    }
    this.touch(route, now);
    if (this.weight[route]!++ === 0) this.clock[route] = 0;
    this.state[flow] = FLOWING;
    this.root[route] = this.heaps.add(this.root[route]!, flow, this.clock[route]! + size, stamp);
  }

  private joinAll(now: number): void {
    const { heaps } = this;
    while (this.joining >= 0 && heaps.key[this.joining]! <= now) {
      const flow = this.joining;
      this.joining = heaps.removeFirst(flow);
      this.join(flow, now);
    }
  }

  private completeAll(now: number): void {
    const { completions } = this;
    while (completions.length > 0) {
      const route = completions.first;
      const early = completions.firstKey - now;
      if (early > 0 && early * this.clockRate[route]! > REST * this.size(this.root[route]!)) return;
      completions.remove(route);
      this.touch(route, now);
      this.complete(route);
    }
  }

  /** The first flow of a route is complete, and others of which nothing worth mentioning is left. */
  private complete(route: number): void {
    const { heaps } = this;
    let flow = this.root[route]!;
    do {
      this.clock[route] = heaps.key[flow]!;
      this.meter(route, this.payload[flow]!);
      this.weight[route]!--;
      const next = heaps.removeFirst(flow);
      this.arrive(flow);
      flow = next;
    } while (flow >= 0 && heaps.key[flow]! - this.clock[route]! <= REST * this.size(flow));
    this.root[route] = flow;
  }

  private arrive(flow: number): void {
    this.state[flow] = ARRIVED;
    if (this.arrivalsTail === this.arrivals.length) {
      this.arrivals = grown(new Int32Array(2 * this.arrivalsTail), this.arrivals);
    }
    const { arrivals, arrivalsHead } = this;
    const { stamp } = this.heaps;
    const own = stamp[flow]!;
    let at = this.arrivalsTail++;
    // Completions come in this order but for those that rounding has parted.
    for (; at > arrivalsHead && stamp[arrivals[at - 1]!]! > own; at--) arrivals[at] = arrivals[at - 1]!;
    arrivals[at] = flow;
  }

  /** Flows of the route come or go at `now`. */
  private touch(route: number, now: number): void {
    this.advance(route, now);
    if (this.isTouched[route] === 1) return;
    this.isTouched[route] = 1;
    this.touched[this.touchedCount++] = route;
  }

  private advance(route: number, now: number): void {
    this.clock[route]! += this.clockRate[route]! * (now - this.clockAt[route]!);
    this.clockAt[route] = now;
  }

  /** Notes when the route completes its next flow. */
  private schedule(route: number, now: number): void {
    this.advance(route, now);
    const rate = this.clockRate[route]!;
    const flow = this.root[route]!;
    const left = Math.max(this.heaps.key[flow]! - this.clock[route]!, 0);
    if (rate > 0) this.completions.set(route, now + left / rate, this.heaps.stamp[flow]!);
    else this.completions.remove(route);
  }

  private size(flow: number): number {
    return this.payload[flow]! + this.overheadBytes[this.routeOf[flow]!]!;
  }

  /** Bytes of its message that a flow has carried; its route's clock shows now. */
  private carried(flow: number): number {
    const route = this.routeOf[flow]!;
    const left = (this.heaps.key[flow]! - this.clock[route]!) / this.size(flow);
    return this.payload[flow]! * Math.min(1, Math.max(0, 1 - left));
  }

  private meter(route: number, bytes: number): void {
    const links = this.routes.links[route]!;
    for (let hop = 0; hop < links.length; hop++) this.bytes[links[hop]!]! += bytes;
  }

  private begin(route: number, now: number): void {
    const links = this.routes.links[route]!;
    for (let hop = 0; hop < links.length; hop++) {
      const link = links[hop]!;
      if (this.busyRoutes[link]!++ === 0) this.busySince[link] = now;
    }
  }

  private end(route: number, now: number): void {
    const links = this.routes.links[route]!;
    for (let hop = 0; hop < links.length; hop++) {
      const link = links[hop]!;
      if (--this.busyRoutes[link]! === 0) this.busySeconds[link]! += now - this.busySince[link]!;
    }
  }

  private readonly reportLoad = (link: number): void => {
    this.onLoad!(link, this.now, this.shares.used[link]!, this.shares.flows[link]!);
  };

  private newFlow(): number {
    if (this.freeCount > 0) return this.free[--this.freeCount]!;
    const flow = this.slots++;
    if (flow === this.state.length) this.growFlows(2 * flow);
    return flow;
  }

  private release(flow: number): void {
    this.flowOf[this.transferOf[flow]!] = -1;
    this.free[this.freeCount++] = flow;
  }

  private growFlows(capacity: number): void {
    this.heaps.reserve(capacity);
    this.transferOf = grown(new Int32Array(capacity), this.transferOf);
    this.routeOf = grown(new Int32Array(capacity), this.routeOf);
    this.payload = grown(new Float64Array(capacity), this.payload);
    this.state = grown(new Uint8Array(capacity), this.state);
    this.free = grown(new Int32Array(capacity), this.free);
  }

  private growRoutes(capacity: number): void {
    this.latency = grown(new Float64Array(capacity), this.latency);
    this.overheadBytes = grown(new Float64Array(capacity), this.overheadBytes);
    this.root = grown(new Int32Array(capacity), this.root);
    this.weight = grown(new Int32Array(capacity), this.weight);
    this.clock = grown(new Float64Array(capacity), this.clock);
    this.clockAt = grown(new Float64Array(capacity), this.clockAt);
    this.clockRate = grown(new Float64Array(capacity), this.clockRate);
    this.touched = grown(new Int32Array(capacity), this.touched);
    this.isTouched = grown(new Uint8Array(capacity), this.isTouched);
  }
}
