import type { RandomStream } from '../base/random.ts';
import { deviceWeights } from './device-weights.ts';
import { choiceOf, GroupMoves } from './group-moves.ts';
import type { OpGroups } from './groups.ts';
import type { Placer } from './placer.ts';
import type { PlacementProblem } from './problem.ts';
import { placeOn } from './single-device.ts';
import { placedRanks } from './task-order.ts';
import { Trials } from './trials.ts';

export interface GeneticOptions {
  readonly name: string;
  /** Op groups to aim at. */
  readonly groups: number;
  /** Evaluations, unless the context says how many. */
  readonly evaluations: number;
  /** Individuals of a generation. */
  readonly population: number;
  /** Share of a generation that lives on unchanged. */
  readonly elite: number;
  /** Share of a generation that is drawn anew. */
  readonly mutants: number;
  /** Probability with which a key comes from the parent of the elite. */
  readonly inheritance: number;
}

/** Gonçalves & Resende 2011, section 4, but smaller generations, because the step time of a placement is dear. */
export const GENETIC_DEFAULTS: GeneticOptions = {
  name: 'genetic',
  groups: 210,
  evaluations: 10_000,
  population: 100,
  elite: 0.2,
  mutants: 0.1,
  inheritance: 0.7,
};

/**
 * A biased random-key genetic algorithm (Gonçalves & Resende, "Biased random-key genetic algorithms for combinatorial
 * optimization", 2011; for placement: Paliwal et al., "Reinforced genetic algorithm learning for optimizing computation
 * graphs", ICLR 2020). An individual is a vector of keys in [0, 1): one per op group, which picks its device, each
 * device a part of [0, 1) as large as its weight (see deviceWeights); and where an order is sought one per task, with
 *
 *     priority = placed rank · (1 + key) / 2
 *
 * (Gonçalves, Mendes & Resende 2008; see placedRanks). The best `elite` of a generation live on, `mutants` are drawn anew,
 * and the others take each key from a random elite parent with probability `inheritance`, else from a random other one.
 *
 * The first generation holds each single device, one per class. What is drawn takes the key of the block around it with
 * a probability that is itself drawn per individual, so that some put whole layers together and some nothing.
 *
 * Known weaknesses: crossover cuts through chains that belong together, and equal placements on devices renamed look
 * different to it; it needs more evaluations than annealing does.
 */
export function genetic(options: Partial<GeneticOptions> = {}): Placer {
  const settings: GeneticOptions = { ...GENETIC_DEFAULTS, ...options };
  return {
    name: settings.name,
    description: 'a genetic algorithm with biased random keys (BRKGA)',
    searches: true,
    random: true,
    place(problem, context) {
      const { random, evaluateOrdered } = context;
      const trials = new Trials(context, settings.evaluations, problem.taskCount);
      const keys = new Keys(problem, problem.opGroups(settings.groups), evaluateOrdered !== undefined);
      const score = (individual: Float64Array): number => {
        keys.decode(individual);
        return trials.score(keys.placement, keys.priority);
      };

      let generation: Individual[] = [];
      const add = (to: Individual[], individual: Float64Array): void => {
        if (trials.mayGoOn) to.push({ keys: individual, score: score(individual) });
      };
      for (const individual of keys.singleDevices()) add(generation, individual);
      if (keys.groupCount === 0 && keys.priority === undefined) {
        return generation.length > 0 ? trials.result() : { placement: keys.placement, evaluations: 0 };
      }
      while (generation.length < settings.population && trials.mayGoOn) add(generation, keys.drawn(random));
      if (generation.length === 0) return { placement: keys.placement, evaluations: 0 };

      const elites = Math.max(1, Math.round(settings.elite * settings.population));
      const mutants = Math.round(settings.mutants * settings.population);
      let generations = 1;
      for (; trials.mayGoOn; generations++) {
        // Stable: of equal individuals the older one stays in front.
        generation.sort((a, b) => (a.score < b.score ? -1 : a.score > b.score ? 1 : 0));
        const next = generation.slice(0, elites);
        const others = Math.max(1, generation.length - next.length);
        for (let i = 0; i < mutants; i++) add(next, keys.drawn(random));
        while (next.length < settings.population && trials.mayGoOn) {
          const elite = generation[random.below(Math.min(elites, generation.length))]!;
          const other = generation[generation.length - 1 - random.below(others)]!;
          add(next, crossed(elite.keys, other.keys, settings.inheritance, random));
        }
        generation = next;
      }
      return trials.result(`${keys.groupCount} op groups, ${generations} generations`);
    },
  };
}

interface Individual {
  readonly keys: Float64Array;
  readonly score: number;
}

function crossed(
  elite: Float64Array,
  other: Float64Array,
  inheritance: number,
  random: RandomStream,
): Float64Array {
  return elite.map((key, i) => (random.uniform() < inheritance ? key : other[i]!));
}

/** What keys mean: the first for op groups; then, where an order is sought, one per task. */
class Keys {
  readonly groupCount: number;
  readonly priority: Float64Array | undefined;
  private readonly problem: PlacementProblem;
  private readonly groups: OpGroups;
  private readonly moves: GroupMoves;
  private readonly choice: Int32Array;
  private readonly ranks: Float64Array;
  /** `[group * deviceCount + device]`: where the device's part of [0, 1) ends. */
  private readonly ends: Float64Array;

  constructor(problem: PlacementProblem, groups: OpGroups, ordered: boolean) {
    const { deviceCount: D } = problem;
    this.problem = problem;
    this.groups = groups;
    this.groupCount = groups.groups.length;
    this.moves = new GroupMoves(problem, groups);
    this.choice = this.moves.choice.slice();
    this.ranks = new Float64Array(problem.taskCount);
    this.priority = ordered ? new Float64Array(problem.taskCount) : undefined;
    this.ends = deviceWeights(problem, groups);
    for (let row = 0; row < this.ends.length; row += D) {
      const total = this.ends.subarray(row, row + D).reduce((sum, w) => sum + w, 0);
      for (let d = 0, sum = 0; d < D; d++) {
        sum += this.ends[row + d]!;
        this.ends[row + d] = sum / total;
      }
    }
  }

  get placement(): Int32Array {
    return this.moves.placement;
  }

  /** Sets `placement` and `priority` to what the keys mean. */
  decode(keys: Float64Array): void {
    const { groupCount, choice, priority, ranks } = this;
    const { deviceCount: D } = this.problem;
    for (let g = 0; g < groupCount; g++) {
      const { feasible } = this.groups.groups[g]!;
      let i = 0;
      while (i < feasible.length - 1 && keys[g]! >= this.ends[g * D + feasible[i]!]!) i++;
      choice[g] = feasible[i]!;
    }
    this.moves.set(choice);
    if (priority === undefined) return;
    placedRanks(this.problem, this.placement, ranks);
    for (let task = 0; task < ranks.length; task++) {
      priority[task] = (ranks[task]! * (1 + keys[groupCount + task]!)) / 2;
    }
  }

  /** Everything on one device, for one device of each class. */
  singleDevices(): Float64Array[] {
    const { problem, groups, ends } = this;
    const { deviceCount: D, deviceClass } = problem;
    return Array.from(deviceClass, (kind, d) => ({ kind, d }))
      .filter(({ kind, d }) => deviceClass.indexOf(kind) === d)
      .map(({ d }) => {
        const keys = this.empty(0.5);
        for (const [g, device] of choiceOf(groups, placeOn(d, problem)).entries()) {
          const begin = device === 0 ? 0 : ends[g * D + device - 1]!;
          keys[g] = (begin + ends[g * D + device]!) / 2;
        }
        return keys;
      });
  }

  drawn(random: RandomStream): Float64Array {
    const { blocks, groups } = this.groups;
    const together = random.uniform();
    const blockKey: number[] = [];
    for (const { parent } of blocks) {
      const own = parent < 0 || random.uniform() >= together;
      blockKey.push(own ? random.uniform() : blockKey[parent]!);
    }
    const keys = this.empty(0);
    for (const [g, { block }] of groups.entries()) {
      keys[g] = random.uniform() < together ? blockKey[block]! : random.uniform();
    }
    for (let i = groups.length; i < keys.length; i++) keys[i] = random.uniform();
    return keys;
  }

  private empty(value: number): Float64Array {
    return new Float64Array(this.groupCount + (this.priority?.length ?? 0)).fill(value);
  }
}
