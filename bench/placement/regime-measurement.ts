import { stream } from '../../base/random.ts';
import { annealing } from '../../placement/annealing.ts';
import { lowerBounds } from '../../placement/bounds.ts';
import { PLACERS } from '../../placement/index.ts';
import { learnedList } from '../../placement/learned-list.ts';
import { learnedListZeroShot } from '../../placement/learned-list-zero-shot.ts';
import { listContext } from '../../placement/list-context.ts';
import { minCut } from '../../placement/min-cut.ts';
import type { Placer, PlacerContext } from '../../placement/placer.ts';
import type { PlacementProblem } from '../../placement/problem.ts';
import { policySession } from '../../scenarios/policy-session.ts';
import type { RegimeCase } from './regimes.ts';

/** Seconds of a step; Infinity where nothing was found that fits. */
export interface RegimeRow {
  readonly regime: string;
  readonly name: string;
  readonly tasks: number;
  readonly bound: number;
  /** The fastest single device. */
  readonly single: number;
  readonly heft: number;
  readonly heuristic: number;
  /** The best heuristic's name. */
  readonly by: string;
  readonly zeroShot: number;
  /** Per seed. */
  readonly learned: readonly number[];
  /** With the evaluations that were allowed to the learned scheduler, and with the seconds that it took, per seed. */
  readonly annealed: readonly number[];
  readonly annealedAsLong: readonly number[];
  /** Wall-clock seconds of learning, the median, and until its best placement was found, the most of all seeds. */
  readonly seconds: number;
  readonly secondsToBest: number;
  readonly evaluations: number;
  /** Share of the samples that did not fit. */
  readonly failures: number;
}

export interface RegimeOptions {
  readonly seeds: number;
  readonly evaluations: number;
}

export const REGIME_DEFAULTS: RegimeOptions = { seeds: 5, evaluations: 1024 };

/** One row of the table. Everything but the seconds, and what annealing found in them, is the same each time. */
export function measureRegime(
  { regime, name, problem: make }: RegimeCase,
  { seeds, evaluations }: RegimeOptions = REGIME_DEFAULTS,
): RegimeRow {
  const problem = make();
  const scored = (placer: Placer, more: Partial<PlacerContext> = {}, seed = 1) =>
    scoreOf(problem, placer, more, seed);
  let heuristic = Number.POSITIVE_INFINITY;
  let by = 'none';
  const heuristics: Placer[] = Object.values(PLACERS as { readonly [name: string]: Placer }).filter(
    (placer) => placer.searches !== true && !placer.name.startsWith('learned-list'),
  );
  for (const placer of [...heuristics.filter((other) => other.name !== minCut.name), minCut]) {
    const { score } = scored(placer);
    if (score < heuristic) [heuristic, by] = [score, placer.name];
  }
  const learned: number[] = [];
  const seconds: number[] = [];
  const toBest: number[] = [];
  let failures = 0;
  let used = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const run = scored(learnedList(), { session: policySession, evaluations }, seed);
    learned.push(run.score);
    seconds.push(run.seconds);
    toBest.push(run.secondsToBest);
    failures += run.failures;
    used += run.evaluations;
  }
  const long = medianOf(seconds);
  const each = Array.from({ length: seeds }, (_, i) => i + 1);
  return {
    regime,
    name,
    tasks: problem.taskCount,
    bound: lowerBounds(problem).seconds,
    single: scored(PLACERS['single-device']).score,
    heft: scored(PLACERS.heft).score,
    heuristic,
    by,
    zeroShot: scored(learnedListZeroShot()).score,
    learned,
    annealed: each.map((seed) => scored(annealing(), { evaluations }, seed).score),
    annealedAsLong: each.map((seed) => {
      const until = performance.now() + 1000 * long;
      const expired = (): boolean => performance.now() > until;
      return scored(annealing(), { evaluations: 1e7, expired }, seed).score;
    }),
    seconds: long,
    secondsToBest: Math.max(...toBest),
    evaluations: used / seeds,
    failures: used === 0 ? 0 : failures / used,
  };
}

function scoreOf(problem: PlacementProblem, placer: Placer, more: Partial<PlacerContext>, seed: number) {
  const context = { ...listContext(problem, stream(seed, 'regimes', placer.name)), ...more };
  const began = performance.now();
  let best = Number.POSITIVE_INFINITY;
  let secondsToBest = 0;
  const evaluate = (placement: Int32Array): number => {
    const score = context.evaluate(placement);
    if (score < best) {
      best = score;
      secondsToBest = (performance.now() - began) / 1000;
    }
    return score;
  };
  const { placement, failures = 0, evaluations } = placer.place(problem, { ...context, evaluate });
  const seconds = (performance.now() - began) / 1000;
  const score = context.evaluate(placement);
  return {
    score: score < context.failing ? score : Number.POSITIVE_INFINITY,
    seconds,
    secondsToBest,
    failures,
    evaluations,
  };
}

/** Of an even number of values: the worse of the two in the middle. */
export function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
