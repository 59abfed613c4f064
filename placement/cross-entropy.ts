import type { RandomStream } from '../base/random.ts';
import { deviceWeights } from './device-weights.ts';
import { choiceOf, GroupMoves } from './group-moves.ts';
import type { OpGroups } from './groups.ts';
import type { Placer } from './placer.ts';
import type { PlacementProblem } from './problem.ts';
import { placeOn } from './single-device.ts';
import { placedRanks } from './task-order.ts';
import { Trials } from './trials.ts';

export interface CrossEntropyOptions {
  readonly name: string;
  /** Op groups to aim at. */
  readonly groups: number;
  /** Evaluations, unless the context says how many. */
  readonly evaluations: number;
  /** Placements drawn per update. */
  readonly samples: number;
  /** Share of them that the distribution is drawn towards. */
  readonly elite: number;
  /** Step towards the elite's frequencies. */
  readonly smoothing: number;
  /** Least probability of a feasible device; less where groups are many, so that one of them on average leaves. */
  readonly floor: number;
  /** Standard deviation of the logarithm of a task's priority over its rank: at first, and at least. */
  readonly spread: number;
  readonly leastSpread: number;
}

export const CROSS_ENTROPY_DEFAULTS: CrossEntropyOptions = {
  name: 'cross-entropy',
  groups: 210,
  evaluations: 10_000,
  samples: 100,
  elite: 0.1,
  smoothing: 0.3,
  floor: 0.01,
  spread: 0.3,
  leastSpread: 0.02,
};

/**
 * The cross-entropy method (Rubinstein 1999; de Boer et al., "A tutorial on the cross-entropy method", 2005): each op
 * group has a distribution over its devices, independent of the others'; of every `samples` placements drawn, the best
 * `elite` pull it,
 *
 *     p ← (1 − smoothing) · p + smoothing · frequency among the elite,   p ≥ floor
 *
 * Where an order is sought, a task's priority is its placed rank (see placedRanks) times a log-normal factor of its own,
 * whose mean and deviation follow the elite's in the same way.
 *
 * It begins with devices by weight (see deviceWeights), and counts each single device, one per class, to the first draw.
 *
 * Known weaknesses: groups are drawn independently, so that chains that belong together are torn until all their
 * distributions have settled, and those of equal devices must break the tie first; no search for another valley once
 * they have. Notes on placement of graphs of hundreds of groups find it slower than annealing; so it is here.
 */
export function crossEntropy(options: Partial<CrossEntropyOptions> = {}): Placer {
  const settings: CrossEntropyOptions = { ...CROSS_ENTROPY_DEFAULTS, ...options };
  return {
    name: settings.name,
    description: 'the cross-entropy method: a distribution per op group, pulled to the best tenth drawn',
    searches: true,
    random: true,
    place(problem, context) {
      const ordered = context.evaluateOrdered !== undefined;
      const trials = new Trials(context, settings.evaluations, problem.taskCount);
      const groups = problem.opGroups(settings.groups);
      const policy = new Distribution(problem, groups, settings, ordered);
      const sample = (): Sample => {
        policy.decode();
        return {
          choice: policy.choice.slice(),
          factor: policy.factor.slice(),
          score: trials.score(policy.placement, policy.priority),
        };
      };
      const { deviceClass } = problem;
      let drawn: Sample[] = [];
      for (let d = 0; d < problem.deviceCount && trials.mayGoOn; d++) {
        if (deviceClass.indexOf(deviceClass[d]!) !== d) continue;
        policy.choice.set(choiceOf(groups, placeOn(d, problem)));
        drawn.push(sample());
      }
      if (drawn.length === 0) return { placement: policy.placement, evaluations: 0 };
      if (groups.groups.length === 0 && !ordered) return trials.result();
      let updates = 0;
      for (; trials.mayGoOn; updates++) {
        while (drawn.length < settings.samples && trials.mayGoOn) {
          policy.draw(context.random);
          drawn.push(sample());
        }
        drawn.sort((a, b) => (a.score < b.score ? -1 : a.score > b.score ? 1 : 0));
        policy.pull(drawn.slice(0, Math.max(1, Math.round(settings.elite * drawn.length))));
        drawn = [];
      }
      return trials.result(`${groups.groups.length} op groups, ${updates} updates`);
    },
  };
}

interface Sample {
  readonly choice: Int32Array;
  readonly factor: Float64Array;
  readonly score: number;
}

class Distribution {
  readonly choice: Int32Array;
  /** Per task: logarithm of priority over placed rank; empty where no order is sought. */
  readonly factor: Float64Array;
  readonly priority: Float64Array | undefined;
  private readonly problem: PlacementProblem;
  private readonly groups: OpGroups;
  private readonly settings: CrossEntropyOptions;
  private readonly moves: GroupMoves;
  /** `[group * deviceCount + device]` */
  private readonly probability: Float64Array;
  private readonly mean: Float64Array;
  private readonly deviation: Float64Array;
  private readonly ranks: Float64Array;

  constructor(problem: PlacementProblem, groups: OpGroups, settings: CrossEntropyOptions, ordered: boolean) {
    this.problem = problem;
    this.groups = groups;
    this.settings = settings;
    this.moves = new GroupMoves(problem, groups);
    this.choice = this.moves.choice.slice();
    this.factor = new Float64Array(ordered ? problem.taskCount : 0);
    this.priority = ordered ? new Float64Array(problem.taskCount) : undefined;
    this.probability = deviceWeights(problem, groups);
    this.mean = new Float64Array(this.factor.length);
    this.deviation = new Float64Array(this.factor.length).fill(settings.spread);
    this.ranks = new Float64Array(problem.taskCount);
    this.normalise();
  }

  get placement(): Int32Array {
    return this.moves.placement;
  }

  /** Draws `choice` and `factor`. */
  draw(random: RandomStream): void {
    const D = this.problem.deviceCount;
    for (const [g, { feasible }] of this.groups.groups.entries()) {
      let left = random.uniform();
      let i = 0;
      for (; i < feasible.length - 1; i++) {
        left -= this.probability[g * D + feasible[i]!]!;
        if (left < 0) break;
      }
      this.choice[g] = feasible[i]!;
    }
    for (let task = 0; task < this.factor.length; task++) {
      this.factor[task] = this.mean[task]! + this.deviation[task]! * random.normal();
    }
  }

  /** Sets `placement` and `priority` to what `choice` and `factor` mean. */
  decode(): void {
    this.moves.set(this.choice);
    if (this.priority === undefined) return;
    placedRanks(this.problem, this.placement, this.ranks);
    for (let task = 0; task < this.factor.length; task++) {
      this.priority[task] = this.ranks[task]! * Math.exp(this.factor[task]!);
    }
  }

  pull(elite: readonly Sample[]): void {
    const D = this.problem.deviceCount;
    const { smoothing, leastSpread } = this.settings;
    for (let at = 0; at < this.probability.length; at++) this.probability[at]! *= 1 - smoothing;
    for (const { choice } of elite) {
      for (const [g, device] of choice.entries())
        this.probability[g * D + device]! += smoothing / elite.length;
    }
    this.normalise();
    for (let task = 0; task < this.factor.length; task++) {
      let sum = 0;
      for (const { factor } of elite) sum += factor[task]!;
      const mean = sum / elite.length;
      let squares = 0;
      for (const { factor } of elite) squares += (factor[task]! - mean) ** 2;
      const deviation = Math.sqrt(squares / elite.length);
      this.mean[task]! += smoothing * (mean - this.mean[task]!);
      this.deviation[task]! += smoothing * (deviation - this.deviation[task]!);
      this.deviation[task] = Math.max(leastSpread, this.deviation[task]!);
    }
  }

  /** Lifts probabilities to the floor, and makes those of each group sum to 1. */
  private normalise(): void {
    const D = this.problem.deviceCount;
    const { groups } = this.groups;
    for (const [g, { feasible }] of groups.entries()) {
      const floor = Math.min(this.settings.floor, 1 / (groups.length * (feasible.length - 1)));
      let total = 0;
      for (const d of feasible) {
        this.probability[g * D + d] = Math.max(floor, this.probability[g * D + d]!);
        total += this.probability[g * D + d]!;
      }
      for (const d of feasible) this.probability[g * D + d]! /= total;
    }
  }
}
