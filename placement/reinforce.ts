import type { RandomStream } from '../base/random.ts';
import { mean } from '../base/statistics.ts';
import { BlockPolicy } from './block-policy.ts';
import type { OpGroups } from './groups.ts';
import type { Placement, Placer } from './placer.ts';
import { placedOpGroups } from './problem.ts';
import { placeOn } from './single-device.ts';

export interface ReinforceOptions {
  /** Op groups to aim at. */
  readonly groups: number;
  /** Placements sampled per update. */
  readonly samplesPerUpdate: number;
  /** Updates at most. */
  readonly updates: number;
  /** Calls of `evaluate` at most (the last update is finished). */
  readonly evaluations: number;
  /** A round ends after so many updates without a better placement. */
  readonly patience: number;
  /** Step of the logits per sample is this times the square root of the number of tables. */
  readonly learningRate: number;
  /** Weight of the policy's entropy beside the standardised advantage. */
  readonly entropy: number;
  /** Blocks and groups that leave the centre of the prior in one sample, on average: in the first round … */
  readonly moves: number;
  /** … and in the rounds after it. */
  readonly laterMoves: number;
}

/**
 * Chosen on one training step of Inception-v3 on one CPU and four GPUs. There, 3,000 evaluations come within about
 * 5 % of what 8,000 find. 210 groups are about two per convolution; with 90 (the ICML'17 paper used 83) the
 * parameters' gradients cannot leave their layer, and the placement found is 8 % slower.
 */
export const REINFORCE_DEFAULTS: ReinforceOptions = {
  groups: 210,
  samplesPerUpdate: 16,
  updates: 2000,
  evaluations: 8000,
  patience: 25,
  learningRate: 0.02,
  entropy: 0.003,
  moves: 8,
  laterMoves: 2,
};

/**
 * Placement by reinforcement learning: REINFORCE (Williams 1992) on the simulated step time, as in "Device placement
 * optimization with reinforcement learning" (ICML'17), but with a table of logits per op group (and per block of
 * groups, see BlockPolicy) in place of a recurrent network: 16 placements are drawn per update, and
 *
 *     logits += learningRate · √tables · Σ over samples of (A · ∂ ln P(sample) + entropy · ∂ H)
 *
 * where the advantage A is the reward −ln(step time), standardised over the 16. The more tables act at once, the
 * smaller is each one's part in A (as 1/√tables, where their effects are independent): the root makes up for it.
 *
 * The policy does not start blank, because a blank table needs more than ten times as many evaluations: each single
 * device is tried first, and the first policy keeps everything on the fastest, except that `moves` blocks or groups
 * per sample go elsewhere (to a device where the whole graph takes r times as long, r² times more rarely). When a
 * round has found nothing better for `patience` updates, the next starts from a policy centred in the same way on
 * the best placement that this policy itself has drawn; a round without gain is the last.
 *
 * The result is the best placement that the policy drew, and no other placer's. It may be a single device, where
 * the policy drew nothing better than its prior.
 */
export function reinforce(options: Partial<ReinforceOptions> = {}): Placer {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const settings: ReinforceOptions = { ...REINFORCE_DEFAULTS, ...Object.fromEntries(given) };
  return {
    name: 'reinforce',
    description: 'a stochastic policy per op group, learned on the simulated step time (REINFORCE)',
    searches: true,
    place(problem, context) {
      const groups = problem.opGroups(settings.groups);
      const place = (choice: Int32Array): Placement => placedOpGroups(problem, groups.groupOf, choice);
      if (groups.groups.length === 0) {
        return {
          placement: place(new Int32Array(0)),
          evaluations: 0,
          note: 'the constraints leave no choice',
        };
      }
      let failures = 0;
      const evaluate = (placement: Placement): number => {
        const score = context.evaluate(placement);
        if (score < context.failing) return score;
        failures++;
        return Number.POSITIVE_INFINITY;
      };
      const single = problem.deviceName.map((_, d) => evaluate(placeOn(d, problem)));
      const found = learnPlacement(
        groups,
        single,
        (choice) => evaluate(place(choice)),
        context.random,
        { ...settings, evaluations: context.evaluations ?? settings.evaluations },
        context.progress,
      );
      return {
        placement: place(found.best),
        evaluations: single.length + found.evaluations,
        failures,
        history: found.history.map(([n, seconds]) => [single.length + n, seconds] as const),
        note: `${groups.groups.length} op groups, ${found.updates} updates in ${found.rounds} rounds`,
      };
    },
  };
}

export interface LearnedPlacement {
  /** Device per group: the best that the policy drew. */
  readonly best: Int32Array;
  readonly bestSeconds: number;
  readonly policy: BlockPolicy;
  readonly updates: number;
  readonly rounds: number;
  /** Distinct placements drawn; one drawn again is not evaluated again. */
  readonly evaluations: number;
  /** (evaluation number, seconds) of each improvement. */
  readonly history: readonly (readonly [number, number])[];
}

/**
 * The learning loop. `single` holds the step time with everything on device d; `evaluate` gives the step time of a
 * device per group. A step time that is no finite number (out of memory, say) counts as half as fast as the slowest
 * of its update.
 */
export function learnPlacement(
  groups: OpGroups,
  single: readonly number[],
  evaluate: (choice: Int32Array) => number,
  random: RandomStream,
  options: ReinforceOptions,
  progress?: (share: number, bestSeconds: number) => void,
): LearnedPlacement {
  const { samplesPerUpdate, entropy } = options;
  const policy = new BlockPolicy(groups, single.length);
  const step = options.learningRate * Math.sqrt(policy.vertexCount);
  const drawn = new Map<string, number>();
  const history: [number, number][] = [];
  const choice = new Int32Array(groups.groups.length);
  let best = choice;
  let bestActions = new Int32Array(policy.vertexCount);
  let bestSeconds = Number.POSITIVE_INFINITY;
  const measure = (actions: Int32Array): number => {
    const key = choice.join();
    let seconds = drawn.get(key);
    if (seconds !== undefined) return seconds;
    seconds = evaluate(choice);
    drawn.set(key, seconds);
    if (seconds < bestSeconds || drawn.size === 1) {
      best = choice.slice();
      bestActions = actions.slice();
      bestSeconds = Number.isNaN(seconds) ? Number.POSITIVE_INFINITY : seconds;
      history.push([drawn.size, bestSeconds]);
    }
    return seconds;
  };

  const samples = Array.from({ length: samplesPerUpdate }, () => new Int32Array(policy.vertexCount));
  const rewards = new Float64Array(samplesPerUpdate);
  const gradient = new Float64Array(policy.logits.length);
  const mode = new Int32Array(policy.vertexCount);
  let updates = 0;
  let rounds = 0;
  const mayGoOn = (): boolean => updates < options.updates && drawn.size < options.evaluations;
  for (let gained = true; gained && mayGoOn(); rounds++) {
    const before = bestSeconds;
    if (rounds === 0) setFirstPrior(policy, single, options.moves);
    else centre(policy, bestActions, deviceWeights(single), options.laterMoves);
    for (let stale = 0; stale < options.patience && mayGoOn(); ) {
      const bestBefore = bestSeconds;
      for (let s = 0; s < samplesPerUpdate; s++) {
        policy.sample(random, samples[s]!, choice);
        rewards[s] = -Math.log(measure(samples[s]!));
      }
      const advantages = standardised(rewards);
      gradient.fill(0);
      for (let s = 0; s < samplesPerUpdate; s++) {
        policy.addLogGradient(samples[s]!, advantages[s]!, gradient);
        policy.addEntropyGradient(samples[s]!, entropy, gradient);
      }
      for (let i = 0; i < gradient.length; i++) policy.logits[i]! += step * gradient[i]!;
      updates++;
      stale = bestSeconds < bestBefore ? 0 : stale + 1;
      progress?.(
        Math.min(1, Math.max(updates / options.updates, drawn.size / options.evaluations)),
        bestSeconds,
      );
    }
    policy.mode(mode, choice);
    measure(mode);
    gained = bestSeconds < before;
  }
  return { best, bestSeconds, policy, updates, rounds, evaluations: drawn.size, history };
}

/** (reward − mean) / standard deviation; all zero where the rewards do not differ. */
function standardised(rewards: Float64Array): Float64Array {
  const finite = rewards.filter(Number.isFinite);
  if (finite.length === 0) return new Float64Array(rewards.length);
  const failing = Math.min(...finite) - Math.LN2;
  const filled = rewards.map((reward) => (Number.isFinite(reward) ? reward : failing));
  const average = mean(filled);
  const deviation = Math.sqrt(mean(filled.map((reward) => (reward - average) ** 2)));
  return filled.map((reward) => (deviation > 1e-12 ? (reward - average) / deviation : 0));
}

/** Everything on the fastest single device; where none can run the graph alone, every action is equally likely. */
function setFirstPrior(policy: BlockPolicy, single: readonly number[], moves: number): void {
  const fastest = single.indexOf(Math.min(...single));
  if (fastest < 0 || !Number.isFinite(single[fastest])) return;
  const actions = new Int32Array(policy.vertexCount);
  actions[0] = 1 + fastest;
  centre(policy, actions, deviceWeights(single), moves);
}

/** (T_fastest / T_device)²; 1 for all where no device can run the graph alone. */
function deviceWeights(single: readonly number[]): number[] {
  const fastest = Math.min(...single);
  if (!Number.isFinite(fastest)) return single.map(() => 1);
  return single.map((seconds) => Math.max(1e-6, (fastest / seconds) ** 2 || 0));
}

/**
 * Sets the logits so that each vertex takes its action of `actions`, except that on average `moves` vertices take
 * another: staying with the block, or a device by weight. Block 0 moves as rarely as one among a hundred.
 */
function centre(policy: BlockPolicy, actions: Int32Array, weights: readonly number[], moves: number): void {
  for (let v = 0; v < policy.vertexCount; v++) {
    const odds = v === 0 ? 0.01 : Math.min(1, moves / policy.vertexCount);
    const weight = [v === 0 ? 0 : 1, ...weights];
    weight[actions[v]!] = 0;
    const total = weight.reduce((sum, w) => sum + w, 0);
    for (const [a, w] of weight.entries()) {
      policy.logits[v * policy.actions + a] = a === actions[v] ? 0 : Math.log((odds * w) / total + 1e-12);
    }
  }
}
