import { Action } from './activity-graph.ts';
import type { DeviceUseMeter } from './device-use.ts';
import type { Program } from './program.ts';

/** Who comes within this share of a step of the last comes with the last: only turns tell them apart, not speed. */
export const TOGETHER = 0.01;

/** How long replicas take, and for which of them updates wait. Columns: one entry per replica. */
export interface StragglerTimes {
  /** Steps done. */
  readonly steps: Float64Array;
  /** Mean seconds from when a step may begin until its gradients are where they are wanted; 0 without steps. */
  readonly stepSeconds: Float64Array;
  /** Mean seconds of a step in which the busiest of the replica's own devices computed. */
  readonly computeSeconds: Float64Array;
  /** Share of the updates that waited for the replica last; where several come together, they share the update. */
  readonly lastShare: Float64Array;
  /** What updates wait for: gradients in accumulators, ranks of collectives, or nothing. */
  readonly waitsFor: 'gradients' | 'ranks' | 'nothing';
}

/**
 * Notes whom each update waited for last. Where a chief takes sums of gradients, that is whose last accepted gradient came
 * last to its accumulator, before it waits for its turn there. Where ranks meet, it is who came last to the last exchange at
 * which anybody waited: what follows that is the exchange's own time. Updates that waited for nobody count for all replicas
 * alike.
 */
export class StragglerTally {
  private readonly program: Program;
  private readonly replicas: number;
  private readonly use: DeviceUseMeter;
  /** Per activity: when a gradient came to its accumulator, or a rank to its exchange. */
  private readonly cameAt: Float64Array;
  /** Per loop: when its step could begin; steps done, and their seconds. */
  private readonly begunAt: Float64Array;
  private readonly steps: Int32Array;
  private readonly seconds: Float64Array;
  /** Per loop: its own devices, and what each had computed when the last step ended. */
  private readonly own: readonly Int32Array[];
  private readonly computed: readonly Float64Array[];
  /** Per accumulator: the loop that takes its sums, or −1. */
  private readonly takerOf: Int32Array;
  /** Per loop: the replicas whose gradients it takes; empty where it takes none. */
  private readonly members: readonly (readonly number[])[];
  /** Per replica: when the last of its gradients came that the next update takes. */
  private readonly acceptedAt: Float64Array;
  /** Per loop: when it last made an update. */
  private readonly updatedAt: Float64Array;
  private lastUpdateAt = 0;
  /** Per exchange: whether its ranks are of several replicas. */
  private readonly isBetween: readonly boolean[];
  /** Who came last to the last exchange at which somebody waited since the last update. */
  private late: number[] = [];
  private readonly credit: Float64Array;

  constructor(program: Program, base: Int32Array, use: DeviceUseMeter) {
    const { loops, accumulators, streamDevice, exchanges = [] } = program;
    this.program = program;
    this.use = use;
    this.replicas = 1 + Math.max(-1, ...loops.map(({ loop }) => loop.replica));
    this.cameAt = new Float64Array(base[loops.length]!);
    this.begunAt = new Float64Array(loops.length);
    this.steps = new Int32Array(loops.length);
    this.seconds = new Float64Array(loops.length);
    this.updatedAt = new Float64Array(loops.length);
    this.own = loops.map(({ stream, slowed }) =>
      Int32Array.from(
        new Set([...stream].filter((_, role) => slowed[role] === 1).map((s) => streamDevice[s]!)),
      ),
    );
    this.computed = this.own.map((devices) => new Float64Array(devices.length));
    this.takerOf = new Int32Array(accumulators.length).fill(-1);
    this.eachUse(Action.accumulatorTake, (accumulator, l) => {
      this.takerOf[accumulator] = l;
    });
    const members = loops.map(() => new Set<number>());
    this.eachUse(Action.accumulatorApply, (accumulator, l) => {
      const taker = this.takerOf[accumulator]!;
      const { replica } = loops[l]!.loop;
      if (taker >= 0 && replica >= 0) members[taker]!.add(replica);
    });
    this.members = members.map((set) => [...set]);
    this.acceptedAt = new Float64Array(this.replicas).fill(Number.NEGATIVE_INFINITY);
    this.isBetween = exchanges.map(
      (exchange) => new Set(exchange.members.map(({ loop }) => this.replicaOf(loop))).size > 1,
    );
    this.credit = new Float64Array(this.replicas);
  }

  /** The step of a loop may begin: it has its token, or nobody holds it back. */
  begin(loop: number, now: number): void {
    this.begunAt[loop] = now;
  }

  /** A gradient is at its accumulator, or a rank at its exchange. */
  come(activity: number, now: number): void {
    this.cameAt[activity] = now;
  }

  /** An accumulator takes a gradient of the loop's. */
  accept(loop: number, activity: number): void {
    const replica = this.replicaOf(loop);
    if (replica >= 0) this.acceptedAt[replica] = Math.max(this.acceptedAt[replica]!, this.cameAt[activity]!);
  }

  /** All ranks of an exchange are there. `members`: their activities; `loopOf`: per activity. */
  meet(exchange: number, members: Int32Array, loopOf: Int32Array, now: number): void {
    if (this.isBetween[exchange] !== true) return;
    const since = now - TOGETHER * (now - this.lastUpdateAt);
    if (members.every((activity) => this.cameAt[activity]! >= since)) return;
    const late = members.filter((activity) => this.cameAt[activity]! >= since);
    this.late = [...new Set(Array.from(late, (activity) => this.replicaOf(loopOf[activity]!)))];
  }

  /** The step of a loop is done. */
  end(loop: number, now: number): void {
    this.steps[loop]!++;
    this.seconds[loop]! += now - this.begunAt[loop]!;
    const computed = this.computed[loop]!;
    for (const [i, device] of this.own[loop]!.entries()) computed[i] = this.use.computeUntil(device, now);
    if (this.program.loops[loop]!.loop.countsUpdates) this.update(loop, now);
  }

  /** Gradients that no update has taken are lost. */
  forget(): void {
    this.acceptedAt.fill(Number.NEGATIVE_INFINITY);
    this.late = [];
  }

  times(): StragglerTimes {
    const { replicas } = this;
    const steps = new Float64Array(replicas);
    const stepSeconds = new Float64Array(replicas);
    const computeSeconds = new Float64Array(replicas);
    for (let l = 0; l < this.steps.length; l++) {
      const replica = this.replicaOf(l);
      const count = this.steps[l]!;
      if (replica < 0 || count === 0) continue;
      steps[replica] = Math.max(steps[replica]!, count);
      stepSeconds[replica] = Math.max(stepSeconds[replica]!, this.seconds[l]! / count);
      computeSeconds[replica] = Math.max(
        computeSeconds[replica]!,
        ...this.computed[l]!.map((s) => s / count),
      );
    }
    const updates = this.credit.reduce((sum, share) => sum + share, 0);
    return {
      steps,
      stepSeconds,
      computeSeconds,
      lastShare: updates === 0 ? this.credit : this.credit.map((share) => share / updates),
      waitsFor: this.members.some((set) => set.length > 0)
        ? 'gradients'
        : this.isBetween.includes(true)
          ? 'ranks'
          : 'nothing',
    };
  }

  private update(loop: number, now: number): void {
    const members = this.members[loop]!;
    if (members.length > 0) {
      let latest = Number.NEGATIVE_INFINITY;
      for (const replica of members) latest = Math.max(latest, this.acceptedAt[replica]!);
      if (latest > Number.NEGATIVE_INFINITY) {
        const since = latest - TOGETHER * (now - this.updatedAt[loop]!);
        this.share(members.filter((replica) => this.acceptedAt[replica]! >= since));
      }
      for (const replica of members) this.acceptedAt[replica] = Number.NEGATIVE_INFINITY;
    } else if (this.isBetween.includes(true)) {
      this.share(this.late.length > 0 ? this.late : Array.from(this.credit.keys()));
      this.late = [];
    }
    this.updatedAt[loop] = now;
    this.lastUpdateAt = now;
  }

  private share(replicas: readonly number[]): void {
    for (const replica of replicas) this.credit[replica]! += 1 / replicas.length;
  }

  private replicaOf(loop: number): number {
    return this.program.loops[loop]!.loop.replica;
  }

  private eachUse(action: number, tell: (resource: number, loop: number) => void): void {
    for (const [l, { activities, use, resource }] of this.program.loops.entries()) {
      for (let i = 0; i < activities.count; i++) {
        if (activities.action[i] === action) tell(resource[use[i]!]!, l);
      }
    }
  }
}
