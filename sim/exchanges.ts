// Hot file: every collective of every step passes here.
import { invariant } from '../base/errors.ts';
import type { Cluster } from '../devices/cluster.ts';
import type { Exchange } from '../graph/exchanges.ts';
import { State } from './activity-states.ts';
import type { EventQueue } from './event-queue.ts';
import { type ExchangeTime, exchangeTime } from './exchange-times.ts';
import type { Network } from './network/network.ts';
import type { Program } from './program.ts';

/** Ranks that a message names. */
const SHOWN_RANKS = 4;

/** What exchanges need of the rest of the engine. */
export interface ExchangeSurroundings {
  readonly program: Program;
  readonly cluster: Cluster;
  readonly network: Network;
  readonly queue: EventQueue;
  /** Kind of the event after which flows begin: its `a` is the exchange, its `b` what `begin` asks for. */
  readonly eventKind: number;
  /** Per loop: its first activity. Transfers of the network from `activities` on are flows of exchanges. */
  readonly base: Int32Array;
  readonly activities: number;
}

/**
 * Exchanges from when the first rank is there until the last byte has arrived: ranks come, wait until all are there, and
 * leave together.
 */
export class Exchanges {
  /** Activities of each exchange, by rank. */
  readonly members: readonly Int32Array[];
  /** Transfers that the network needs numbers for. */
  readonly flowCount: number;
  readonly times: readonly ExchangeTime[];
  private readonly tasks: readonly Exchange[];
  private readonly loops: Program['loops'];
  private readonly network: Network;
  private readonly queue: EventQueue;
  private readonly eventKind: number;
  private readonly firstFlow: Int32Array;
  private readonly exchangeOf: Int32Array;
  private readonly activities: number;
  /** Per flow: its route; −1 within a device. */
  private readonly route: Int32Array;
  /** Per exchange: ranks that are there, flows that have yet to arrive, and how often it was given up. */
  private readonly present: Int32Array;
  private readonly flowsLeft: Int32Array;
  private readonly epoch: Int32Array;
  /** Per flow: 1 while it is under way. */
  private readonly isUnderWay: Uint8Array;

  static flowsOf({ exchanges = [] }: Program, cluster: Cluster): number {
    return exchanges.reduce((sum, exchange) => sum + exchangeTime(exchange, cluster).bytes.length, 0);
  }

  constructor({ program, cluster, network, queue, eventKind, base, activities }: ExchangeSurroundings) {
    this.tasks = program.exchanges ?? [];
    this.loops = program.loops;
    this.times = this.tasks.map((task) => exchangeTime(task, cluster));
    this.members = this.tasks.map(({ members }) =>
      Int32Array.from(members, ({ loop, node }) => base[loop]! + node),
    );
    this.network = network;
    this.queue = queue;
    this.eventKind = eventKind;
    this.activities = activities;
    const count = this.tasks.length;
    this.firstFlow = new Int32Array(count + 1);
    for (const [e, { bytes }] of this.times.entries())
      this.firstFlow[e + 1] = this.firstFlow[e]! + bytes.length;
    this.flowCount = this.firstFlow[count]!;
    this.exchangeOf = new Int32Array(this.flowCount);
    this.route = new Int32Array(this.flowCount).fill(-1);
    for (const [e, { from, to }] of this.times.entries()) {
      const { devices } = this.tasks[e]!.group;
      const first = this.firstFlow[e]!;
      this.exchangeOf.fill(e, first, this.firstFlow[e + 1]);
      for (let f = 0; f < from.length; f++) {
        const links = cluster.route(devices[from[f]!]!, devices[to[f]!]!);
        if (links.length > 0) this.route[first + f] = network.addRoute(links);
      }
    }
    this.present = new Int32Array(count);
    this.flowsLeft = new Int32Array(count);
    this.isUnderWay = new Uint8Array(this.flowCount);
    this.epoch = new Int32Array(count);
  }

  /** A rank is there. Whether it was the last: then `start` is due. */
  arrive(exchange: number): boolean {
    return ++this.present[exchange]! === this.members[exchange]!.length;
  }

  start(exchange: number, now: number): void {
    this.queue.push(
      now + this.times[exchange]!.delaySeconds,
      this.eventKind,
      exchange,
      this.epoch[exchange]!,
    );
  }

  /** Whether the exchange has not been given up since its epoch was `epoch`. */
  isCurrent(exchange: number, epoch: number): boolean {
    return epoch === this.epoch[exchange];
  }

  /** Flows begin. Whether the exchange is over already, as one of no flows is. */
  begin(exchange: number, now: number): boolean {
    const { bytes } = this.times[exchange]!;
    const first = this.firstFlow[exchange]!;
    let left = 0;
    for (let f = 0; f < bytes.length; f++) {
      const route = this.route[first + f]!;
      if (route < 0) continue;
      left++;
      this.isUnderWay[first + f] = 1;
      this.network.send(this.activities + first + f, route, bytes[f]!, now);
    }
    this.flowsLeft[exchange] = left;
    return left === 0;
  }

  /** A flow has arrived; its exchange, if that is over with it, or −1. */
  arrived(transfer: number): number {
    const flow = transfer - this.activities;
    this.isUnderWay[flow] = 0;
    const exchange = this.exchangeOf[flow]!;
    return --this.flowsLeft[exchange]! === 0 ? exchange : -1;
  }

  /** All ranks leave. */
  end(exchange: number): void {
    this.present[exchange] = 0;
  }

  /** A rank that waited for others is there no more. */
  leave(exchange: number): void {
    invariant(this.present[exchange]! > 0, 'nobody is there who could leave');
    this.present[exchange]!--;
  }

  /** An exchange that is under way comes to nothing: its ranks wait for one another again. */
  cancel(exchange: number, now: number): void {
    this.epoch[exchange]!++;
    for (let flow = this.firstFlow[exchange]!; flow < this.firstFlow[exchange + 1]!; flow++) {
      if (this.isUnderWay[flow] === 0) continue;
      this.isUnderWay[flow] = 0;
      this.network.cancel(this.activities + flow, now);
    }
  }

  bytes(exchange: number): number {
    return this.tasks[exchange]!.bytes;
  }

  /** Activities that wait for other ranks, and for which, in words; `state`: per activity. */
  *waiting(state: Uint8Array): Generator<{ readonly activity: number; readonly waitsFor: string }> {
    for (const [e, { group, members }] of this.tasks.entries()) {
      const activities = this.members[e]!;
      const isThere = (activity: number): boolean => state[activity] === State.forRanks;
      const missing = members.filter((_, i) => !isThere(activities[i]!));
      const names = missing
        .slice(0, SHOWN_RANKS)
        .map(({ rank, loop }) => `rank ${rank} (${this.loops[loop]!.loop.name})`);
      if (missing.length > SHOWN_RANKS) names.push(`${missing.length - SHOWN_RANKS} more`);
      const waitsFor = `${names.join(', ')} of group ${group.name}`;
      for (const activity of activities.filter(isThere)) yield { activity, waitsFor };
    }
  }
}
