// Hot file: a search rolls a policy out a thousand times over every task of a graph.
import type { RandomStream } from '../../base/random.ts';
import { MemoryLedger } from '../memory-ledger.ts';
import type { Placement } from '../placer.ts';
import type { PlacementProblem } from '../problem.ts';
import { ReadyQueue } from '../ready-queue.ts';
import { clearRows, type Decisions, NEVER, roomFor } from './decisions.ts';
import { type Outlook, outlookOn } from './outlook.ts';
import { FEATURE_COUNT, netScore, type PolicyWeights } from './policy.ts';

/** Which task comes next: that of the highest upward rank, or that which is ready first, as in the white paper's greedy. */
export type TaskOrder = 'rank' | 'ready';

export interface RollOutOptions {
  /** Default: by rank. */
  readonly order?: TaskOrder;
  /** Share of each memory that may be filled; default 1. */
  readonly memoryShare?: number;
  /** Of the same problem. */
  readonly outlook?: Outlook;
}

/** How a roll-out chooses: the likeliest device, or by chance at a temperature (1: the policy's own). */
export interface Sampling {
  readonly random: RandomStream;
  readonly temperature: number;
}

/**
 * Places a problem's tasks one by one in descending upward rank. The first task of a colocation group that comes up
 * decides for the group: each feasible device gets a score, and the softmax of the scores is the policy.
 *
 *     score = −4 · min(6, ΔEFT / τ) − 20 · overflow + NET_SCALE · w2 · tanh(W1 f + b1)
 *
 * ΔEFT is how much later the task would finish than on the soonest device, counting the sends that queue at each
 * device, and how much longer the rest of its group takes there; τ the mean task time; overflow is 1 (up to 2 with the
 * bytes that lack) where the task would not fit. So a network of zeros is list scheduling that knows contention and
 * memory. The score is the same function for each device: a policy serves any number of devices and tasks.
 */
export class RollOut {
  readonly outlook: Outlook;
  readonly placement: Placement;
  private readonly problem: PlacementProblem;
  private readonly finish: Float64Array;
  private readonly bound: Int32Array;
  private readonly available: Float64Array;
  private readonly load: Float64Array;
  /** When the last send of a device is off. */
  private readonly senderFree: Float64Array;
  /** `[tensor * deviceCount + device]`: when a tensor that was sent there arrived; −1: not sent. */
  private readonly arrived: Float64Array;
  private readonly limited: boolean;
  private ledger: MemoryLedger;
  // Of the task in hand, per device.
  private readonly estimate: Float64Array;
  private readonly start: Float64Array;
  private readonly incoming: Float64Array;
  private readonly here: Float64Array;
  private readonly critical: Uint8Array;
  private readonly prior: Float64Array;
  private readonly needs: Float64Array;
  private readonly score: Float64Array;
  private readonly sends: Float64Array;
  private readonly row: Float32Array;
  private readonly pending: Int32Array;
  private readonly readyAt: Float64Array;
  private readonly queue: ReadyQueue;
  private last = 0;
  private sharpness = 1;
  private readonly order: TaskOrder;
  /** Bytes per device that may be filled. */
  private readonly capacity: Float64Array;

  constructor(problem: PlacementProblem, options: RollOutOptions = {}) {
    const { order = 'rank', memoryShare = 1, outlook = outlookOn(problem) } = options;
    const { taskCount, deviceCount: D, groupCount, tensorCount, capacityBytes } = problem;
    this.problem = problem;
    this.order = order;
    this.capacity = problem.capacityBytes.map((bytes) => memoryShare * bytes);
    this.outlook = outlook;
    this.placement = new Int32Array(taskCount);
    this.finish = new Float64Array(taskCount);
    this.bound = new Int32Array(groupCount);
    this.available = new Float64Array(D);
    this.load = new Float64Array(D);
    this.senderFree = new Float64Array(D);
    this.arrived = new Float64Array(tensorCount * D);
    this.limited = capacityBytes.some((bytes) => bytes !== Number.POSITIVE_INFINITY);
    this.ledger = new MemoryLedger(problem);
    this.estimate = new Float64Array(D);
    this.start = new Float64Array(D);
    this.incoming = new Float64Array(D);
    this.here = new Float64Array(D);
    this.critical = new Uint8Array(D);
    this.prior = new Float64Array(D);
    this.needs = new Float64Array(D);
    this.score = new Float64Array(D);
    this.sends = new Float64Array(D);
    this.row = new Float32Array(FEATURE_COUNT * D);
    this.pending = new Int32Array(taskCount);
    this.readyAt = new Float64Array(taskCount);
    this.queue = new ReadyQueue(taskCount);
  }

  /** Room for the decisions of `count` roll-outs, of at most `limit` decisions each. */
  decisions(count: number, limit = this.outlook.decisions): Decisions {
    return roomFor(count, limit, this.problem.deviceCount);
  }

  /**
   * One roll-out. The placement is good until the next one. `record`: writes its decisions as those of the roll-out of
   * this index.
   */
  run(weights: PolicyWeights, sampling?: Sampling, record?: { into: Decisions; at: number }): Placement {
    const { problem, outlook, placement, bound } = this;
    const { taskCount: n, group, feasible } = problem;
    placement.fill(-1);
    this.available.fill(0);
    this.load.fill(0);
    this.senderFree.fill(0);
    this.arrived.fill(-1);
    if (this.limited) this.ledger = new MemoryLedger(problem);
    for (const [g, devices] of feasible.entries()) bound[g] = devices.length === 1 ? devices[0]! : -1;
    let decision = 0;
    const visit = (task: number, at: number): void => {
      const g = group[task]!;
      if (bound[g]! < 0) {
        if (outlook.floats[task] === 1) return;
        this.weigh(task, at);
        const chosen = this.choose(weights, feasible[g]!, sampling);
        if (record !== undefined) this.write(record.into, record.at * record.into.limit + decision, chosen);
        decision++;
        bound[g] = chosen;
      }
      this.assign(task, bound[g]!);
    };
    if (this.order === 'rank') {
      for (let at = 0; at < n; at++) if (placement[outlook.order[at]!]! < 0) visit(outlook.order[at]!, at);
    } else this.inReadyOrder(visit);
    for (let task = 0; task < n; task++) {
      if (placement[task]! < 0)
        placement[task] = bound[group[task]!]! < 0 ? feasible[group[task]!]![0]! : bound[group[task]!]!;
    }
    if (record !== undefined) clearRows(record.into, record.at, decision);
    return placement;
  }

  /** Calls `visit` for task after task, the one that is ready first next (ties: higher rank), as devices take them. */
  private inReadyOrder(visit: (task: number, at: number) => void): void {
    const { problem, finish, placement, pending, readyAt, queue, outlook } = this;
    const { taskCount: n, inputStart, outputStart, readerStart, reader } = problem;
    for (let task = 0; task < n; task++) pending[task] = inputStart[task + 1]! - inputStart[task]!;
    readyAt.fill(0);
    for (let at = 0; at < n; at++) if (pending[outlook.order[at]!] === 0) queue.push(0, at);
    for (let at = 0; queue.length > 0; at++) {
      const task = outlook.order[queue.pop()]!;
      if (placement[task]! < 0) visit(task, at);
      const done = placement[task]! < 0 ? 0 : finish[task]!;
      for (let t = outputStart[task]!; t < outputStart[task + 1]!; t++) {
        for (let r = readerStart[t]!; r < readerStart[t + 1]!; r++) {
          const next = reader[r]!;
          if (done > readyAt[next]!) readyAt[next] = done;
          if (--pending[next]! === 0) queue.push(readyAt[next]!, outlook.place[next]!);
        }
      }
    }
  }

  /** Estimates of the task in hand on each feasible device, and its feature rows. */
  private weigh(task: number, at: number): void {
    const { problem, outlook, estimate, start, needs } = this;
    const { deviceCount: D, group, feasible, seconds } = problem;
    const { work } = outlook;
    const g = group[task]!;
    const devices = feasible[g]!;
    this.prior.fill(NEVER);
    this.row.fill(0);
    let soonest = Number.POSITIVE_INFINITY;
    let first = Number.POSITIVE_INFINITY;
    let best = Number.POSITIVE_INFINITY;
    let fastest = Number.POSITIVE_INFINITY;
    for (const d of devices) {
      this.arrivals(task, d);
      // The rest of the group follows: what it takes longer here counts too.
      estimate[d] = start[d]! + work[g * D + d]!;
      needs[d] = this.limited ? this.needed(task, d) : 0;
      soonest = Math.min(soonest, estimate[d]!);
      first = Math.min(first, start[d]!);
      best = Math.min(best, outlook.optimistic[task * D + d]!);
      fastest = Math.min(fastest, seconds[task * D + d]!);
    }
    let room = 0;
    let idle = 0;
    for (let d = 0; d < D; d++) {
      if (this.limited) room += Math.max(0, this.capacity[d]! - this.ledger.live[d]!);
      if (this.available[d]! <= first) idle++;
    }
    const growth = outlook.growth[at]!;
    for (const d of devices) this.features(task, d, { soonest, best, fastest, room, idle, growth });
  }

  /** When the inputs would have arrived on a device, and how much of that is transfer. Sends queue per sender. */
  private arrivals(task: number, d: number): void {
    const { problem, placement, finish, senderFree, sends, arrived } = this;
    const { deviceCount: D, inputStart, input, producer, bytes, latencySeconds, secondsPerByte } = problem;
    sends.set(senderFree);
    let begin = this.available[d]!;
    let latest = -1;
    let here = 0;
    let critical = 0;
    let incoming = 0;
    const first = inputStart[task]!;
    const end = inputStart[task + 1]!;
    for (let e = first; e < end; e++) {
      const tensor = input[e]!;
      const from = producer[tensor]!;
      const home = placement[from]!;
      if (home < 0) continue;
      let arrival = finish[from]!;
      const isHere = home === d;
      if (isHere) here++;
      if (arrival > latest) {
        latest = arrival;
        critical = isHere ? 1 : 0;
      }
      if (!isHere) {
        const known = arrived[tensor * D + d]!;
        if (known >= 0) arrival = known;
        else {
          const pair = home * D + d;
          const wire = bytes[tensor]! * secondsPerByte[pair]!;
          const off = Math.max(arrival, sends[home]!) + wire;
          sends[home] = off;
          arrival = off + latencySeconds[pair]!;
          incoming += wire + latencySeconds[pair]!;
        }
      }
      if (arrival > begin) begin = arrival;
    }
    this.start[d] = begin;
    this.incoming[d] = incoming;
    this.here[d] = end > first ? here / (end - first) : 0;
    this.critical[d] = critical;
  }

  /** Bytes that a device would need more, with the floating tasks that would come along. */
  private needed(task: number, d: number): number {
    const { problem, outlook, placement, bound } = this;
    const { inputStart, input, producer, bytes, group, feasible } = problem;
    let needs = this.ledger.needs(task, d);
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      const from = producer[input[e]!]!;
      const g = group[from]!;
      if (placement[from]! >= 0 || bound[g]! >= 0 || g === group[task] || !feasible[g]!.includes(d)) continue;
      needs += outlook.groupBytes[g]! - bytes[input[e]!]!;
    }
    return needs;
  }

  private features(
    task: number,
    d: number,
    facts: { soonest: number; best: number; fastest: number; room: number; idle: number; growth: number },
  ): void {
    const { problem, outlook, row, placement, prior } = this;
    const { deviceCount: D, seconds, forward, group, deviceKind } = problem;
    const { unit } = outlook;
    const capacity = this.capacity[d]!;
    const isBounded = capacity !== Number.POSITIVE_INFINITY;
    const live = isBounded ? this.ledger.live[d]! : 0;
    const use = isBounded ? live + this.needs[d]! : 0;
    const overflow = isBounded && use > capacity ? 1 + Math.min(1, use / capacity - 1) : 0;
    const later = Math.min(6, (this.estimate[d]! - facts.soonest) / unit);
    const twin = forward[task]! < 0 ? -1 : placement[forward[task]!]!;
    const chained = outlook.chainedTo[task]!;
    let at = d * FEATURE_COUNT;
    row[at++] = later / 2;
    row[at++] = Math.min(2, (this.start[d]! - this.available[d]!) / (4 * unit));
    row[at++] = Math.min(3, this.incoming[d]! / unit / 2);
    row[at++] = Math.min(3, (this.load[d]! * D) / outlook.total);
    row[at++] = isBounded ? Math.min(2, use / capacity) : 0;
    row[at++] = this.here[d]!;
    const own = seconds[task * D + d]!;
    row[at++] = facts.fastest > 0 ? Math.min(4, Math.log2(own / facts.fastest) / 2) : 0;
    row[at++] = outlook.rank[task]! / outlook.largestRank;
    row[at++] = Math.min(3, outlook.outgoing[task]! / unit / 2);
    row[at++] = twin < 0 ? 0 : twin === d ? 1 : -1;
    row[at++] = Math.min(2, Math.max(0, this.senderFree[d]! - this.available[d]!) / (4 * unit));
    row[at++] = this.critical[d]!;
    row[at++] = overflow > 0 ? 1 : 0;
    row[at++] = 1;
    row[at++] = isBounded ? Math.min(2, outlook.groupBytes[group[task]!]! / capacity) * 4 : 0;
    row[at++] = facts.room > 0 ? Math.min(2, facts.growth / facts.room) : facts.growth > 0 ? 2 : 0;
    row[at++] = isBounded ? Math.min(3, (use + facts.growth / D) / capacity) : 0;
    row[at++] = Math.min(6, (outlook.optimistic[task * D + d]! - facts.best) / unit) / 2;
    row[at++] = chained >= 0 && placement[chained] === d ? 1 : 0;
    row[at++] = deviceKind[d] === 'CPU' ? 0 : 1;
    row[at++] = facts.idle / D;
    row[at++] = Math.max(-2, Math.log(outlook.mean[task]! / unit + 1e-9) / 2);
    row[at++] = Math.max(-2, Math.min(2, Math.log(outlook.communication + 1e-9) / 2));
    prior[d] = -4 * later - 20 * overflow;
  }

  /** The device that is taken; afterwards `score` holds the log-probabilities. */
  private choose(weights: PolicyWeights, devices: readonly number[], sampling: Sampling | undefined): number {
    const { score, row, prior } = this;
    const temperature = sampling?.temperature ?? 1;
    let most = Number.NEGATIVE_INFINITY;
    for (const d of devices) {
      score[d] = (prior[d]! + netScore(weights, row, d * FEATURE_COUNT)) / temperature;
      if (score[d]! > most) most = score[d]!;
    }
    let sum = 0;
    for (const d of devices) sum += Math.exp(score[d]! - most);
    const log = most + Math.log(sum);
    let chosen = devices[0]!;
    if (sampling === undefined) {
      for (const d of devices) if (score[d]! > score[chosen]!) chosen = d;
    } else {
      let left = sampling.random.uniform() * sum;
      for (const d of devices) {
        chosen = d;
        left -= Math.exp(score[d]! - most);
        if (left < 0) break;
      }
    }
    this.last = score[chosen]! - log;
    this.sharpness = 1 / temperature;
    return chosen;
  }

  private write(into: Decisions, decision: number, chosen: number): void {
    const { deviceCount: D } = this.problem;
    into.prior.set(this.prior, decision * D);
    into.features.set(this.row, decision * D * FEATURE_COUNT);
    into.choice[decision] = chosen;
    into.sharpness[decision] = this.sharpness;
    into.logProbability[decision] = this.last;
  }

  private assign(task: number, d: number): void {
    const { problem, outlook, placement, finish, available, bound, arrived, senderFree, load } = this;
    const { deviceCount: D, inputStart, input, producer, bytes, seconds, group, feasible } = problem;
    let begin = available[d]!;
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      const tensor = input[e]!;
      const from = producer[tensor]!;
      if (placement[from]! < 0) {
        const g = group[from]!;
        if (bound[g]! < 0) bound[g] = feasible[g]!.includes(d) ? d : feasible[g]![0]!;
        placement[from] = bound[g]!;
        finish[from] = 0;
        if (this.limited) this.ledger.assign(from, bound[g]!);
      }
      const home = placement[from]!;
      let arrival = finish[from]!;
      if (home !== d) {
        const known = arrived[tensor * D + d]!;
        if (known >= 0) arrival = known;
        else {
          const pair = home * D + d;
          const off = Math.max(arrival, senderFree[home]!) + bytes[tensor]! * problem.secondsPerByte[pair]!;
          senderFree[home] = off;
          arrival = off + problem.latencySeconds[pair]!;
          arrived[tensor * D + d] = arrival;
        }
      }
      if (arrival > begin) begin = arrival;
    }
    placement[task] = d;
    finish[task] = begin + seconds[task * D + d]!;
    available[d] = finish[task]!;
    load[d]! += outlook.mean[task]!;
    if (this.limited) this.ledger.assign(task, d);
  }
}
