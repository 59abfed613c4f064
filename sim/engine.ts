// Hot file: see bench/sim.bench.ts. All state is in typed arrays, indexed by activity = an activity of a loop.
import { invariant } from '../base/errors.ts';
import { formatSeconds } from '../base/units.ts';
import type { Cluster } from '../devices/cluster.ts';
import { complete, startStep } from '../graph/walk.ts';
import { Action } from './activity-graph.ts';
import { ActivityStates, State } from './activity-states.ts';
import { Checkpoints } from './checkpoints.ts';
import { blockedActivities, DeadlockError, lostForGood } from './deadlock.ts';
import { DeviceUseMeter } from './device-use.ts';
import type { Change } from './disturbances/disturbances.ts';
import { EventQueue } from './event-queue.ts';
import { Exchanges } from './exchanges.ts';
import { FailureReach } from './failure-reach.ts';
import { GradientTally } from './gradient-tally.ts';
import { HostDispatch } from './host-dispatch.ts';
import { MemoryMeter } from './memory-meter.ts';
import { makeNetwork } from './network/index.ts';
import type { Network } from './network/network.ts';
import { Patience } from './patience.ts';
import { criticalPathPriorities } from './priorities.ts';
import { PriorityLines } from './priority-lines.ts';
import type { Program, ProgramLoop } from './program.ts';
import { Recorder } from './recorder.ts';
import { type CheckpointPolicy, type Loss, NO_CHECKPOINTS } from './recovery.ts';
import { SharedState } from './shared-state.ts';
import { SharedStreams } from './shared-streams.ts';
import type { Simulation, SimulationOptions } from './simulation.ts';
import { StragglerTally } from './straggler-tally.ts';
import { StreamLines } from './stream-lines.ts';
import { Row } from './trace.ts';
import { Transfers } from './transfers.ts';

/** Kinds of events; `a` is an activity (or, to start a loop, its number), `b` the loop's epoch. */
const DONE = 0;
/** An op that waited on its stream for its host's dispatch begins. */
const BEGIN = 1;
const START_LOOP = 2;
/** An op of a shared stream has been launched. */
const LAUNCHED = 3;
/** The next op of a shared stream is done: `a` is the stream, `b` what was foretold. */
const SHARE_DONE = 4;
/** The flows of an exchange begin: `a` is the exchange, `b` its epoch. */
const EXCHANGE = 5;

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
  private readonly states: ActivityStates;
  private readonly queue = new EventQueue();
  private readonly network: Network;
  private readonly transfers: Transfers;
  private readonly exchanges: Exchanges;
  private readonly use: DeviceUseMeter;
  private readonly recorder: Recorder;
  private readonly memory: MemoryMeter | undefined;
  private now = 0;
  private events = 0;

  // Per activity.
  private readonly loopOf: Int32Array;
  private readonly state: Uint8Array;
  private readonly pending: Int32Array;
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

  /** Activities before streams, where they are not served by priority. */
  private readonly lines: StreamLines;
  private readonly priorityLines: PriorityLines | undefined;
  private shared: SharedState;
  /** Per device: factor on the durations of what starts now. */
  private readonly scale: Float64Array;
  private readonly deviceFactor: Float64Array | undefined;

  private readonly dispatch: HostDispatch | undefined;
  /** Streams whose ops share their device. */
  private readonly sharing: SharedStreams | undefined;

  // Failures.
  private change: Change | undefined;
  private reach: FailureReach | undefined;
  private readonly policy: CheckpointPolicy;
  private readonly checkpoints: Checkpoints;
  private readonly patience = new Patience();
  /** Iterations of each loop before the job last started from a checkpoint. */
  private readonly iterationsBefore: Int32Array;
  /** Per activity: 1 + the token for which its gradient was accepted; kept where failures may repeat a step. */
  private readonly delivered: Int32Array | undefined;
  private readonly losses: Loss[] = [];
  private stopped: string | undefined;

  private readonly updateSeconds: number[] = [];
  private readonly gradients: GradientTally;
  private readonly stragglers: StragglerTally | undefined;

  constructor(program: Program, cluster: Cluster, options: SimulationOptions) {
    const { loops } = program;
    this.program = program;
    this.cluster = cluster;
    this.options = options;
    this.policy = options.checkpoints ?? NO_CHECKPOINTS;
    this.checkpoints = new Checkpoints(this.policy);
    this.states = new ActivityStates(loops);
    const { count } = this.states;
    this.base = this.states.base;
    this.loopOf = this.states.loopOf;
    this.state = this.states.state;
    const deviceCount = cluster.devices.length;
    this.use = new DeviceUseMeter(deviceCount);
    this.recorder = new Recorder(count, cluster.links.length, options.record);
    const recorded = options.record === undefined ? undefined : this.recorder.loads;
    const transfers = count + Exchanges.flowsOf(program, cluster);
    this.network = makeNetwork(options.network ?? 'fluid', cluster.links, transfers, recorded);
    this.exchanges = new Exchanges({
      program,
      cluster,
      network: this.network,
      queue: this.queue,
      eventKind: EXCHANGE,
      base: this.base,
      activities: count,
    });
    this.transfers = new Transfers({
      loops,
      cluster,
      states: this.states,
      network: this.network,
      use: this.use,
      copyEngines: options.copyEngines,
      atOnce: (activity, now) => this.queue.push(now, DONE, activity, this.epoch[this.loopOf[activity]!]!),
    });
    this.memory = options.memory === true ? new MemoryMeter(program, cluster) : undefined;
    this.pending = new Int32Array(count);
    this.completesStep = new Uint8Array(count);
    this.readyQueue = new Int32Array(count + 1);
    this.readyNodes = new Int32Array(Math.max(0, ...loops.map(({ activities }) => activities.count)));
    this.iteration = new Int32Array(loops.length).fill(-1);
    this.iterationsBefore = new Int32Array(loops.length);
    this.remaining = new Int32Array(loops.length);
    this.factor = new Float64Array(loops.length).fill(1);
    this.token = new Int32Array(loops.length);
    this.tokenFrom = new Int32Array(loops.length).fill(-1);
    this.epoch = new Int32Array(loops.length);
    this.startsAt = new Float64Array(loops.length);
    this.startCause = new Int32Array(loops.length).fill(-1);
    this.lines = new StreamLines(program.streamWidth, count);
    if (options.readyPolicy === 'critical-path') {
      this.priorityLines = new PriorityLines(program.streamWidth, criticalPathPriorities(program, cluster));
    }
    this.shared = new SharedState(program);
    this.gradients = new GradientTally(program);
    if (options.stragglers === true) this.stragglers = new StragglerTally(program, this.base, this.use);
    this.deviceFactor = options.disturbances?.deviceFactor;
    this.scale = this.deviceFactor?.slice() ?? new Float64Array(deviceCount).fill(1);
    const { sharedLaunchSeconds } = program;
    if (sharedLaunchSeconds?.some((seconds) => seconds >= 0)) {
      this.sharing = new SharedStreams(sharedLaunchSeconds, count, this.queue, SHARE_DONE);
    }
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
    this.followRecording();
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
      const canMove = next < Number.POSITIVE_INFINITY || this.transfers.underWay > 0;
      if (canMove && changeAt <= next && changeAt < Number.POSITIVE_INFINITY) {
        this.now = Math.max(this.now, changeAt);
        this.applyChange(this.change!);
        this.startReady();
        if (this.stopped !== undefined) break;
        continue;
      }
      if (next === Number.POSITIVE_INFINITY) {
        this.stopped = lostForGood(this.losses, this.now);
        if (this.stopped !== undefined) break;
        const blocked = blockedActivities(this.program, this.cluster, this.states, this.pending, [
          ...this.shared.waiting(),
          ...this.exchanges.waiting(this.state),
        ]);
        throw new DeadlockError(this.now, blocked);
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
      if (transfer < this.states.count) this.transferDone(transfer);
      else {
        const exchange = this.exchanges.arrived(transfer);
        if (exchange >= 0) this.exchangeDone(exchange);
      }
      this.startReady();
      if (this.updateSeconds.length >= updates) return true;
    }
    return true;
  }

  /** Whether the event counts. */
  private handle(kind: number, a: number, epoch: number): boolean {
    if (kind === SHARE_DONE) return this.shareDone(a, epoch);
    if (kind === EXCHANGE) {
      if (!this.exchanges.isCurrent(a, epoch)) return false;
      if (this.exchanges.begin(a, this.now)) this.exchangeDone(a);
      return true;
    }
    const l = kind === START_LOOP ? a : this.loopOf[a]!;
    if (epoch !== this.epoch[l]) return false;
    if (kind === START_LOOP) this.startIteration(l, this.startCause[l]!);
    else if (kind === LAUNCHED) this.sharing!.join(this.lineOf(a, l), a, this.now);
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
    this.checkpoints.noteWritten(now);
    return {
      seconds: now,
      updateSeconds: Float64Array.from(this.updateSeconds),
      trace: this.recorder.trace,
      linkLoads: this.recorder.loads,
      recorded: { from: this.recorder.from, until: Math.min(this.recorder.until, now) },
      deviceUse: this.use,
      linkBytes: network.bytes,
      linkBusySeconds: network.busySeconds,
      transferBytes: this.transfers.bytes,
      gradientsApplied: this.gradients.applied,
      gradientsDropped: this.gradients.dropped.reduce((sum, count) => sum + count, 0),
      droppedByLoop: this.gradients.dropped,
      staleness: this.gradients.staleness,
      stragglers: this.stragglers?.times(),
      memory: this.memory?.finish(now),
      losses: this.losses,
      checkpointsWritten: this.checkpoints.written,
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
    this.stragglers?.begin(l, this.now);
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
        this.enqueue(activity, l);
        return;
      case Action.accumulatorApply:
        this.stragglers?.come(activity, this.now);
        this.enqueue(activity, l);
        return;
      case Action.transfer:
        this.begin(l, node);
        if (this.recorder.on) {
          const to = loop.device[activities.pairs.to[activities.subject[node]!]!]!;
          this.record(Row.transfer, activity, to, Number.POSITIVE_INFINITY, activities.amount[node]!);
        }
        this.transfers.start(activity, l, this.now);
        return;
      case Action.delay:
        this.begin(l, node);
        this.state[activity] = State.delayed;
        if (this.recorder.on) this.record(Row.node, activity, -1, this.now + activities.amount[node]!, 0);
        this.queue.push(this.now + activities.amount[node]!, DONE, activity, this.epoch[l]!);
        return;
      case Action.exchange:
        this.meet(this.resource(loop, node), activity);
        return;
      case Action.clockWait:
        if (!this.shared.waitForClock(this.resource(loop, node), loop.loop.replica, activity)) return;
        this.stragglers?.begin(l, this.now);
        break;
      case Action.accumulatorTake:
        if (this.shared.take(this.resource(loop, node), activity)) this.enqueue(activity, l);
        return;
      case Action.tokenDequeue: {
        const queue = this.resource(loop, node);
        const token = this.shared.dequeue(queue, activity);
        if (token === undefined) return;
        this.token[l] = token;
        this.tokenFrom[l] = queue;
        this.stragglers?.begin(l, this.now);
        break;
      }
      case Action.read:
        this.gradients.read(l, this.resource(loop, node));
        break;
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
    if (action === Action.clockTick) {
      for (const waiting of this.shared.tick(this.resource(loop, node), loop.loop.replica)) {
        if (this.recorder.on) this.recorder.wait(waiting, activity);
        this.ready(waiting);
      }
    }
    this.finish(activity, l);
  }

  /** A rank is at its exchange; with the last one, all begin. */
  private meet(exchange: number, activity: number): void {
    const { exchanges, states } = this;
    this.state[activity] = State.forRanks;
    this.stragglers?.come(activity, this.now);
    if (!exchanges.arrive(exchange)) return;
    this.stragglers?.meet(exchange, exchanges.members[exchange]!, states.loopOf, this.now);
    const { seconds } = exchanges.times[exchange]!;
    for (const member of exchanges.members[exchange]!) {
      const l = states.loopOf[member]!;
      const node = member - this.base[l]!;
      const device = this.deviceOf(this.program.loops[l]!, node);
      this.state[member] = State.exchanging;
      this.begin(l, node);
      if (seconds > 0) this.use.addTransfer(device, this.now, 1);
      if (!this.recorder.on) continue;
      if (member !== activity) this.recorder.wait(member, activity);
      this.record(Row.exchange, member, device, Number.POSITIVE_INFINITY, exchanges.bytes(exchange));
    }
    exchanges.start(exchange, this.now);
  }

  private exchangeDone(exchange: number): void {
    const { exchanges, states } = this;
    const { seconds } = exchanges.times[exchange]!;
    exchanges.end(exchange);
    for (const member of exchanges.members[exchange]!) {
      const l = states.loopOf[member]!;
      const device = this.deviceOf(this.program.loops[l]!, member - this.base[l]!);
      if (seconds > 0) this.use.addTransfer(device, this.now, -1);
      this.recorder.finish(member, this.now);
      this.finish(member, l);
    }
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

  /** Stream of what occupies one. */
  private lineOf(activity: number, l: number): number {
    const { activities, stream } = this.program.loops[l]!;
    return stream[activities.subject[activity - this.base[l]!]!]!;
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
      this.update(loop, l, node);
    }
    this.use.addOp(device, this.now, 1);
    // What an accumulator had from this worker before a failure is not added to it again.
    if (again) this.memory?.start(l, node, this.now);
    else this.begin(l, node);
    if (this.sharing !== undefined) {
      const line = loop.stream[activities.subject[node]!]!;
      if (this.sharing.isShared(line)) {
        // When it will be done depends on the others.
        if (this.recorder.on) this.record(Row.node, activity, device, Number.POSITIVE_INFINITY, 0);
        const launched = this.now + this.sharing.launch(line, activity, seconds);
        this.queue.push(launched, LAUNCHED, activity, this.epoch[l]!);
        return;
      }
    }
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

  /** An op of a shared stream is done, if what was foretold still holds; whether it does. */
  private shareDone(stream: number, foretold: number): boolean {
    const activity = this.sharing!.take(stream, foretold, this.now);
    if (activity < 0) return false;
    this.recorder.finish(activity, this.now);
    this.opDone(activity, this.loopOf[activity]!);
    return true;
  }

  /** Notes the new version of a variable. */
  private update(loop: ProgramLoop, l: number, node: number): void {
    const variable = this.resource(loop, node);
    const sum = loop.sum?.[node] ?? -1;
    if (sum < 0 && loop.loop.replica >= 0) this.gradients.update(l, variable);
    else this.gradients.updateBySum(variable, sum < 0 ? -1 : loop.resource[sum]!);
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
    const accumulator = this.resource(loop, activity - this.base[l]!);
    const outcome = this.shared.accumulator(accumulator).apply(token);
    this.completesStep[activity] = outcome === 'completed' ? 1 : 0;
    if (outcome !== 'dropped') {
      this.gradients.accept(l, accumulator);
      this.stragglers?.accept(l, activity);
      return true;
    }
    this.gradients.drop(l);
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

  private transferDone(activity: number): void {
    const l = this.loopOf[activity]!;
    this.transfers.arrive(activity, l, this.now);
    this.recorder.finish(activity, this.now);
    this.finish(activity, l);
    this.transfers.releaseEngines(activity, l, this.now);
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
    this.stragglers?.end(l, this.now);
    let start = this.now;
    if (this.program.loops[l]!.loop.countsUpdates) {
      this.updateSeconds.push(this.now);
      const update = this.updateSeconds.length;
      this.options.onUpdate?.(update, this.now);
      this.followRecording();
      this.patience.afterUpdate(update);
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
    this.stopped = this.patience.bear(change.kind, this.now);
    if (this.stopped !== undefined) return;
    switch (change.kind) {
      case 'device-speed':
        invariant(change.factor > 0, `device ${change.device} at ${change.factor} times its speed`);
        this.scale[change.device] = (this.deviceFactor?.[change.device] ?? 1) / change.factor;
        return;
      case 'link-speed':
        this.network.setSpeed(change.link, change.factor, this.now);
        return;
      case 'failure':
        this.fail(change.devices, change.what, change.repairSeconds);
    }
  }

  /**
   * Devices are lost with all that ran on them. Where variables go with them, the job goes back to its last checkpoint;
   * else only the loops that they stop begin their step again when they are back, and the others go on as far as they can.
   * A gradient counts from when its accumulator begins to add it, even if its worker is lost meanwhile.
   */
  private fail(devices: readonly number[], what: string, repairSeconds: number): void {
    const { detectSeconds, restartSeconds, restoreSeconds } = this.policy;
    const { loops } = this.program;
    this.reach ??= new FailureReach(this.program);
    const { restarts, loops: hit } = this.reach.of(devices);
    const downSeconds = detectSeconds + repairSeconds + restartSeconds + (restarts ? restoreSeconds : 0);
    const complete: number[] = [];
    for (const l of hit) this.abortLoop(l, complete);
    let updatesLost = 0;
    let lostSince = this.now;
    if (restarts) {
      const { updates, savedAt } = this.checkpoints.restore(this.now);
      updatesLost = this.updateSeconds.length - updates;
      lostSince = savedAt;
      this.updateSeconds.length = updates;
      this.shared = new SharedState(this.program);
      this.gradients.forgetSums();
      this.stragglers?.forget();
      this.iterationsBefore.set(this.iteration);
      for (let l = 0; l < loops.length; l++) this.iterationsBefore[l]!++;
      this.delivered!.fill(0);
      this.followRecording();
    } else {
      for (const activity of complete) {
        const l = this.loopOf[activity]!;
        this.releaseSum(this.resource(loops[l]!, activity - this.base[l]!), activity);
      }
    }
    const outcome = restarts ? 'restarted' : 'continued';
    this.losses.push({ seconds: this.now, what, outcome, updatesLost, lostSince, downSeconds });
    const back = this.now + downSeconds;
    for (const l of hit) {
      // A loop that another failure keeps down longer starts when that is over.
      this.startsAt[l] = Math.max(this.startsAt[l]!, back);
      if (this.startsAt[l]! < Number.POSITIVE_INFINITY) {
        this.queue.push(this.startsAt[l]!, START_LOOP, l, this.epoch[l]!);
      }
    }
    if (restarts && back === Number.POSITIVE_INFINITY) {
      this.stopped = `${what} failed at ${formatSeconds(this.now)} and is not repaired; the variables that it held are lost`;
    }
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
    this.transfers.leaveLines(from, to);
    if (this.sharing !== undefined) {
      for (const line of new Set(stream)) this.sharing.remove(line, from, to, this.now);
    }
    for (let activity = from; activity < to; activity++) {
      const node = activity - from;
      const state = this.state[activity];
      if (this.completesStep[activity] === 1) complete.push(activity);
      this.state[activity] = State.idle;
      this.completesStep[activity] = 0;
      this.pending[activity] = 0;
      if (state === State.idle || state === State.inLine) continue;
      if (state === State.forRanks) {
        this.exchanges.leave(this.resource(loop, node));
        continue;
      }
      if (state === State.exchanging) this.giveUpExchange(this.resource(loop, node), activity);
      if (state !== State.forDispatch && this.recorder.on) {
        this.recorder.lose(activity, this.now);
        this.startCause[l] = activity;
      }
      if (state === State.occupying || state === State.forDispatch) {
        const line = stream[activities.subject[node]!]!;
        if (state === State.occupying) this.use.addOp(this.program.streamDevice[line]!, this.now, -1);
        this.leaveStream(line, activity);
      } else if (state! >= State.forFirstEngine && state! <= State.onNetwork) {
        this.transfers.abort(activity, l, state!, this.now);
      }
    }
    this.memory?.abort(l, this.now);
    const queue = this.tokenFrom[l]!;
    if (queue >= 0) this.shared.giveBack(queue, this.token[l]!);
    this.tokenFrom[l] = -1;
  }

  /** `activity` leaves an exchange that is under way: the other ranks are as before it, until they are given up too. */
  private giveUpExchange(exchange: number, activity: number): void {
    const { exchanges, states } = this;
    exchanges.cancel(exchange, this.now);
    for (const member of exchanges.members[exchange]!) {
      const l = states.loopOf[member]!;
      const node = member - this.base[l]!;
      if (exchanges.times[exchange]!.seconds > 0)
        this.use.addTransfer(this.deviceOf(this.program.loops[l]!, node), this.now, -1);
      if (member === activity) continue;
      this.state[member] = State.forRanks;
      if (this.recorder.on) this.recorder.lose(member, this.now);
    }
    exchanges.leave(exchange);
  }

  private followRecording(): void {
    const changed = this.recorder.afterUpdates(this.updateSeconds.length, this.now);
    if (changed) this.memory?.setRecording(this.recorder.on, this.now);
  }

  private record(kind: number, activity: number, place: number, end: number, bytes: number): void {
    const l = this.loopOf[activity]!;
    const node = activity - this.base[l]!;
    this.recorder.add(kind, activity, l, this.iteration[l]!, node, place, this.now, end, bytes);
  }
}
