// Hot file: every transfer passes here. See bench/sim.bench.ts.
import type { Cluster } from '../devices/cluster.ts';
import { type ActivityStates, State } from './activity-states.ts';
import { CopyEngines } from './copy-engines.ts';
import type { DeviceUseMeter } from './device-use.ts';
import type { Network } from './network/network.ts';
import type { ProgramLoop } from './program.ts';
import { StreamLines } from './stream-lines.ts';

/** What transfers need of the rest of the engine. */
export interface TransferSurroundings {
  readonly loops: readonly ProgramLoop[];
  readonly cluster: Cluster;
  readonly states: ActivityStates;
  readonly network: Network;
  readonly use: DeviceUseMeter;
  /** Per device; absent: not modelled. */
  readonly copyEngines: Int32Array | undefined;
  /** Called for a transfer whose route has no links, as within a device: it arrives as soon as it is sent. */
  readonly atOnce: (activity: number, now: number) => void;
}

/**
 * Transfers from when they are ready until they have arrived: they take the copy engines that they need, one after the
 * other, then the network. An activity is under way at most once at a time.
 */
export class Transfers {
  underWay = 0;
  /** Of all transfers that arrived. */
  bytes = 0;
  private readonly loops: readonly ProgramLoop[];
  private readonly states: ActivityStates;
  private readonly network: Network;
  private readonly use: DeviceUseMeter;
  private readonly atOnce: TransferSurroundings['atOnce'];
  /** Per loop and pair: number of the route; −1 where it has no links. */
  private readonly route: readonly Int32Array[];
  private readonly engines: CopyEngines | undefined;
  /** Transfers before copy engines. */
  private readonly lines: StreamLines | undefined;

  constructor({ loops, cluster, states, network, use, copyEngines, atOnce }: TransferSurroundings) {
    this.loops = loops;
    this.states = states;
    this.network = network;
    this.use = use;
    this.atOnce = atOnce;
    this.route = loops.map(({ route }) =>
      Int32Array.from(route, (links) => (links.length === 0 ? -1 : network.addRoute(links))),
    );
    if (copyEngines?.some((engines) => engines > 0)) {
      this.engines = new CopyEngines(copyEngines, cluster);
      this.lines = new StreamLines(this.engines.width, states.count);
    }
  }

  start(activity: number, l: number, now: number): void {
    const { activities, device } = this.loops[l]!;
    const pair = activities.subject[activity - this.states.base[l]!]!;
    const from = device[activities.pairs.from[pair]!]!;
    const to = device[activities.pairs.to[pair]!]!;
    this.underWay++;
    this.use.addTransfer(from, now, 1);
    this.use.addTransfer(to, now, 1);
    if (this.engines === undefined) this.send(activity, l, pair, now);
    else this.takeEngines(activity, this.engines.first(from, to), this.engines.second(from, to), now);
  }

  /** The last byte has arrived. To be followed by `releaseEngines`. */
  arrive(activity: number, l: number, now: number): void {
    const { activities, device } = this.loops[l]!;
    const node = activity - this.states.base[l]!;
    const pair = activities.subject[node]!;
    this.bytes += activities.amount[node]!;
    this.underWay--;
    this.use.addTransfer(device[activities.pairs.from[pair]!]!, now, -1);
    this.use.addTransfer(device[activities.pairs.to[pair]!]!, now, -1);
  }

  /** A transfer that has arrived leaves its copy engines to those that wait for them. */
  releaseEngines(activity: number, l: number, now: number): void {
    if (this.engines !== undefined) this.release(activity, l, State.onNetwork, now);
  }

  /** Those of the activities [from, to) that wait for copy engines do not wait any more. */
  leaveLines(from: number, to: number): void {
    const { engines, lines } = this;
    if (engines === undefined) return;
    for (let line = 0; line < engines.width.length; line++) lines!.remove(line, from, to);
  }

  /** A transfer that was in `state` is given up; `leaveLines` has taken it out of line. */
  abort(activity: number, l: number, state: number, now: number): void {
    const { activities, device } = this.loops[l]!;
    const pair = activities.subject[activity - this.states.base[l]!]!;
    this.underWay--;
    this.use.addTransfer(device[activities.pairs.from[pair]!]!, now, -1);
    this.use.addTransfer(device[activities.pairs.to[pair]!]!, now, -1);
    if (state === State.onNetwork && this.route[l]![pair]! >= 0) this.network.cancel(activity, now);
    if (this.engines !== undefined) this.release(activity, l, state, now);
  }

  /** Takes the copy engines that are still needed, one after the other, then sends. */
  private takeEngines(activity: number, first: number, second: number, now: number): void {
    const { states } = this;
    const lines = this.lines!;
    states.state[activity] = State.forFirstEngine;
    if (first >= 0 && !lines.enter(first, activity)) return;
    states.state[activity] = State.forSecondEngine;
    if (second >= 0 && !lines.enter(second, activity)) return;
    const l = states.loopOf[activity]!;
    this.send(activity, l, this.loops[l]!.activities.subject[activity - states.base[l]!]!, now);
  }

  private send(activity: number, l: number, pair: number, now: number): void {
    const route = this.route[l]![pair]!;
    this.states.state[activity] = State.onNetwork;
    if (route < 0) this.atOnce(activity, now);
    else {
      const { amount } = this.loops[l]!.activities;
      this.network.send(activity, route, amount[activity - this.states.base[l]!]!, now);
    }
  }

  /** Leaves the engines that a transfer in `state` has. */
  private release(activity: number, l: number, state: number, now: number): void {
    const engines = this.engines!;
    const { activities, device } = this.loops[l]!;
    const pair = activities.subject[activity - this.states.base[l]!]!;
    const from = device[activities.pairs.from[pair]!]!;
    const to = device[activities.pairs.to[pair]!]!;
    const second = engines.second(from, to);
    const first = engines.first(from, to);
    if (second >= 0 && state === State.onNetwork) this.passEngine(second, now);
    if (first >= 0 && state !== State.forFirstEngine) this.passEngine(first, now);
  }

  /** Who waited for the engine has it now, and asks for the next that it needs. */
  private passEngine(line: number, now: number): void {
    const following = this.lines!.leave(line);
    if (following === -1) return;
    const l = this.states.loopOf[following]!;
    const { activities, device } = this.loops[l]!;
    const pair = activities.subject[following - this.states.base[l]!]!;
    const from = device[activities.pairs.from[pair]!]!;
    const to = device[activities.pairs.to[pair]!]!;
    const isFirst = line === this.engines!.first(from, to);
    this.takeEngines(following, -1, isFirst ? this.engines!.second(from, to) : -1, now);
  }
}
