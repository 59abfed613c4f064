// Hot file: see bench/engine.bench.ts. All state is in typed arrays, indexed by activity = a node of a loop.
import type { Cluster } from '../devices/cluster.ts';
import { complete, startStep } from '../graph/walk.ts';
import { Action, type CompiledLoop, type CompiledPlan } from './compile.ts';
import { type Blocked, DeadlockError } from './deadlock.ts';
import { DeviceLines } from './device-lines.ts';
import { DeviceUseMeter } from './device-use.ts';
import { EventQueue } from './event-queue.ts';
import { LinkBars } from './link-bars.ts';
import { StoreAndForwardNetwork, segmentCount } from './network.ts';
import { SharedState } from './shared-state.ts';
import type { Simulation, SimulationOptions } from './simulation.ts';
import { Row, Trace } from './trace.ts';

const OP_DONE = 0;
const SEGMENT = 1;
/** A SEGMENT event packs (hop, segment) into one integer; a message has at most 64 segments. */
const SEGMENT_BITS = 6;

/**
 * Runs a plan until its updates are done. A device computes one node at a time, first ready first served; transfers
 * run beside. Nothing depends on wall-clock time or map order: equal inputs give equal traces.
 *
 * @throws DeadlockError when nothing can happen any more before the updates are done.
 */
export function simulate(
  compiled: CompiledPlan,
  cluster: Cluster,
  options: SimulationOptions = {},
): Simulation {
  return new Engine(compiled, cluster, options).run();
}

class Engine {
  private readonly compiled: CompiledPlan;
  private readonly options: SimulationOptions;
  private readonly queue = new EventQueue();
  private readonly network: StoreAndForwardNetwork;
  private readonly use: DeviceUseMeter;
  private readonly trace = new Trace();
  private recording = false;
  private recordedFrom = 0;
  private recordedUntil = Number.POSITIVE_INFINITY;
  private now = 0;
  private events = 0;

  // Per activity.
  private readonly loopOf: Int32Array;
  private readonly pending: Int32Array;
  private readonly segmentsLeft: Uint8Array;
  private readonly completesStep: Uint8Array;
  private readonly sentAt: Float64Array;
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
  /** Version of each variable that each loop last read. */
  private readonly readVersion: Int32Array;

  private readonly lines: DeviceLines;
  private readonly shared: SharedState;
  /** Per variable: how often it was updated. */
  private readonly version: Int32Array;
  private readonly bars: LinkBars;
  private readonly updateSeconds: number[] = [];
  private transferBytes = 0;
  private gradientsApplied = 0;
  private gradientsDropped = 0;
  private stalenessSum = 0;
  private stalenessMax = 0;

  constructor(compiled: CompiledPlan, cluster: Cluster, options: SimulationOptions) {
    const { loops, plan, variables } = compiled;
    this.compiled = compiled;
    this.options = options;
    this.network = new StoreAndForwardNetwork(cluster.links);
    this.use = new DeviceUseMeter(cluster.devices.length);
    this.base = new Int32Array(loops.length + 1);
    let widest = 0;
    for (const [l, { template }] of loops.entries()) {
      this.base[l + 1] = this.base[l]! + template.nodeCount;
      widest = Math.max(widest, template.nodeCount);
    }
    const activities = this.base[loops.length]!;
    this.loopOf = new Int32Array(activities);
    for (let l = 0; l < loops.length; l++) this.loopOf.fill(l, this.base[l], this.base[l + 1]);
    this.pending = new Int32Array(activities);
    this.segmentsLeft = new Uint8Array(activities);
    this.completesStep = new Uint8Array(activities);
    this.sentAt = new Float64Array(activities);
    this.readyQueue = new Int32Array(activities + 1);
    this.readyNodes = new Int32Array(widest);
    this.iteration = new Int32Array(loops.length).fill(-1);
    this.remaining = new Int32Array(loops.length);
    this.factor = new Float64Array(loops.length).fill(1);
    this.token = new Int32Array(loops.length);
    this.readVersion = new Int32Array(loops.length * variables.length);
    this.lines = new DeviceLines(cluster.devices.length, activities);
    this.shared = new SharedState(plan);
    this.version = new Int32Array(variables.length);
    this.bars = new LinkBars(this.trace, cluster.links.length);
  }

  run(): Simulation {
    const { queue, compiled } = this;
    const { updates } = compiled.plan;
    this.setRecording();
    for (let l = 0; l < compiled.loops.length; l++) this.startIteration(l);
    this.startReady();
    while (this.updateSeconds.length < updates) {
      if (!queue.pop()) throw new DeadlockError(this.now, this.blocked());
      this.now = queue.time;
      this.events++;
      if (queue.kind === OP_DONE) this.opDone(queue.a);
      else this.segmentArrived(queue.a, queue.b >> SEGMENT_BITS, queue.b & ((1 << SEGMENT_BITS) - 1));
      this.startReady();
    }
    this.use.close(this.now);
    this.network.close(this.now);
    this.bars.closeAll();
    return {
      seconds: this.now,
      updateSeconds: Float64Array.from(this.updateSeconds),
      trace: this.trace,
      recorded: { from: this.recordedFrom, until: Math.min(this.recordedUntil, this.now) },
      deviceUse: this.use,
      linkBytes: this.network.bytes,
      linkBusySeconds: this.network.busySeconds,
      transferBytes: this.transferBytes,
      gradientsApplied: this.gradientsApplied,
      gradientsDropped: this.gradientsDropped,
      stalenessSum: this.stalenessSum,
      stalenessMax: this.stalenessMax,
      events: this.events,
    };
  }

  private startIteration(l: number): void {
    const { template, loop } = this.compiled.loops[l]!;
    const iteration = ++this.iteration[l]!;
    this.factor[l] = this.options.slowdown?.(loop.replica, iteration) ?? 1;
    this.remaining[l] = template.nodeCount;
    const count = startStep(template, this.pending, this.base[l]!, this.readyNodes);
    this.addReady(l, count);
  }

  private addReady(l: number, count: number): void {
    const base = this.base[l]!;
    for (let i = 0; i < count; i++) {
      this.readyQueue[this.readyTail++] = base + this.readyNodes[i]!;
      if (this.readyTail === this.readyQueue.length) this.readyTail = 0;
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

  /** All that `activity` depends on in its graph is done: start it, or let it wait for what else it needs. */
  private ready(activity: number): void {
    const l = this.loopOf[activity]!;
    const loop = this.compiled.loops[l]!;
    const node = activity - this.base[l]!;
    const resource = loop.resource[node]!;
    switch (loop.action[node]) {
      case Action.compute:
      case Action.update:
      case Action.accumulatorApply:
        this.enqueue(activity, loop.device[node]!);
        return;
      case Action.accumulatorTake:
        if (this.shared.take(resource, activity)) this.enqueue(activity, loop.device[node]!);
        return;
      case Action.tokenDequeue: {
        const token = this.shared.dequeue(resource, activity);
        if (token === undefined) return;
        this.token[l] = token;
        break;
      }
      case Action.read:
        this.readVersion[l * this.version.length + resource] = this.version[resource]!;
        break;
      case Action.send:
        this.begin(l, node);
        this.startTransfer(activity, loop, node);
        return;
    }
    this.begin(l, node);
    if (this.recording) this.record(Row.node, activity, loop.device[node]!, this.now, this.now, 0);
    if (loop.action[node] === Action.tokenEnqueue) {
      const waiting = this.shared.enqueue(resource, this.iteration[l]! + 1);
      if (waiting >= 0) this.ready(waiting);
    }
    this.finish(l, node);
  }

  private begin(l: number, node: number): void {
    this.options.onStart?.(l, node, this.iteration[l]!, this.now);
  }

  /** Starts an activity on its device when that is idle; else it waits in line. */
  private enqueue(activity: number, device: number): void {
    if (this.lines.isIdle(device)) {
      this.use.setComputing(device, this.now, true);
      this.startOp(activity, device);
    } else this.lines.join(device, activity);
  }

  private startOp(activity: number, device: number): void {
    const l = this.loopOf[activity]!;
    const node = activity - this.base[l]!;
    const loop = this.compiled.loops[l]!;
    let seconds = loop.seconds[node]!;
    if (loop.slowed[node] === 1) seconds *= this.factor[l]!;
    if (loop.action[node] === Action.accumulatorApply) {
      const accumulator = this.shared.accumulator(loop.resource[node]!);
      const age = accumulator.step - this.token[l]!;
      const outcome = accumulator.apply(this.token[l]!);
      this.completesStep[activity] = outcome === 'completed' ? 1 : 0;
      if (outcome === 'dropped') {
        this.gradientsDropped++;
        seconds = 0;
        if (this.recording) this.record(Row.dropped, activity, device, this.now, this.now, 0);
      } else this.gradientApplied(age);
    } else if (loop.action[node] === Action.update) {
      const variable = loop.resource[node]!;
      if (loop.loop.replica >= 0) {
        this.gradientApplied(this.version[variable]! - this.readVersion[l * this.version.length + variable]!);
      }
      this.version[variable]!++;
    }
    const end = this.now + seconds;
    this.lines.occupy(device, activity, end);
    this.begin(l, node);
    if (this.recording) this.record(Row.node, activity, device, this.now, end, 0);
    this.queue.push(end, OP_DONE, activity, 0);
  }

  private gradientApplied(staleness: number): void {
    this.gradientsApplied++;
    this.stalenessSum += staleness;
    if (staleness > this.stalenessMax) this.stalenessMax = staleness;
  }

  private opDone(activity: number): void {
    const l = this.loopOf[activity]!;
    const node = activity - this.base[l]!;
    const loop = this.compiled.loops[l]!;
    const device = loop.device[node]!;
    if (this.completesStep[activity] === 1) {
      this.completesStep[activity] = 0;
      this.releaseSum(loop.resource[node]!);
    }
    this.finish(l, node);
    // What became ready at this instant queues behind what was ready before.
    const following = this.lines.leave(device);
    if (following === -1) {
      this.lines.release(device);
      this.use.setComputing(device, this.now, false);
    } else this.startOp(following, device);
  }

  private releaseSum(accumulator: number): void {
    const taker = this.shared.complete(accumulator);
    if (taker === -1) return;
    const l = this.loopOf[taker]!;
    this.enqueue(taker, this.compiled.loops[l]!.device[taker - this.base[l]!]!);
  }

  private startTransfer(activity: number, loop: CompiledLoop, node: number): void {
    const transfer = (node - loop.template.graph.nodeCount) >> 1;
    const route = loop.route[transfer]!;
    const bytes = loop.template.transferBytes[transfer]!;
    this.sentAt[activity] = this.now;
    this.use.addTransfer(loop.device[node]!, this.now, 1);
    this.use.addTransfer(loop.device[node + 1]!, this.now, 1);
    const segments = segmentCount(bytes, route.length);
    this.segmentsLeft[activity] = segments;
    if (route.length === 0) {
      this.queue.push(this.now, SEGMENT, activity, 0);
      return;
    }
    const arrival = this.network.carry(route[0]!, this.now, bytes, bytes / segments);
    if (this.recording) this.recordService(route[0]!, activity, bytes);
    this.queue.push(arrival, SEGMENT, activity, 1 << SEGMENT_BITS);
  }

  private segmentArrived(activity: number, hop: number, segment: number): void {
    const l = this.loopOf[activity]!;
    const node = activity - this.base[l]!;
    const loop = this.compiled.loops[l]!;
    const transfer = (node - loop.template.graph.nodeCount) >> 1;
    const route = loop.route[transfer]!;
    const bytes = loop.template.transferBytes[transfer]!;
    const segments = segmentCount(bytes, route.length);
    if (hop === 1 && segment + 1 < segments) {
      // The first link serves the message in one go; its segments follow each other, so one at a time is queued.
      const following = this.network.following(route[0]!, this.now, bytes / segments);
      this.queue.push(following, SEGMENT, activity, (1 << SEGMENT_BITS) | (segment + 1));
    }
    if (hop < route.length) {
      const arrival = this.network.carry(route[hop]!, this.now, bytes / segments, bytes / segments);
      if (this.recording) this.recordService(route[hop]!, activity, bytes / segments);
      this.queue.push(arrival, SEGMENT, activity, ((hop + 1) << SEGMENT_BITS) | segment);
      return;
    }
    if (--this.segmentsLeft[activity]! > 0) return;
    this.transferBytes += bytes;
    this.use.addTransfer(loop.device[node]!, this.now, -1);
    this.use.addTransfer(loop.device[node + 1]!, this.now, -1);
    if (this.recording) {
      this.record(Row.transfer, activity, loop.device[node + 1]!, this.sentAt[activity]!, this.now, bytes);
    }
    this.finish(l, node);
  }

  /** The node is done: its successors may start; its loop may have ended its iteration. */
  private finish(l: number, node: number): void {
    const loop = this.compiled.loops[l]!;
    this.addReady(l, complete(loop.template, this.pending, this.base[l]!, node, this.readyNodes));
    if (--this.remaining[l]! > 0) return;
    if (loop.loop.countsUpdates) {
      this.updateSeconds.push(this.now);
      this.options.onUpdate?.(this.updateSeconds.length, this.now);
      this.setRecording();
    }
    if (this.updateSeconds.length < this.compiled.plan.updates) this.startIteration(l);
  }

  private setRecording(): void {
    const { record } = this.options;
    const update = this.updateSeconds.length;
    const before = this.recording;
    this.recording = record !== undefined && update >= record.from && update < record.to;
    if (this.recording === before) return;
    if (!this.recording) {
      this.recordedUntil = this.now;
      return;
    }
    this.recordedFrom = this.now;
    // What is under way is shown from here on.
    this.lines.forEachBusy((device, activity, until) =>
      this.record(Row.node, activity, device, this.now, until, 0),
    );
  }

  private record(
    kind: number,
    activity: number,
    place: number,
    start: number,
    end: number,
    bytes: number,
  ): void {
    const l = this.loopOf[activity]!;
    const node = activity - this.base[l]!;
    this.trace.add(kind, l, this.iteration[l]!, node, place, start, end, bytes);
  }

  private recordService(link: number, activity: number, bytes: number): void {
    const l = this.loopOf[activity]!;
    this.bars.add(link, this.network, l, this.iteration[l]!, activity - this.base[l]!, bytes);
  }

  /** What has not happened and what it waits for, for the deadlock message. */
  private blocked(): Blocked[] {
    const blocked: Blocked[] = [];
    for (const { activity, waitsFor } of this.shared.waiting()) {
      blocked.push({ ...this.place(activity), waitsFor });
    }
    for (const [l, { template }] of this.compiled.loops.entries()) {
      for (let node = 0; node < template.nodeCount; node++) {
        const count = this.pending[this.base[l]! + node]!;
        if (count > 0)
          blocked.push({ ...this.place(this.base[l]! + node), waitsFor: `${count} of its inputs` });
      }
    }
    return blocked;
  }

  private place(activity: number): { loop: CompiledLoop; node: number } {
    const l = this.loopOf[activity]!;
    return { loop: this.compiled.loops[l]!, node: activity - this.base[l]! };
  }
}
