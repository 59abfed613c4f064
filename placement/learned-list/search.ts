import type { RandomStream } from '../../base/random.ts';
import { mean } from '../../base/statistics.ts';
import type { Placement, PlacerContext } from '../placer.ts';
import type { Decisions } from './decisions.ts';
import { Learner, type LearnerOptions } from './learner.ts';
import type { PolicyWeights } from './policy.ts';
import type { RollOut } from './roll-out.ts';
import type { View } from './views.ts';

export interface SearchOptions extends LearnerOptions {
  /** Temperatures of the roll-outs of an update: from … to …, in equal ratios. */
  readonly temperatures: readonly [number, number];
  /** A round of learning ends after so many updates without a better placement of its own. */
  readonly patience: number;
}

/** What a search may ask. */
export interface Judge {
  readonly score: (placement: Placement) => number;
  /** Scores from here on do not fit. */
  readonly failing: number;
  readonly mayGoOn: () => boolean;
}

/** Learns in one view, from its policy on, until nothing better is found; returns the number of updates and the best score. */
export function learnIn(
  { rollOut, weights: start }: View,
  judge: Judge,
  open: NonNullable<PlacerContext['session']>,
  random: RandomStream,
  options: SearchOptions,
): { readonly updates: number; readonly best: number } {
  const decisions = rollOut.decisions(options.rollOuts);
  const scores = new Float64Array(options.rollOuts);
  const learner = new Learner(open, start, options);
  let weights = start;
  let best = Number.POSITIVE_INFINITY;
  let updates = 0;
  for (let stale = 0; stale < options.patience; stale++) {
    for (let k = 0; k < options.rollOuts; k++) {
      if (!judge.mayGoOn()) return { updates, best };
      const temperature = temperatureOf(k, options);
      scores[k] = judge.score(rollOut.run(weights, { random, temperature }, { into: decisions, at: k }));
      if (scores[k]! < best) {
        best = scores[k]!;
        stale = -1;
      }
    }
    weights = learner.update(decisions, advantages(scores, judge.failing));
    updates++;
  }
  return { updates, best };
}

/** Of the k-th roll-out of an update. */
function temperatureOf(
  k: number,
  { temperatures: [from, to], rollOuts }: Pick<SearchOptions, 'temperatures' | 'rollOuts'>,
): number {
  return from * (to / from) ** (k / Math.max(1, rollOuts - 1));
}

/** Fills `into` with roll-outs and their scores. */
export function sample(
  rollOut: RollOut,
  weights: PolicyWeights,
  score: (placement: Placement) => number,
  into: { readonly decisions: Decisions; readonly scores: Float64Array },
  random: RandomStream,
  options: SearchOptions,
): void {
  for (let k = 0; k < options.rollOuts; k++) {
    const temperature = temperatureOf(k, options);
    into.scores[k] = score(rollOut.run(weights, { random, temperature }, { into: into.decisions, at: k }));
  }
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
