import { batchMeansEstimate, type MeanEstimate, meanEstimate } from '../base/confidence.ts';
import { mean, quantileOfSorted } from '../base/statistics.ts';
import type { Distribution, MeanInterval } from './results.ts';

/** The steps of all trials together, and how well their mean is known. */
export function stepTimes(trials: readonly Float64Array[], confidence: number): Distribution {
  const all = new Float64Array(trials.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const trial of trials) {
    all.set(trial, at);
    at += trial.length;
  }
  const average = mean(all);
  all.sort();
  const quantile = (q: number): number => (all.length === 0 ? 0 : quantileOfSorted(all, q));
  return {
    count: all.length,
    mean: average,
    p50: quantile(0.5),
    p90: quantile(0.9),
    p99: quantile(0.99),
    max: quantile(1),
    meanInterval: meanInterval(trials, confidence),
  };
}

/**
 * From trials, which are independent, where there are several; else from batches of the steps of the one. Trials that
 * ended before there was a step to time say nothing.
 */
function meanInterval(trials: readonly Float64Array[], confidence: number): MeanInterval | null {
  const timed = trials.filter(({ length }) => length > 0);
  if (timed.length > 1) return intervalOf(meanEstimate(timed.map(mean), confidence), 'trials');
  const estimate = batchMeansEstimate(timed[0] ?? new Float64Array(), confidence);
  return estimate === undefined ? null : intervalOf(estimate, 'batches');
}

/**
 * Of the ratio of rates of `run` and `baseline`, trial by trial: trials of both share their luck, so the ratio is known
 * better than either rate (common random numbers; Law, Simulation Modeling and Analysis, section 11.2). Null where
 * fewer than two trials have steps of both. `speedUpOf` makes a speed-up of two mean step times.
 */
export function speedUpInterval(
  run: readonly Float64Array[],
  baseline: readonly Float64Array[],
  confidence: number,
  speedUpOf: (step: number, baselineStep: number) => number,
): MeanInterval | null {
  const ratios = run.flatMap((trial, t) =>
    trial.length > 0 && baseline[t]!.length > 0 ? [speedUpOf(mean(trial), mean(baseline[t]!))] : [],
  );
  if (ratios.length < 2) return null;
  return intervalOf(meanEstimate(ratios, confidence), 'trials');
}

function intervalOf(
  { halfWidth, confidence, count }: MeanEstimate,
  from: MeanInterval['from'],
): MeanInterval {
  return { halfWidth, confidence, from, count };
}
