import type { RandomStream } from '../../base/random.ts';
import { mean } from '../../base/statistics.ts';
import type { Placement, PlacerContext } from '../placer.ts';
import type { Trials } from '../trials.ts';
import { Learner, type LearnerOptions } from './learner.ts';
import type { PolicyWeights } from './policy.ts';
import type { Decisions, RollOut } from './roll-out.ts';

export interface SearchOptions extends LearnerOptions {
  /** A round of learning ends after so many updates without a better placement; the next begins from the start. */
  readonly patience: number;
  readonly rounds: number;
}

/** One problem for which a policy is learned. */
export interface Subject {
  readonly rollOut: RollOut;
  /** Score of a placement of the problem that the roll-out is for. */
  readonly score: (placement: Placement) => number;
  /** Scores from here on do not fit. */
  readonly failing: number;
  /** Good enough. */
  readonly goal: number;
}

/** Samples the policy, learns from what the samples score, and goes on while `trials` allow. */
export function learnOn(
  subject: Subject,
  start: PolicyWeights,
  trials: Trials,
  open: NonNullable<PlacerContext['session']>,
  random: RandomStream,
  options: SearchOptions,
): { readonly updates: number; readonly rounds: number } {
  const { rollOut, goal } = subject;
  const decisions = rollOut.decisions(options.rollOuts);
  const scores = new Float64Array(options.rollOuts);
  let updates = 0;
  let rounds = 0;
  const mayGoOn = (): boolean => trials.mayGoOn && trials.bestScore > goal;
  for (; rounds < options.rounds && mayGoOn(); rounds++) {
    const learner = new Learner(open, start, options);
    let weights = start;
    for (let stale = 0; stale < options.patience && mayGoOn(); stale++) {
      const before = trials.bestScore;
      const drawn = sample(subject, weights, { decisions, scores }, random, trials);
      if (drawn < options.rollOuts) break;
      weights = learner.update(decisions, advantages(scores, subject.failing));
      updates++;
      if (trials.bestScore < before) stale = -1;
    }
  }
  return { updates, rounds };
}

/** Fills `into` with roll-outs and their scores; how many there were before the trials ended. */
export function sample(
  { rollOut, score }: Subject,
  weights: PolicyWeights,
  into: { readonly decisions: Decisions; readonly scores: Float64Array },
  random: RandomStream,
  trials?: Trials,
): number {
  for (let k = 0; k < into.scores.length; k++) {
    if (trials?.mayGoOn === false) return k;
    into.scores[k] = score(rollOut.run(weights, { random, temperature: 1 }, { into: into.decisions, at: k }));
  }
  return into.scores.length;
}

/**
 * Rewards −ln(score), standardised. A placement that does not fit counts as twice as slow as the slowest that does, and
 * those among each other by their scores.
 */
export function advantages(scores: Float64Array, failing: number): Float64Array {
  const fitting = scores.filter((score) => score < failing);
  const slowest = fitting.length > 0 ? Math.log(Math.max(...fitting)) + Math.LN2 : 0;
  const least = Math.min(...scores.filter((score) => !(score < failing)));
  const rewards = scores.map((score) => {
    if (score < failing) return -Math.log(score);
    return -slowest - (Number.isFinite(score) ? Math.log(score / least) : 1);
  });
  const average = mean(rewards);
  const deviation = Math.sqrt(mean(rewards.map((reward) => (reward - average) ** 2)));
  return rewards.map((reward) => (deviation > 1e-12 ? (reward - average) / deviation : 0));
}
