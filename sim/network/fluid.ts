// Hot file: every transfer passes here. See bench/network.bench.ts.
import { InternalError, invariant } from '../../base/errors.ts';
import type { ClusterLink } from '../../devices/cluster.ts';
import { idleRoute, overheadBytes } from '../../devices/idle-route.ts';
import { grown } from '../grown.ts';
import { FlowHeaps } from './flow-heaps.ts';
import { FlowSlots } from './flow-slots.ts';
import { MaxMinShares } from './max-min-shares.ts';
import type { Network } from './network.ts';
import { RouteClocks } from './route-clocks.ts';
import { RouteTable } from './routes.ts';

/**
 * A flow of which no more than this share is left when another one ends is complete as well: flows that must end
 * together do so, whatever rounding says.
 */
const REST = 1e-10;

const WAITING = 0;
const FLOWING = 1;
const ARRIVED = 2;

const isAmount = (value: number): boolean => value >= 0 && value < Number.POSITIVE_INFINITY;

/** Told when the load of a link may have changed: from `now` on, `flows` move `bytesPerSecond` together. */
export type LoadObserver = (link: number, now: number, bytesPerSecond: number, flows: number) => void;

/**
 * Fluid network: a message joins the network when the latencies of its route have passed, once, and then flows over
 * all links of the route at the same time (cut-through). Flows share links max-min fair, and a message arrives when its
 * last byte has flowed. One of no bytes arrives when it joins. A link that is down holds its flows.
 *
 * What messages cost besides their bytes counts as bytes of the flow: so many that, where nothing else is under way,
 * they take the largest `messageSeconds` of the route. It is shared as bytes are, but not metered in `bytes`.
 */
export class FluidNetwork implements Network {
  readonly bytes: Float64Array;
  readonly busySeconds: Float64Array;
  nextSeconds = Number.POSITIVE_INFINITY;
  /** Called by `settle`; costs nothing where it is not set. */
  onLoad: LoadObserver | undefined = undefined;
  private readonly links: readonly ClusterLink[];
  private readonly routes = new RouteTable();
  private readonly shares: MaxMinShares;
  private readonly flows = new FlowSlots();
  private readonly heaps = new FlowHeaps();
  private readonly clocks = new RouteClocks(this.heaps);
  /** Numbers messages in the order in which they leave, and again in the order in which they join. */
  private stamps = 0;
  /** Messages on their way to join: a heap by time. */
  private joining = -1;
  /** Messages that have arrived and are to be handed out, in the order in which they joined. */
  private arrivals = new Int32Array(64);
  private arrivalsHead = 0;
  private arrivalsTail = 0;
  // Per link.
  private readonly bytesPerSecond: Float64Array;
  /** How many routes have flows on it, and since when one has. */
  private readonly busyRoutes: Int32Array;
  private readonly busySince: Float64Array;
  // Per route.
  private latency = new Float64Array(16);
  private overheadBytes = new Float64Array(16);
  /** Routes of which flows have come or gone since the last `settle`. */
  private touched = new Int32Array(16);
  private isTouched = new Uint8Array(16);
  private touchedCount = 0;

  constructor(links: readonly ClusterLink[]) {
    this.links = links;
    this.bytesPerSecond = Float64Array.from(links, (link) => link.model.bytesPerSecond.value);
    for (const link of links) {
      const { bytesPerSecond, latencySeconds } = link.model;
      invariant(isAmount(bytesPerSecond.value), `${link.name}: ${bytesPerSecond.value} bytes/s`);
      invariant(isAmount(latencySeconds.value), `${link.name}: a latency of ${latencySeconds.value} s`);
    }
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
    this.clocks.addRoute(route);
    if (route === this.latency.length) this.growRoutes(2 * route);
    const idle = idleRoute(this.links, links);
    this.latency[route] = idle.latencySeconds;
    this.overheadBytes[route] = overheadBytes(idle);
    return route;
  }

  send(transfer: number, route: number, bytes: number, now: number): void {
    const { flows } = this;
    // No invariants: their messages would be made for every transfer.
    if (!isAmount(bytes)) throw new InternalError(`transfer ${transfer}: a message of ${bytes} bytes`);
    if (flows.of(transfer) >= 0) throw new InternalError(`transfer ${transfer} is under way already`);
    const flow = flows.take(transfer);
    this.heaps.reserve(flows.capacity);
    flows.route[flow] = route;
    flows.bytes[flow] = bytes;
    const latency = this.latency[route]!;
    if (latency === 0) {
      this.join(flow, now);
      return;
    }
    flows.state[flow] = WAITING;
    this.joining = this.heaps.add(this.joining, flow, now + latency, this.stamps++);
  }

  cancel(transfer: number, now: number): void {
    const flow = this.flows.of(transfer);
    invariant(flow >= 0, `transfer ${transfer} is not under way`);
    const state = this.flows.state[flow]!;
    if (state === WAITING) this.joining = this.heaps.remove(this.joining, flow);
    else if (state === ARRIVED) {
      const at = this.arrivals.indexOf(flow, this.arrivalsHead);
      this.arrivals.copyWithin(at, at + 1, this.arrivalsTail--);
    } else {
      const route = this.flows.route[flow]!;
      this.meter(route, this.carried(flow, now));
      this.clocks.remove(route, flow, now);
      this.touch(route);
    }
    this.flows.release(flow);
  }

  setSpeed(link: number, factor: number): void {
    invariant(isAmount(factor), `link ${link}: ${factor} times its bandwidth`);
    this.shares.setCapacity(link, factor * this.bytesPerSecond[link]!);
  }

  settle(now: number): void {
    const { shares, clocks, touched, touchedCount, isTouched, onLoad } = this;
    for (let k = 0; k < touchedCount; k++) {
      const route = touched[k]!;
      const before = shares.weight[route]!;
      const flows = clocks.flows[route]!;
      // A route that loses and gets a flow at the same instant keeps its rate, and so do all others.
      if (flows === before) continue;
      if (before === 0) this.occupy(route, now);
      else if (flows === 0) this.vacate(route, now);
      shares.setWeight(route, flows);
    }
    shares.solve(onLoad && ((link) => onLoad(link, now, shares.used[link]!, shares.flows[link]!)));
    const { changed, changedCount, rate } = shares;
    for (let k = 0; k < changedCount; k++) {
      const route = changed[k]!;
      clocks.setRate(route, rate[route]!, now);
      if (isTouched[route] === 0) clocks.schedule(route, now);
    }
    for (let k = 0; k < touchedCount; k++) {
      const route = touched[k]!;
      isTouched[route] = 0;
      if (clocks.flows[route] === 0) clocks.setRate(route, 0, now);
      clocks.schedule(route, now);
    }
    this.touchedCount = 0;
    const join = this.joining < 0 ? Number.POSITIVE_INFINITY : this.heaps.key[this.joining]!;
    const arriving = this.arrivalsHead < this.arrivalsTail;
    this.nextSeconds = arriving ? now : Math.min(join, clocks.nextSeconds);
  }

  arrived(now: number): number {
    if (this.arrivalsHead === this.arrivalsTail) {
      this.arrivalsHead = 0;
      this.arrivalsTail = 0;
      if (now < this.nextSeconds) return -1;
      this.endAll(now);
      this.joinAll(now);
      if (this.arrivalsTail === 0) return -1;
    }
    const flow = this.arrivals[this.arrivalsHead++]!;
    this.flows.release(flow);
    return this.flows.transfer[flow]!;
  }

  /** Accounts for all up to `now`, which is the end. */
  close(now: number): void {
    for (let route = 0; route < this.routes.links.length; route++) {
      this.clocks.forEach(route, (flow) => this.meter(route, this.carried(flow, now)));
    }
    for (let link = 0; link < this.busyRoutes.length; link++) {
      if (this.busyRoutes[link]! > 0) this.busySeconds[link]! += now - this.busySince[link]!;
      this.busySince[link] = now;
    }
  }

  /** Whether a transfer has joined the network and not arrived yet. */
  isFlowing(transfer: number): boolean {
    const flow = this.flows.of(transfer);
    return flow >= 0 && this.flows.state[flow] === FLOWING;
  }

  /** Bytes per second that a transfer has since the last `settle`; 0 where it does not flow. */
  rateOf(transfer: number): number {
    return this.isFlowing(transfer) ? this.clocks.rate[this.flows.route[this.flows.of(transfer)]!]! : 0;
  }

  private join(flow: number, now: number): void {
    const { flows } = this;
    const route = flows.route[flow]!;
    const stamp = this.stamps++;
    const size = this.sizeOf(flow);
    if (size === 0) {
      this.heaps.stamp[flow] = stamp;
      this.arrive(flow);
      return;
    }
    flows.state[flow] = FLOWING;
    this.clocks.add(route, flow, size, stamp, now);
    this.touch(route);
  }

  private joinAll(now: number): void {
    const { heaps } = this;
    while (this.joining >= 0 && heaps.key[this.joining]! <= now) {
      const flow = this.joining;
      this.joining = heaps.removeFirst(flow);
      this.join(flow, now);
    }
  }

  private endAll(now: number): void {
    const { clocks } = this;
    while (clocks.nextSeconds < Number.POSITIVE_INFINITY) {
      const route = clocks.nextRoute;
      const early = clocks.nextSeconds - now;
      if (early > 0 && early * clocks.rate[route]! > REST * this.sizeOf(clocks.first(route))) return;
      let flow = clocks.first(route);
      do {
        clocks.end(route, now);
        this.meter(route, this.flows.bytes[flow]!);
        this.arrive(flow);
        flow = clocks.first(route);
      } while (flow >= 0 && clocks.left(route, flow, now) <= REST * this.sizeOf(flow));
      this.touch(route);
    }
  }

  private arrive(flow: number): void {
    this.flows.state[flow] = ARRIVED;
    if (this.arrivalsTail === this.arrivals.length) {
      this.arrivals = grown(new Int32Array(2 * this.arrivalsTail), this.arrivals);
    }
    const { arrivals, arrivalsHead } = this;
    const { stamp } = this.heaps;
    const own = stamp[flow]!;
    let at = this.arrivalsTail++;
    // They come in this order but for those that rounding has parted.
    for (; at > arrivalsHead && stamp[arrivals[at - 1]!]! > own; at--) arrivals[at] = arrivals[at - 1]!;
    arrivals[at] = flow;
  }

  /** Flows of the route have come or gone. */
  private touch(route: number): void {
    if (this.isTouched[route] === 1) return;
    this.isTouched[route] = 1;
    this.touched[this.touchedCount++] = route;
  }

  /** Bytes that flow: those of the message, and what it costs besides. */
  private sizeOf(flow: number): number {
    return this.flows.bytes[flow]! + this.overheadBytes[this.flows.route[flow]!]!;
  }

  /** Bytes of its message that a flow has carried. */
  private carried(flow: number, now: number): number {
    const left = this.clocks.left(this.flows.route[flow]!, flow, now) / this.sizeOf(flow);
    return this.flows.bytes[flow]! * Math.max(0, 1 - left);
  }

  private meter(route: number, bytes: number): void {
    const links = this.routes.links[route]!;
    for (let hop = 0; hop < links.length; hop++) this.bytes[links[hop]!]! += bytes;
  }

  private occupy(route: number, now: number): void {
    const links = this.routes.links[route]!;
    for (let hop = 0; hop < links.length; hop++) {
      const link = links[hop]!;
      if (this.busyRoutes[link]!++ === 0) this.busySince[link] = now;
    }
  }

  private vacate(route: number, now: number): void {
    const links = this.routes.links[route]!;
    for (let hop = 0; hop < links.length; hop++) {
      const link = links[hop]!;
      if (--this.busyRoutes[link]! === 0) this.busySeconds[link]! += now - this.busySince[link]!;
    }
  }

  private growRoutes(capacity: number): void {
    this.latency = grown(new Float64Array(capacity), this.latency);
    this.overheadBytes = grown(new Float64Array(capacity), this.overheadBytes);
    this.touched = grown(new Int32Array(capacity), this.touched);
    this.isTouched = grown(new Uint8Array(capacity), this.isTouched);
  }
}
