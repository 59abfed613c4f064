// Hot file: see bench/sim.bench.ts. All state is in typed arrays, indexed by activity = an activity of a loop.
import { invariant } from '../base/errors.ts';
import type { Cluster } from '../devices/cluster.ts';
import { complete, startStep } from '../graph/walk.ts';
import { Action } from './activity-graph.ts';
import { Checkpoints } from './checkpoints.ts';
import { CopyEngines } from './copy-engines.ts';
import { type Blocked, DeadlockError } from './deadlock.ts';
import { DeviceUseMeter } from './device-use.ts';
import type { Change } from './disturbances/disturbances.ts';
import { EventQueue } from './event-queue.ts';
import { GradientTally } from './gradient-tally.ts';
import { HostDispatch } from './host-dispatch.ts';
import { MemoryMeter } from './memory-meter.ts';
import { makeNetwork } from './network/index.ts';
import type { Network } from './network/network.ts';
import { criticalPathPriorities } from './priorities.ts';
import { PriorityLines } from './priority-lines.ts';
import type { Program, ProgramLoop } from './program.ts';
import { Recorder } from './recorder.ts';
import { type CheckpointPolicy, type Loss, NO_CHECKPOINTS } from './recovery.ts';
import { SharedState } from './shared-state.ts';
import type { Simulation, SimulationOptions } from './simulation.ts';
import { StreamLines } from './stream-lines.ts';
import { Row } from './trace.ts';

/** Kinds of events; `a` is an activity (or, to start a loop, its number), `b` the loop's epoch. */
const DONE = 0;
/** An op that waited on its stream for its host's dispatch begins. */
const BEGIN = 1;
const START_LOOP = 2;

/** Through so many failures and changes of speed without an update, a job is given up: it would never end. */
const MOST_FAILURES = 10_000;
const MOST_CHANGES = 1_000_000;

/** Where an activity is. */
const State = {
  idle: 0,
  inLine: 1,
  occupying: 2,
  /** A transfer waits for the first copy engine that it needs, or has that and waits for the second. */
  forFirstEngine: 3,
  forSecondEngine: 4,
  onNetwork: 5,
  delayed: 6,
  /** Holds its stream, but its host has yet to dispatch it. */
  forDispatch: 7,
} as const;

/**
 * Runs a program until its updates are done. Streams compute first ready first served (or by the ready policy);
 * transfers run beside. Nothing depends on wall-clock time or map order: equal inputs give equal traces.
 *
 * @throws DeadlockError when nothing can happen any more before the updates are done, and no failure explains it.
 */
export function simulate(program: Program, cluster: Cluster, options: SimulationOptions = {}): Simulation {
  return new Engine(program, cluster, options).run();
}

class Engine {
  private readonly program: Program;
  private readonly cluster: Cluster;
  private readonly options: SimulationOptions;
  private readonly queue = new EventQueue();
  private readonly network: Network;
  private readonly use: DeviceUseMeter;
  private readonly recorder: Recorder;
  private readonly memory: MemoryMeter | undefined;
  private now = 0;
  private events = 0;

  // Per activity.
  private readonly loopOf: Int32Array;
  private readonly pending: Int32Array;
  private readonly state: Uint8Array;
  private readonly completesStep: Uint8Array;
  /** Activities that became ready at this instant, first come first served; each is there at most once. */
  private readonly readyQueue: Int32Array;
  private readyHead = 0;
  private readyTail = 0;
  private readonly readyNodes: Int32Array;

  // Per loop.
  private readonly base: Int32Array;
  private readonly iteration: Int32Array;
  private readonly remaining: Int32Array;
  private readonly factor: Float64Array;
  private readonly token: Int32Array;
  /** Queue whose token the loop works on; −1 where it works on none. */
  private readonly tokenFrom: Int32Array;
  /** Counts how often the loop was given up: events of earlier epochs are void. */
  private readonly epoch: Int32Array;
  private readonly startsAt: Float64Array;
  /** Per loop that is to start later: the activity that it follows, or −1. */
  private readonly startCause: Int32Array;
  /** Per loop and pair: number of the route; −1 within a device. */
  private readonly route: readonly Int32Array[];
  /** Version of each variable that each loop last read. */
  private readonly readVersion: Int32Array;

  /** Activities before streams, where they are not served by priority. */
  private readonly lines: StreamLines;
  private readonly priorityLines: PriorityLines | undefined;
  private readonly engines: CopyEngines | undefined;
  private readonly engineLines: StreamLines | undefined;
  private shared: SharedState;
  /** Per variable: how often it was updated. */
  private readonly version: Int32Array;
  /** Per device: factor on the durations of what starts now. */
  private readonly scale: Float64Array;
  private readonly deviceFactor: Float64Array | undefined;

  private readonly dispatch: HostDispatch | undefined;

  // Failures.
  private change: Change | undefined;
  private readonly policy: CheckpointPolicy;
  private readonly checkpoints: Checkpoints;
  /** Most updates that there were at once, and what was borne since. */
  private furthest = 0;
  private changesSince = 0;
  private failuresSince = 0;
  /** Iterations of each loop before the job last started from a checkpoint. */
  private readonly iterationsBefore: Int32Array;
  /** Per activity: 1 + the token for which its gradient was accepted; kept where failures may repeat a step. */
  private readonly delivered: Int32Array | undefined;
  private readonly losses: Loss[] = [];
  private stopped: string | undefined;

  private readonly updateSeconds: number[] = [];
  /** Transfers under way. */
  private transfers = 0;
  private transferBytes = 0;
  private readonly gradients = new GradientTally();

  constructor(program: Program, cluster: Cluster, options: SimulationOptions) {
    const { loops } = program;
    this.program = program;
    this.cluster = cluster;
    this.options = options;
    this.policy = options.checkpoints ?? NO_CHECKPOINTS;
    this.checkpoints = new Checkpoints(this.policy);
    this.base = new Int32Array(loops.length + 1);
    let widest = 0;
    for (const [l, { activities }] of loops.entries()) {
      this.base[l + 1] = this.base[l]! + activities.count;
      widest = Math.max(widest, activities.count);
    }
    const count = this.base[loops.length]!;
    const deviceCount = cluster.devices.length;
    this.use = new DeviceUseMeter(deviceCount);
    this.recorder = new Recorder(count, cluster.links.length, options.record !== undefined);
    const recorded = options.record === undefined ? undefined : this.recorder.loads;
    this.network = makeNetwork(options.network ?? 'fluid', cluster.links, count, recorded);
    this.memory = options.memory === true ? new MemoryMeter(program, cluster) : undefined;
    this.loopOf = new Int32Array(count);
    for (let l = 0; l < loops.length; l++) this.loopOf.fill(l, this.base[l], this.base[l + 1]);
    this.pending = new Int32Array(count);
    this.state = new Uint8Array(count);
    this.completesStep = new Uint8Array(count);
    this.readyQueue = new Int32Array(count + 1);
    this.readyNodes = new Int32Array(widest);
    this.iteration = new Int32Array(loops.length).fill(-1);
    this.iterationsBefore = new Int32Array(loops.length);
    this.remaining = new Int32Array(loops.length);
    this.factor = new Float64Array(loops.length).fill(1);
    this.token = new Int32Array(loops.length);
    this.tokenFrom = new Int32Array(loops.length).fill(-1);
    this.epoch = new Int32Array(loops.length);
    this.startsAt = new Float64Array(loops.length);
    this.startCause = new Int32Array(loops.length).fill(-1);
    this.readVersion = new Int32Array(loops.length * program.variableCount);
    this.route = loops.map(({ route }) =>
      Int32Array.from(route, (links) => (links.length === 0 ? -1 : this.network.addRoute(links))),
    );
    this.lines = new StreamLines(program.streamWidth, count);
    if (options.readyPolicy === 'critical-path') {
      this.priorityLines = new PriorityLines(program.streamWidth, criticalPathPriorities(program, cluster));
    }
    if (options.copyEngines?.some((engines) => engines > 0)) {
      this.engines = new CopyEngines(options.copyEngines, cluster);
      this.engineLines = new StreamLines(this.engines.width, count);
    }
    this.shared = new SharedState(program);
    this.version = new Int32Array(program.variableCount);
    this.deviceFactor = options.disturbances?.deviceFactor;
    this.scale = this.deviceFactor?.slice() ?? new Float64Array(deviceCount).fill(1);
    const { dispatchSeconds } = options;
    if (dispatchSeconds?.some((seconds) => seconds > 0))
      this.dispatch = new HostDispatch(dispatchSeconds, count);
    if (options.disturbances?.changes !== undefined) {
      this.delivered = new Int32Array(count);
      this.pullChange();
    }
  }

  run(): Simulation {
    const { queue, network } = this;
    const { updates, loops } = this.program;
    this.setRecording();
    // Speeds given for the beginning hold for what starts then.
    while (this.change !== undefined && this.change.seconds <= 0 && this.change.kind !== 'failure') {
      this.applyChange(this.change);
    }
    for (let l = 0; l < loops.length; l++) this.startIteration(l, -1);
    this.startReady();
    while (this.updateSeconds.length < updates) {
      if (this.priorityLines !== undefined) this.serve(this.priorityLines);
      network.settle(this.now);
      const changeAt = this.change === undefined ? Number.POSITIVE_INFINITY : this.change.seconds;
      const next = Math.min(queue.nextTime, network.nextSeconds);
      // Where nothing is under way, a change moves nothing; transfers may wait for a link to come up again.
      const canMove = next < Number.POSITIVE_INFINITY || this.transfers > 0;
      if (canMove && changeAt <= next && changeAt < Number.POSITIVE_INFINITY) {
        this.now = Math.max(this.now, changeAt);
        this.applyChange(this.change!);
        this.startReady();
        if (this.stopped !== undefined) break;
        continue;
      }
      if (next === Number.POSITIVE_INFINITY) {
        this.stopped = this.whyNothingMoves();
        if (this.stopped === undefined) throw new DeadlockError(this.now, this.blocked());
        break;
      }
      const before = this.now;
      this.now = next;
      // Where all that was due is void, nothing happened now.
      if (!this.drain(updates)) this.now = before;
    }
    return this.result();
  }

  /**
   * Handles all that happens at this instant: what the queue holds first, then what arrives. Returns whether there was
   * anything but events of loops that were given up since.
   */
  private drain(updates: number): boolean {
    const { queue, network, now } = this;
    let happened = false;
    while (queue.nextTime === now) {
      queue.pop();
      this.events++;
      if (this.handle(queue.kind, queue.a, queue.b)) happened = true;
      this.startReady();
      if (this.updateSeconds.length >= updates) return true;
    }
    if (network.nextSeconds > now) return happened;
    for (let transfer = network.arrived(now); transfer >= 0; transfer = network.arrived(now)) {
      this.events++;
      this.transferDone(transfer);
      this.startReady();
      if (this.updateSeconds.length >= updates) return true;
    }
    return true;
  }

  /** Whether the event counts. */
  private handle(kind: number, a: number, epoch: number): boolean {
    const l = kind === START_LOOP ? a : this.loopOf[a]!;
    if (epoch !== this.epoch[l]) return false;
    if (kind === START_LOOP) this.startIteration(l, this.startCause[l]!);
    else if (kind === BEGIN) this.startOp(a, l, this.deviceOf(this.program.loops[l]!, a - this.base[l]!));
    else if (this.state[a] === State.occupying) this.opDone(a, l);
    else if (this.state[a] === State.onNetwork) this.transferDone(a);
    else this.finish(a, l);
    return true;
  }

  private result(): Simulation {
    const { now, network } = this;
    this.use.close(now);
    network.close(now);
    this.recorder.close(now);
    return {
      seconds: now,
      updateSeconds: Float64Array.from(this.updateSeconds),
      trace: this.recorder.trace,
      linkLoads: this.recorder.loads,
      recorded: { from: this.recorder.from, until: Math.min(this.recorder.until, now) },
      deviceUse: this.use,
      linkBytes: network.bytes,
      linkBusySeconds: network.busySeconds,
      transferBytes: this.transferBytes,
      gradientsApplied: this.gradients.applied,
      gradientsDropped: this.gradients.dropped,
      stalenessSum: this.gradients.stalenessSum,
      stalenessMax: this.gradients.stalenessMax,
      memory: this.memory?.finish(now),
      losses: this.losses,
      stopped: this.stopped,
      events: this.events,
    };
  }

  private startIteration(l: number, because: number): void {
    const { activities, loop } = this.program.loops[l]!;
    const iteration = ++this.iteration[l]!;
    this.startsAt[l] = 0;
    this.startCause[l] = -1;
    this.tokenFrom[l] = -1;
    this.factor[l] = this.options.disturbances?.slowdown?.(loop.replica, iteration) ?? 1;
    this.remaining[l] = activities.count;
    const base = this.base[l]!;
    this.dispatch?.begin(base, this.base[l + 1]!, this.now);
    const count = startStep(activities, this.pending, base, this.readyNodes);
    this.addReady(base, count, because);
    if (activities.count === 0) this.iterationDone(l, -1);
  }

  private addReady(base: number, count: number, because: number): void {
    const { readyQueue, readyNodes, recorder } = this;
    for (let i = 0; i < count; i++) {
      const activity = base + readyNodes[i]!;
      readyQueue[this.readyTail++] = activity;
      if (this.readyTail === readyQueue.length) this.readyTail = 0;
      if (recorder.on) recorder.wait(activity, because);
    }
  }

  private startReady(): void {
    const { readyQueue } = this;
    while (this.readyHead !== this.readyTail) {
      const activity = readyQueue[this.readyHead++]!;
      if (this.readyHead === readyQueue.length) this.readyHead = 0;
      this.ready(activity);
    }
  }

  /** All that `activity` depends on is done: start it, or let it wait for what else it needs. */
  private ready(activity: number): void {
    const l = this.loopOf[activity]!;
    const loop = this.program.loops[l]!;
    const { activities } = loop;
    const node = activity - this.base[l]!;
    const action = activities.action[node]!;
    switch (action) {
      case Action.compute:
      case Action.update:
      case Action.accumulatorApply:
        this.enqueue(activity, l);
        return;
      case Action.transfer:
        this.begin(l, node);
        this.startTransfer(activity, l);
        return;
      case Action.delay:
        this.begin(l, node);
        this.state[activity] = State.delayed;
        if (this.recorder.on) this.record(Row.node, activity, -1, this.now + activities.amount[node]!, 0);
        this.queue.push(this.now + activities.amount[node]!, DONE, activity, this.epoch[l]!);
        return;
      case Action.accumulatorTake:
        if (this.shared.take(this.resource(loop, node), activity)) this.enqueue(activity, l);
        return;
      case Action.tokenDequeue: {
        const queue = this.resource(loop, node);
        const token = this.shared.dequeue(queue, activity);
        if (token === undefined) return;
        this.token[l] = token;
        this.tokenFrom[l] = queue;
        break;
      }
      case Action.read: {
        const variable = this.resource(loop, node);
        this.readVersion[l * this.version.length + variable] = this.version[variable]!;
        break;
      }
    }
    this.begin(l, node);
    if (this.recorder.on) this.record(Row.node, activity, this.deviceOf(loop, node), this.now, 0);
    this.dispatch?.pass(activity);
    if (action === Action.tokenEnqueue) {
      const token = this.iteration[l]! + 1 - this.iterationsBefore[l]!;
      const waiting = this.shared.enqueue(this.resource(loop, node), token);
      if (waiting >= 0) {
        if (this.recorder.on) this.recorder.wait(waiting, activity);
        this.ready(waiting);
      }
    }
    this.finish(activity, l);
  }

  private begin(l: number, node: number): void {
    this.memory?.start(l, node, this.now);
    this.options.onStart?.(l, node, this.iteration[l]!, this.now);
  }

  private resource(loop: ProgramLoop, node: number): number {
    return loop.resource[loop.use[node]!]!;
  }

  /** Device of what is no transfer; −1 for what is on none. */
  private deviceOf({ activities, stream }: ProgramLoop, node: number): number {
    const role = activities.subject[node]!;
    return role < 0 ? -1 : this.program.streamDevice[stream[role]!]!;
  }

  /** What happens at this instant is known: streams take up the most urgent. */
  private serve(lines: PriorityLines): void {
    for (let activity = lines.serve(); activity >= 0; activity = lines.serve()) {
      if (this.recorder.on && lines.because >= 0) this.recorder.wait(activity, lines.because);
      this.occupy(activity, this.loopOf[activity]!, lines.line);
    }
  }

  /** Starts an activity on its stream when that has room; else it waits in line. */
  private enqueue(activity: number, l: number): void {
    const { activities, stream } = this.program.loops[l]!;
    const line = stream[activities.subject[activity - this.base[l]!]!]!;
    this.dispatch?.issue(activity, this.program.streamDevice[line]!);
    if (this.priorityLines === undefined && this.lines.enter(line, activity)) {
      this.occupy(activity, l, line);
      return;
    }
    this.state[activity] = State.inLine;
    this.priorityLines?.join(line, activity);
  }

  private occupy(activity: number, l: number, line: number): void {
    const dispatchedAt = this.dispatch?.dispatchedAt[activity] ?? 0;
    if (dispatchedAt > this.now) {
      this.state[activity] = State.forDispatch;
      this.queue.push(dispatchedAt, BEGIN, activity, this.epoch[l]!);
      return;
    }
    this.startOp(activity, l, this.program.streamDevice[line]!);
  }

  private startOp(activity: number, l: number, device: number): void {
    const loop = this.program.loops[l]!;
    const { activities } = loop;
    const node = activity - this.base[l]!;
    const action = activities.action[node]!;
    this.state[activity] = State.occupying;
    let factor = this.scale[device]!;
    if (loop.slowed[activities.subject[node]!] === 1) factor *= this.factor[l]!;
    const opFactor = this.options.disturbances?.opFactor;
    if (opFactor !== undefined) factor *= opFactor(device);
    let seconds = activities.amount[node]! * factor;
    let again = false;
    if (action === Action.accumulatorApply) {
      again = this.wasDelivered(activity, l);
      if (again || !this.offer(activity, l, device)) seconds = 0;
    } else if (action === Action.update) {
      const variable = this.resource(loop, node);
      if (loop.loop.replica >= 0) {
        this.gradients.apply(this.version[variable]! - this.readVersion[l * this.version.length + variable]!);
      }
      this.version[variable]!++;
    }
    this.use.addOp(device, this.now, 1);
    // What an accumulator had from this worker before a failure is not added to it again.
    if (again) this.memory?.start(l, node, this.now);
    else this.begin(l, node);
    const { parts } = activities;
    let end = this.now + seconds;
    if (parts !== undefined) {
      // In turn, so that rounding is that of activities of their own.
      end = this.now;
      for (let p = parts.start[node]!; p < parts.start[node + 1]!; p++) end += parts.amount[p]! * factor;
    }
    if (this.recorder.on) this.record(Row.node, activity, device, end, 0);
    this.queue.push(end, DONE, activity, this.epoch[l]!);
  }

  /** Whether the gradient of this token was offered before its loop failed; if not, it is now. */
  private wasDelivered(activity: number, l: number): boolean {
    if (this.delivered === undefined) return false;
    const token = this.token[l]!;
    const was = this.delivered[activity] === token + 1;
    this.delivered[activity] = token + 1;
    return was;
  }

  /** Offers a gradient to its accumulator; false where it is late, which takes no time. */
  private offer(activity: number, l: number, device: number): boolean {
    const loop = this.program.loops[l]!;
    const token = this.token[l]!;
    const accumulator = this.shared.accumulator(this.resource(loop, activity - this.base[l]!));
    const age = accumulator.step - token;
    const outcome = accumulator.apply(token);
    this.completesStep[activity] = outcome === 'completed' ? 1 : 0;
    if (outcome !== 'dropped') {
      this.gradients.apply(age);
      return true;
    }
    this.gradients.dropped++;
    if (this.recorder.on) this.record(Row.dropped, activity, device, this.now, 0);
    return false;
  }

  private opDone(activity: number, l: number): void {
    const loop = this.program.loops[l]!;
    const node = activity - this.base[l]!;
    const line = loop.stream[loop.activities.subject[node]!]!;
    this.use.addOp(this.program.streamDevice[line]!, this.now, -1);
    if (this.completesStep[activity] === 1) {
      this.completesStep[activity] = 0;
      this.releaseSum(this.resource(loop, node), activity);
    }
    this.finish(activity, l);
    // What became ready at this instant queues behind what was ready before.
    this.leaveStream(line, activity);
  }

  private leaveStream(line: number, activity: number): void {
    if (this.priorityLines !== undefined) {
      this.priorityLines.leave(line, activity);
      return;
    }
    const following = this.lines.leave(line);
    if (following === -1) return;
    if (this.recorder.on) this.recorder.wait(following, activity);
    this.occupy(following, this.loopOf[following]!, line);
  }

  private releaseSum(accumulator: number, because: number): void {
    const taker = this.shared.complete(accumulator);
    if (taker === -1) return;
    if (this.recorder.on) this.recorder.wait(taker, because);
    this.enqueue(taker, this.loopOf[taker]!);
  }

  private startTransfer(activity: number, l: number): void {
    const { activities, device } = this.program.loops[l]!;
    const node = activity - this.base[l]!;
    const pair = activities.subject[node]!;
    const from = device[activities.pairs.from[pair]!]!;
    const to = device[activities.pairs.to[pair]!]!;
    this.transfers++;
    this.use.addTransfer(from, this.now, 1);
    this.use.addTransfer(to, this.now, 1);
    if (this.recorder.on) {
      this.record(Row.transfer, activity, to, Number.POSITIVE_INFINITY, activities.amount[node]!);
    }
    if (this.engines === undefined) {
      this.send(activity, l, node, pair);
      return;
    }
    this.takeEngines(activity, this.engines.first(from, to), this.engines.second(from, to));
  }

  /** Takes the copy engines that are still needed, one after the other, then sends. */
  private takeEngines(activity: number, first: number, second: number): void {
    const lines = this.engineLines!;
    this.state[activity] = State.forFirstEngine;
    if (first >= 0 && !lines.enter(first, activity)) return;
    this.state[activity] = State.forSecondEngine;
    if (second >= 0 && !lines.enter(second, activity)) return;
    const l = this.loopOf[activity]!;
    const node = activity - this.base[l]!;
    this.send(activity, l, node, this.program.loops[l]!.activities.subject[node]!);
  }

  private send(activity: number, l: number, node: number, pair: number): void {
    const route = this.route[l]![pair]!;
    this.state[activity] = State.onNetwork;
    // Within a device nothing moves.
    if (route < 0) this.queue.push(this.now, DONE, activity, this.epoch[l]!);
    else this.network.send(activity, route, this.program.loops[l]!.activities.amount[node]!, this.now);
  }

  private transferDone(activity: number): void {
    const l = this.loopOf[activity]!;
    const { activities, device } = this.program.loops[l]!;
    const node = activity - this.base[l]!;
    const pair = activities.subject[node]!;
    const from = device[activities.pairs.from[pair]!]!;
    const to = device[activities.pairs.to[pair]!]!;
    this.transferBytes += activities.amount[node]!;
    this.transfers--;
    this.use.addTransfer(from, this.now, -1);
    this.use.addTransfer(to, this.now, -1);
    if (this.recorder.on) this.recorder.finish(activity, this.now);
    this.finish(activity, l);
    if (this.engines !== undefined) this.releaseEngines(from, to);
  }

  private releaseEngines(from: number, to: number): void {
    const engines = this.engines!;
    const second = engines.second(from, to);
    if (second >= 0) this.passEngine(second);
    const first = engines.first(from, to);
    if (first >= 0) this.passEngine(first);
  }

  /** Who waited for the engine has it now, and asks for the next that it needs. */
  private passEngine(line: number): void {
    const following = this.engineLines!.leave(line);
    if (following === -1) return;
    const l = this.loopOf[following]!;
    const { activities, device } = this.program.loops[l]!;
    const pair = activities.subject[following - this.base[l]!]!;
    const from = device[activities.pairs.from[pair]!]!;
    const to = device[activities.pairs.to[pair]!]!;
    const isFirst = line === this.engines!.first(from, to);
    this.takeEngines(following, -1, isFirst ? this.engines!.second(from, to) : -1);
  }

  /** The activity is done: its successors may start; its loop may have ended its iteration. */
  private finish(activity: number, l: number): void {
    const loop = this.program.loops[l]!;
    const { activities } = loop;
    const base = this.base[l]!;
    this.state[activity] = State.idle;
    this.memory?.end(l, activity - base, this.now);
    this.dispatch?.done(loop, base, activity - base, this.now);
    const count = complete(activities, this.pending, base, activity - base, this.readyNodes);
    this.addReady(base, count, activity);
    if (--this.remaining[l]! === 0) this.iterationDone(l, activity);
  }

  private iterationDone(l: number, because: number): void {
    let start = this.now;
    if (this.program.loops[l]!.loop.countsUpdates) {
      this.updateSeconds.push(this.now);
      const update = this.updateSeconds.length;
      this.options.onUpdate?.(update, this.now);
      this.setRecording();
      if (update > this.furthest) {
        this.furthest = update;
        this.changesSince = 0;
        this.failuresSince = 0;
      }
      start = this.checkpoints.afterUpdate(update, this.now);
    }
    if (this.updateSeconds.length >= this.program.updates) return;
    if (start === this.now) this.startIteration(l, because);
    else {
      this.startCause[l] = because;
      this.queue.push(start, START_LOOP, l, this.epoch[l]!);
    }
  }

  private pullChange(): void {
    const { done, value } = this.options.disturbances!.changes!.next();
    this.change = done === true ? undefined : value;
  }

  private applyChange(change: Change): void {
    this.events++;
    this.pullChange();
    if (++this.changesSince > MOST_CHANGES || this.failuresSince > MOST_FAILURES) {
      this.stopped = `no update after the ${this.furthest}th until ${this.now} s, through ${this.failuresSince} failures and ${this.changesSince - this.failuresSince} changes of speed`;
      return;
    }
    switch (change.kind) {
      case 'device-speed':
        invariant(change.factor > 0, `device ${change.device} at ${change.factor} times its speed`);
        this.scale[change.device] = (this.deviceFactor?.[change.device] ?? 1) / change.factor;
        return;
      case 'link-speed':
        this.network.setSpeed(change.link, change.factor, this.now);
        return;
      case 'failure':
        this.failuresSince++;
        this.fail(change.devices, change.what, change.repairSeconds);
    }
  }

  /**
   * Devices are lost with all that ran on them. Where they hold variables, the job goes back to its last checkpoint;
   * else only the loops on them begin their step again when they are back, and the others go on as far as they can.
   * A gradient counts from when its accumulator begins to add it, even if its worker is lost meanwhile.
   */
  private fail(devices: readonly number[], what: string, repairSeconds: number): void {
    const { detectSeconds, restartSeconds, restoreSeconds } = this.policy;
    const { loops, residentBytes } = this.program;
    const lost = new Set(devices);
    const restarts = devices.some((device) => (residentBytes?.[device] ?? 0) > 0);
    const hit = loops.flatMap((_, l) => (restarts || this.uses(l, lost) ? [l] : []));
    const downSeconds = detectSeconds + repairSeconds + restartSeconds + (restarts ? restoreSeconds : 0);
    const complete: number[] = [];
    for (const l of hit) this.abortLoop(l, complete);
    let updatesLost = 0;
    if (restarts) {
      const saved = this.checkpoints.restore(this.now);
      updatesLost = this.updateSeconds.length - saved;
      this.updateSeconds.length = saved;
      this.shared = new SharedState(this.program);
      this.iterationsBefore.set(this.iteration);
      for (let l = 0; l < loops.length; l++) this.iterationsBefore[l]!++;
      this.delivered!.fill(0);
      this.setRecording();
    } else {
      for (const activity of complete) {
        const l = this.loopOf[activity]!;
        this.releaseSum(this.resource(loops[l]!, activity - this.base[l]!), activity);
      }
    }
    const outcome = restarts ? 'restarted' : 'continued';
    this.losses.push({ seconds: this.now, what, outcome, updatesLost, downSeconds });
    const back = this.now + downSeconds;
    for (const l of hit) {
      // A loop that another failure keeps down longer starts when that is over.
      this.startsAt[l] = Math.max(this.startsAt[l]!, back);
      if (this.startsAt[l]! < Number.POSITIVE_INFINITY) {
        this.queue.push(this.startsAt[l]!, START_LOOP, l, this.epoch[l]!);
      }
    }
    if (restarts && back === Number.POSITIVE_INFINITY) {
      this.stopped = `${what} failed at ${this.now} s and is not repaired; the variables that it held are lost`;
    }
  }

  /** Whether an activity of the loop runs on one of these devices, or sends from or to it. */
  private uses(l: number, devices: ReadonlySet<number>): boolean {
    const loop = this.program.loops[l]!;
    const { action, subject, pairs } = loop.activities;
    if (!loop.device.some((device) => devices.has(device))) return false;
    return subject.some((of, node) => {
      if (action[node] !== Action.transfer) return devices.has(this.deviceOf(loop, node));
      return devices.has(loop.device[pairs.from[of]!]!) || devices.has(loop.device[pairs.to[of]!]!);
    });
  }

  /**
   * Gives up what a loop has under way. The token that it worked on goes back into its queue. Adds to `complete` the
   * activities that were completing a sum.
   */
  private abortLoop(l: number, complete: number[]): void {
    const loop = this.program.loops[l]!;
    const { activities, stream } = loop;
    const [from, to] = [this.base[l]!, this.base[l + 1]!];
    this.epoch[l]!++;
    this.shared.forget(from, to);
    for (const line of new Set(stream)) (this.priorityLines ?? this.lines).remove(line, from, to);
    for (let line = 0; line < (this.engines?.width.length ?? 0); line++)
      this.engineLines!.remove(line, from, to);
    for (let activity = from; activity < to; activity++) {
      const node = activity - from;
      const state = this.state[activity];
      if (this.completesStep[activity] === 1) complete.push(activity);
      this.state[activity] = State.idle;
      this.completesStep[activity] = 0;
      this.pending[activity] = 0;
      if (state === State.idle || state === State.inLine) continue;
      if (state !== State.forDispatch && this.recorder.on) {
        this.recorder.lose(activity, this.now);
        this.startCause[l] = activity;
      }
      if (state === State.occupying || state === State.forDispatch) {
        const line = stream[activities.subject[node]!]!;
        if (state === State.occupying) this.use.addOp(this.program.streamDevice[line]!, this.now, -1);
        this.leaveStream(line, activity);
      } else if (state! >= State.forFirstEngine && state! <= State.onNetwork) {
        this.abortTransfer(activity, loop, node, state!);
      }
    }
    this.memory?.abort(l, this.now);
    const queue = this.tokenFrom[l]!;
    if (queue >= 0) this.shared.giveBack(queue, this.token[l]!);
    this.tokenFrom[l] = -1;
  }

  private abortTransfer(
    activity: number,
    { activities, device }: ProgramLoop,
    node: number,
    state: number,
  ): void {
    const pair = activities.subject[node]!;
    const from = device[activities.pairs.from[pair]!]!;
    const to = device[activities.pairs.to[pair]!]!;
    this.transfers--;
    this.use.addTransfer(from, this.now, -1);
    this.use.addTransfer(to, this.now, -1);
    if (state === State.onNetwork && this.route[this.loopOf[activity]!]![pair]! >= 0) {
      this.network.cancel(activity, this.now);
    }
    if (this.engines === undefined) return;
    const first = this.engines.first(from, to);
    const second = this.engines.second(from, to);
    if (second >= 0 && state === State.onNetwork) this.passEngine(second);
    if (first >= 0 && state !== State.forFirstEngine) this.passEngine(first);
  }

  /** Where devices were lost for good, what that means for the job; undefined where none was. */
  private whyNothingMoves(): string | undefined {
    const gone = this.losses.filter(({ downSeconds }) => downSeconds === Number.POSITIVE_INFINITY);
    if (gone.length === 0) return undefined;
    const names = gone.map(({ what }) => what).join(', ');
    return `${names} failed and ${gone.length === 1 ? 'is' : 'are'} not repaired; the others wait for it in vain from ${this.now} s on`;
  }

  private setRecording(): void {
    const { record } = this.options;
    if (record === undefined) return;
    const update = this.updateSeconds.length;
    const wanted = update >= record.from && update < record.to;
    const { recorder } = this;
    if (wanted === recorder.on) return;
    // Failures may undo updates: what was recorded once is not recorded again.
    if (wanted && recorder.until < Number.POSITIVE_INFINITY) return;
    this.memory?.setRecording(wanted, this.now);
    if (!wanted) {
      recorder.stop(this.now);
      return;
    }
    recorder.start(this.now);
  }

  private record(kind: number, activity: number, place: number, end: number, bytes: number): void {
    const l = this.loopOf[activity]!;
    const node = activity - this.base[l]!;
    this.recorder.add(kind, activity, l, this.iteration[l]!, node, place, this.now, end, bytes);
  }

  /** What has not happened and what it waits for, for the deadlock message. */
  private blocked(): Blocked[] {
    const blocked: Blocked[] = [];
    const add = (activity: number, waitsFor: string): void => {
      const l = this.loopOf[activity]!;
      const { loop, activities } = this.program.loops[l]!;
      const node = activity - this.base[l]!;
      const name = `${activities.nameOf(node)} (${activities.kindOf(node)})`;
      blocked.push({ loop: loop.name, activity: name, waitsFor });
    };
    for (const [activity, state] of this.state.entries()) {
      if (state === State.onNetwork) add(activity, this.stuckLink(activity));
    }
    for (const { activity, waitsFor } of this.shared.waiting()) add(activity, waitsFor);
    for (const [activity, count] of this.pending.entries()) {
      if (count > 0) add(activity, `${count} of its inputs`);
    }
    return blocked;
  }

  private stuckLink(activity: number): string {
    const l = this.loopOf[activity]!;
    const { route, activities } = this.program.loops[l]!;
    const names = Array.from(
      route[activities.subject[activity - this.base[l]!]!]!,
      (link) => this.cluster.links[link]!.name,
    );
    return `bandwidth on its route (${names.join(', ')})`;
  }
}
