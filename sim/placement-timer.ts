// Hot file: searches for placements call it a hundred thousand times. See bench/placement.

import { invariant } from '../base/errors.ts';
import type { Cluster } from '../devices/cluster.ts';
import type { CostModel } from '../devices/cost-model.ts';
import { graphWork } from '../graph/cost.ts';
import type { Graph } from '../graph/graph.ts';
import { isInPlace } from '../graph/ops/collective.ts';
import { byteCount } from '../graph/tensor-spec.ts';
import { Action } from './activity-graph.ts';
import { actionOf } from './compile.ts';
import { CopyEngines } from './copy-engines.ts';
import { EventQueue } from './event-queue.ts';
import { makeNetwork, type NetworkKind } from './network/index.ts';
import { StreamLines } from './stream-lines.ts';

export interface PlacementTimerOptions {
  readonly network?: NetworkKind;
  /** Per device: seconds of its host to dispatch one op. */
  readonly dispatchSeconds?: Float64Array;
  /** Per device; 0 where they are not modelled. */
  readonly copyEngines?: Int32Array;
}

const TIMED: ReadonlySet<number> = new Set([Action.compute, Action.instant, Action.read, Action.update]);
const NONE = -1;

/** Whether `PlacementTimer` knows all ops of a graph: those of a step that needs no other step. */
export const canTimePlacements = (graph: Graph): boolean =>
  graphWork(graph).every((work, node) => TIMED.has(actionOf(graph, node, work)));

/**
 * Times one step of a graph under one placement after another, on an idle cluster, first ready first served: compiled
 * once, no allocation per placement but the network's. For each placement it is
 *
 *     simulate(compilePlan(singleLoopPlan(partition(graph, devices, placement)), cluster, costModel), cluster,
 *       { network, dispatchSeconds, copyEngines, memory: true })
 *
 * to the last bit, times and peaks alike, because all happens in the engine's order, ties included; a test holds the two
 * together. Nobody keeps a trace.
 */
export class PlacementTimer {
  /** Of the last placement, per device: most bytes live at once, variables included. */
  readonly peakBytes: Float64Array;
  /** Of the last placement, per device: seconds in which it computed. */
  readonly computeSeconds: Float64Array;
  /** Of the last placement, per link (one direction): seconds in which it carried something. */
  linkBusySeconds: Float64Array = new Float64Array(0);
  /** Of the last placement: bytes that crossed between devices. */
  transferBytes = 0;

  private readonly graph: Graph;
  private readonly cluster: Cluster;
  private readonly kind: NetworkKind;
  private readonly devices: number;
  /** `[node * devices + device]` */
  private readonly nodeSeconds: Float64Array;
  private readonly action: Uint8Array;
  private readonly tensorBytes: Float64Array;
  /** Per node: bytes of the variable that it is. */
  private readonly residentBytes: Float64Array;
  /** Per tensor: 0 holds nothing, 1 has memory of its own, 2 is in that of the input `holderInput`. */
  private readonly holding: Uint8Array;
  private readonly holderInput: Int32Array;

  // Per pair of devices, from * devices + to.
  private readonly routes: readonly (Int32Array | undefined)[];
  private readonly routeOf: Int32Array;
  private readonly firstEngine: Int32Array;
  private readonly secondEngine: Int32Array;
  private readonly engineLines: StreamLines | undefined;

  // Of one placement: nodes 0 … n − 1, then Send n + 2t and Recv n + 2t + 1 of transfer t.
  private device: Int32Array = new Int32Array(0);
  private factors: Float64Array | undefined;
  private transfers = 0;
  private readonly transferTensor: Int32Array;
  private readonly transferFrom: Int32Array;
  private readonly transferTo: Int32Array;
  private readonly transferSize: Float64Array;
  /** `[tensor (then control source) * devices + to]`: its transfer, where `met` says that it is of this placement. */
  private readonly transferAt: Int32Array;
  private readonly met: Int32Array;
  private placements = 0;
  private readonly inputSlot: Int32Array;
  private readonly controlFrom: Int32Array;
  private readonly pending: Int32Array;
  private readonly successorStart: Int32Array;
  private readonly successor: Int32Array;
  private readonly cursor: Int32Array;

  // Of the clockwork.
  private readonly queue = new EventQueue();
  private readonly free: Int32Array;
  private readonly head: Int32Array;
  private readonly tail: Int32Array;
  /** Who is behind an activity in line. */
  private readonly behind: Int32Array;
  private readonly ready: Int32Array;
  private readonly dispatch: Float64Array | undefined;
  private readonly hostFreeAt: Float64Array;
  private readonly enabledAt: Float64Array;
  private readonly dispatchedAt: Float64Array;
  private readonly begun: Uint8Array;

  // Memory: per slot (tensors, then what transfers delivered), the slot whose block holds it, and reads to come.
  private readonly block: Int32Array;
  private readonly readsLeft: Int32Array;
  private readonly live: Float64Array;

  constructor(graph: Graph, cluster: Cluster, costModel: CostModel, options: PlacementTimerOptions = {}) {
    const { nodeCount: n, tensorCount, input, inputStart, control } = graph;
    const D = cluster.devices.length;
    const work = graphWork(graph);
    this.graph = graph;
    this.cluster = cluster;
    this.kind = options.network ?? 'fluid';
    this.devices = D;
    this.action = Uint8Array.from(work, (w, node) => actionOf(graph, node, w));
    invariant(
      this.action.every((action) => TIMED.has(action)),
      'PlacementTimer is of single steps',
    );
    this.nodeSeconds = new Float64Array(n * D);
    for (let node = 0; node < n; node++) {
      for (let d = 0; d < D; d++)
        this.nodeSeconds[node * D + d] = costModel(work[node]!, cluster.devices[d]!.model);
    }
    this.tensorBytes = Float64Array.from(graph.spec, byteCount);
    this.residentBytes = Float64Array.from({ length: n }, (_, node) =>
      graph.op[node] === 'Variable' ? this.tensorBytes[graph.outputStart[node]!]! : 0,
    );
    this.holding = new Uint8Array(tensorCount);
    this.holderInput = new Int32Array(tensorCount).fill(NONE);
    for (let node = 0; node < n; node++) {
      const first = inputStart[node]!;
      const passesOn = this.action[node] === Action.instant && inputStart[node + 1]! > first;
      const inPlace = isInPlace(graph.op[node]!, graph.attrs[node]!);
      for (let t = graph.outputStart[node]!; t < graph.outputStart[node + 1]!; t++) {
        if (graph.op[node] === 'Variable' || graph.row[node]!.changes !== undefined) continue;
        this.holding[t] = passesOn || inPlace ? 2 : this.tensorBytes[t]! > 0 ? 1 : 0;
        this.holderInput[t] = inPlace ? first + t - graph.outputStart[node]! : first;
      }
    }

    const engines = options.copyEngines?.some((count) => count > 0)
      ? new CopyEngines(options.copyEngines, cluster)
      : undefined;
    const pairs = D * D;
    this.firstEngine = new Int32Array(pairs).fill(NONE);
    this.secondEngine = new Int32Array(pairs).fill(NONE);
    this.routes = Array.from({ length: pairs }, (_, pair) => {
      const [from, to] = [Math.floor(pair / D), pair % D];
      if (from === to) return undefined;
      if (engines !== undefined) {
        this.firstEngine[pair] = engines.first(from, to);
        this.secondEngine[pair] = engines.second(from, to);
      }
      return cluster.route(from, to);
    });
    this.routeOf = new Int32Array(pairs);

    const mostTransfers = input.length + control.length;
    const activities = n + 2 * mostTransfers;
    this.engineLines = engines && new StreamLines(engines.width, activities);
    this.transferTensor = new Int32Array(mostTransfers);
    this.transferFrom = new Int32Array(mostTransfers);
    this.transferTo = new Int32Array(mostTransfers);
    this.transferSize = new Float64Array(mostTransfers);
    this.transferAt = new Int32Array((tensorCount + n) * D);
    this.met = new Int32Array((tensorCount + n) * D);
    this.inputSlot = new Int32Array(input.length);
    this.controlFrom = new Int32Array(control.length);
    this.pending = new Int32Array(activities);
    this.successorStart = new Int32Array(activities + 1);
    this.successor = new Int32Array(input.length + control.length + 2 * mostTransfers);
    this.cursor = new Int32Array(activities + 1);

    this.free = new Int32Array(D);
    this.head = new Int32Array(D);
    this.tail = new Int32Array(D);
    this.behind = new Int32Array(activities);
    this.ready = new Int32Array(activities + 1);
    this.dispatch = options.dispatchSeconds?.some((seconds) => seconds > 0)
      ? options.dispatchSeconds
      : undefined;
    this.hostFreeAt = new Float64Array(D);
    this.enabledAt = new Float64Array(activities);
    this.dispatchedAt = new Float64Array(activities);
    this.begun = new Uint8Array(activities);

    this.block = new Int32Array(tensorCount + mostTransfers);
    this.readsLeft = new Int32Array(tensorCount + mostTransfers);
    this.live = new Float64Array(D);
    this.peakBytes = new Float64Array(D);
    this.computeSeconds = new Float64Array(D);
  }

  /**
   * Seconds of one step under a placement (a device per node); the columns above are its, until the next call.
   * `factors`: how many times as long each node takes.
   */
  seconds(placement: Int32Array, factors?: Float64Array): number {
    this.device = placement;
    this.factors = factors;
    this.cut();
    this.layOutMemory();
    return this.run();
  }

  /** Sends, Recvs and what waits for what: as `partition` has them. */
  private cut(): void {
    const {
      graph,
      device,
      devices: D,
      inputSlot,
      controlFrom,
      pending,
      successorStart,
      successor,
      cursor,
    } = this;
    const { nodeCount: n, tensorCount, input, inputStart, control, controlStart, producer } = graph;
    this.transfers = 0;
    this.placements++;
    this.transferBytes = 0;
    for (let node = 0; node < n; node++) {
      const to = device[node]!;
      for (let e = inputStart[node]!; e < inputStart[node + 1]!; e++) {
        const tensor = input[e]!;
        const from = producer[tensor]!;
        inputSlot[e] =
          device[from] === to ? tensor : tensorCount + this.transferOf(tensor * D + to, tensor, from, to);
      }
      for (let e = controlStart[node]!; e < controlStart[node + 1]!; e++) {
        const from = control[e]!;
        controlFrom[e] =
          device[from] === to
            ? from
            : n + 2 * this.transferOf((tensorCount + from) * D + to, NONE, from, to) + 1;
      }
    }
    const count = n + 2 * this.transfers;
    pending.fill(0, 0, count);
    successorStart.fill(0, 0, count + 1);
    for (let node = 0; node < n; node++) {
      const first = inputStart[node]!;
      const firstControl = controlStart[node]!;
      pending[node] = inputStart[node + 1]! - first + controlStart[node + 1]! - firstControl;
      for (let e = first; e < inputStart[node + 1]!; e++) successorStart[this.sourceOf(inputSlot[e]!) + 1]!++;
      for (let e = firstControl; e < controlStart[node + 1]!; e++) successorStart[controlFrom[e]! + 1]!++;
    }
    for (let t = 0; t < this.transfers; t++) {
      pending[n + 2 * t] = 1;
      pending[n + 2 * t + 1] = 1;
      successorStart[this.transferFrom[t]! + 1]!++;
      successorStart[n + 2 * t + 1]!++;
    }
    for (let i = 0; i < count; i++) {
      successorStart[i + 1]! += successorStart[i]!;
      cursor[i] = successorStart[i]!;
    }
    for (let node = 0; node < n; node++) {
      for (let e = inputStart[node]!; e < inputStart[node + 1]!; e++) {
        successor[cursor[this.sourceOf(inputSlot[e]!)]!++] = node;
      }
      for (let e = controlStart[node]!; e < controlStart[node + 1]!; e++) {
        successor[cursor[controlFrom[e]!]!++] = node;
      }
    }
    for (let t = 0; t < this.transfers; t++) {
      successor[cursor[this.transferFrom[t]!]!++] = n + 2 * t;
      successor[cursor[n + 2 * t]!++] = n + 2 * t + 1;
    }
  }

  private sourceOf(slot: number): number {
    const { tensorCount, nodeCount, producer } = this.graph;
    return slot < tensorCount ? producer[slot]! : nodeCount + 2 * (slot - tensorCount) + 1;
  }

  private transferOf(key: number, tensor: number, from: number, to: number): number {
    if (this.met[key] === this.placements) return this.transferAt[key]!;
    const t = this.transfers++;
    this.met[key] = this.placements;
    this.transferAt[key] = t;
    this.transferTensor[t] = tensor;
    this.transferFrom[t] = from;
    this.transferTo[t] = to;
    const size = tensor < 0 ? 0 : this.tensorBytes[tensor]!;
    this.transferSize[t] = size;
    this.transferBytes += size;
    return t;
  }

  /** Which block holds what, and how often it will be read: as `memoryTemplate` has it. */
  private layOutMemory(): void {
    const { graph, device, block, readsLeft, live, peakBytes, holding, holderInput, inputSlot } = this;
    const { nodeCount: n, tensorCount, inputStart, outputStart } = graph;
    live.fill(0);
    readsLeft.fill(0, 0, tensorCount + this.transfers);
    for (let t = 0; t < this.transfers; t++)
      block[tensorCount + t] = this.transferSize[t]! > 0 ? tensorCount + t : NONE;
    for (let node = 0; node < n; node++) {
      live[device[node]!]! += this.residentBytes[node]!;
      for (let e = inputStart[node]!; e < inputStart[node + 1]!; e++) {
        const held = block[inputSlot[e]!]!;
        if (held !== NONE) readsLeft[held]!++;
      }
      for (let t = outputStart[node]!; t < outputStart[node + 1]!; t++) {
        block[t] = holding[t] === 0 ? NONE : holding[t] === 1 ? t : block[inputSlot[holderInput[t]!]!]!;
      }
    }
    for (let t = 0; t < this.transfers; t++) {
      const tensor = this.transferTensor[t]!;
      if (tensor >= 0 && block[tensor] !== NONE) readsLeft[block[tensor]!]!++;
    }
    peakBytes.set(live);
  }

  private run(): number {
    const { graph, cluster, queue, ready, pending, successorStart, successor, behind, free, head, tail } =
      this;
    const { action, device, devices: D, nodeSeconds, dispatch, begun, engineLines, computeSeconds } = this;
    const { enabledAt, dispatchedAt, hostFreeAt, transferFrom, transferTo, factors } = this;
    const n = graph.nodeCount;
    const count = n + 2 * this.transfers;
    const network = makeNetwork(this.kind, cluster.links, count);
    this.routeOf.fill(NONE);
    // In the order in which the compiled plan has its pairs: rounding in the network may depend on it.
    for (let t = 0; t < this.transfers; t++) {
      const pair = device[transferFrom[t]!]! * D + transferTo[t]!;
      if (this.routeOf[pair] !== NONE) continue;
      const links = this.routes[pair]!;
      this.routeOf[pair] = links.length === 0 ? -2 : network.addRoute(links);
    }
    free.fill(1);
    head.fill(NONE);
    computeSeconds.fill(0);
    hostFreeAt.fill(0);
    enabledAt.fill(0, 0, count);
    const room = ready.length;
    let readyHead = 0;
    let readyTail = 0;
    let left = count;
    let now = 0;

    const finish = (activity: number): void => {
      left--;
      this.endMemory(activity);
      const own =
        activity < n
          ? device[activity]!
          : ((activity - n) & 1) === 1
            ? transferTo[(activity - n) >> 1]!
            : NONE;
      for (let e = successorStart[activity]!, end = successorStart[activity + 1]!; e < end; e++) {
        const next = successor[e]!;
        if (dispatch !== undefined && next < n) {
          const from = own === device[next] ? dispatchedAt[activity]! : now;
          if (from > enabledAt[next]!) enabledAt[next] = from;
        } else if (dispatch !== undefined && now > enabledAt[next]!) enabledAt[next] = now;
        if (--pending[next]! > 0) continue;
        ready[readyTail++] = next;
        if (readyTail === room) readyTail = 0;
      }
    };
    const startOp = (node: number): void => {
      begun[node] = 1;
      this.startMemory(node);
      const seconds = nodeSeconds[node * D + device[node]!]! * (factors === undefined ? 1 : factors[node]!);
      computeSeconds[device[node]!]! += seconds;
      queue.push(now + seconds, 0, node, 0);
    };
    const occupy = (node: number): void => {
      if (dispatch !== undefined && dispatchedAt[node]! > now) queue.push(dispatchedAt[node]!, 0, node, 0);
      else startOp(node);
    };
    const send = (activity: number, pair: number): void => {
      const route = this.routeOf[pair]!;
      if (route < 0) queue.push(now, 0, activity, 0);
      else network.send(activity, route, this.transferSize[(activity - n) >> 1]!, now);
    };
    const takeEngines = (activity: number, pair: number, first: number, second: number): void => {
      if (first >= 0 && !engineLines!.enter(first, activity)) return;
      if (second >= 0 && !engineLines!.enter(second, activity)) return;
      send(activity, pair);
    };
    const passEngine = (line: number): void => {
      const following = engineLines!.leave(line);
      if (following === NONE) return;
      const pair = this.pairOf(following);
      takeEngines(following, pair, NONE, line === this.firstEngine[pair] ? this.secondEngine[pair]! : NONE);
    };
    const arrive = (activity: number): void => {
      finish(activity);
      if (engineLines === undefined) return;
      const pair = this.pairOf(activity);
      if (this.secondEngine[pair]! >= 0) passEngine(this.secondEngine[pair]!);
      if (this.firstEngine[pair]! >= 0) passEngine(this.firstEngine[pair]!);
    };
    const startReady = (): void => {
      while (readyHead !== readyTail) {
        const activity = ready[readyHead++]!;
        if (readyHead === room) readyHead = 0;
        if (activity >= n) {
          this.startMemory(activity);
          if (((activity - n) & 1) === 1) {
            dispatchedAt[activity] = enabledAt[activity]!;
            finish(activity);
            continue;
          }
          const pair = this.pairOf(activity);
          if (engineLines === undefined) send(activity, pair);
          else takeEngines(activity, pair, this.firstEngine[pair]!, this.secondEngine[pair]!);
          continue;
        }
        const kind = action[activity];
        if (kind === Action.instant || kind === Action.read) {
          this.startMemory(activity);
          dispatchedAt[activity] = enabledAt[activity]!;
          finish(activity);
          continue;
        }
        const line = device[activity]!;
        begun[activity] = 0;
        if (dispatch !== undefined) {
          const start = Math.max(hostFreeAt[line]!, enabledAt[activity]!);
          hostFreeAt[line] = start + dispatch[line]!;
          dispatchedAt[activity] = hostFreeAt[line]!;
        }
        if (free[line]! > 0) {
          free[line] = 0;
          occupy(activity);
        } else {
          behind[activity] = NONE;
          if (head[line] === NONE) head[line] = activity;
          else behind[tail[line]!] = activity;
          tail[line] = activity;
        }
      }
    };

    for (let i = 0; i < count; i++) if (pending[i] === 0) ready[readyTail++] = i;
    startReady();
    while (left > 0) {
      network.settle(now);
      const next = Math.min(queue.nextTime, network.nextSeconds);
      invariant(next < Number.POSITIVE_INFINITY, 'a step of a graph without circles does not end');
      now = next;
      while (queue.nextTime === now) {
        queue.pop();
        const activity = queue.a;
        if (activity >= n) arrive(activity);
        else if (begun[activity] === 0) startOp(activity);
        else {
          finish(activity);
          const line = device[activity]!;
          const following = head[line]!;
          if (following === NONE) free[line] = 1;
          else {
            head[line] = behind[following]!;
            occupy(following);
          }
        }
        startReady();
      }
      if (network.nextSeconds > now) continue;
      for (let transfer = network.arrived(now); transfer >= 0; transfer = network.arrived(now)) {
        arrive(transfer);
        startReady();
      }
    }
    network.close(now);
    this.linkBusySeconds = network.busySeconds;
    return now;
  }

  private pairOf(activity: number): number {
    const t = (activity - this.graph.nodeCount) >> 1;
    return this.device[this.transferFrom[t]!]! * this.devices + this.transferTo[t]!;
  }

  /** What an activity allocates when it starts. */
  private startMemory(activity: number): void {
    const { nodeCount: n, tensorCount, outputStart } = this.graph;
    if (activity < n) {
      for (let t = outputStart[activity]!; t < outputStart[activity + 1]!; t++) {
        if (this.holding[t] === 1) this.allocate(this.device[activity]!, this.tensorBytes[t]!);
      }
    } else if (((activity - n) & 1) === 0) {
      const t = (activity - n) >> 1;
      if (this.block[tensorCount + t] !== NONE) this.allocate(this.transferTo[t]!, this.transferSize[t]!);
    }
  }

  private allocate(device: number, bytes: number): void {
    const { live, peakBytes } = this;
    live[device]! += bytes;
    if (live[device]! > peakBytes[device]!) peakBytes[device] = live[device]!;
  }

  /** What nobody will read once an activity is done is freed. */
  private endMemory(activity: number): void {
    const { graph, block, readsLeft, inputSlot } = this;
    const { nodeCount: n, tensorCount, inputStart, outputStart } = graph;
    if (activity < n) {
      for (let e = inputStart[activity]!; e < inputStart[activity + 1]!; e++) {
        const held = block[inputSlot[e]!]!;
        if (held !== NONE && --readsLeft[held]! === 0) this.release(held);
      }
      for (let t = outputStart[activity]!; t < outputStart[activity + 1]!; t++) {
        if (block[t] === t && readsLeft[t] === 0) this.release(t);
      }
    } else if (((activity - n) & 1) === 0) {
      const t = (activity - n) >> 1;
      const tensor = this.transferTensor[t]!;
      if (tensor >= 0) {
        const held = block[tensor]!;
        if (held !== NONE && --readsLeft[held]! === 0) this.release(held);
      }
      const copy = tensorCount + t;
      if (block[copy] === copy && readsLeft[copy] === 0) this.release(copy);
    }
  }

  private release(slot: number): void {
    const { producer, tensorCount } = this.graph;
    const t = slot - tensorCount;
    if (t < 0) this.live[this.device[producer[slot]!]!]! -= this.tensorBytes[slot]!;
    else this.live[this.transferTo[t]!]! -= this.transferSize[t]!;
  }
}
