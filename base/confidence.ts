import jStat from 'jstat';
import { invariant } from './errors.ts';
import { mean, standardDeviation } from './statistics.ts';

/* How far an estimate may be from what it estimates: intervals that cover the true value in a given share of cases. */

/** An estimate of a mean: the true mean is within `halfWidth` of it in `confidence` of all cases. */
export interface MeanEstimate {
  readonly mean: number;
  readonly halfWidth: number;
  /** Between 0 and 1. */
  readonly confidence: number;
  /** Independent values that it rests on. */
  readonly count: number;
}

/**
 * Mean of independent values with its Student-t interval: mean ± t(1 − α/2, n − 1) · s / √n. Exact for normal values,
 * near enough for means over many steps (Law, Simulation Modeling and Analysis, section 4.5). Infinitely wide for one
 * value, which says nothing of its spread.
 */
export function meanEstimate(values: ArrayLike<number>, confidence: number): MeanEstimate {
  checkConfidence(confidence);
  const count = values.length;
  const centre = mean(values);
  if (count < 2) return { mean: centre, halfWidth: Number.POSITIVE_INFINITY, confidence, count };
  const spread = standardDeviation(values);
  // Equal values have no spread; rounding of their mean must not give them one.
  const halfWidth =
    spread <= 1e-14 * Math.abs(centre)
      ? 0
      : (jStat.studentt.inv(0.5 + confidence / 2, count - 1) * spread) / Math.sqrt(count);
  return { mean: centre, halfWidth, confidence, count };
}

/** Half-width over mean; 0 where both are 0. */
export function relativeHalfWidth({ mean, halfWidth }: MeanEstimate): number {
  return halfWidth === 0 ? 0 : halfWidth / Math.abs(mean);
}

/** So many batches: fewer make the interval wide, more make them short and their means dependent. */
const BATCHES = 20;
const FEWEST_PER_BATCH = 2;

/**
 * Mean of a series whose values depend on those shortly before (step times of one run: a late worker is late again),
 * by batch means: 20 consecutive batches of equal length, whose means are nearly independent if batches are long
 * against the dependence (Law & Kelton, "Confidence intervals for steady-state simulations", Operations Research 32,
 * 1984; 10 to 30 batches by Schmeiser, "Batch size effects", Operations Research 30, 1982). What does not fill a last
 * batch is left out at the beginning, where the series has settled least. Too narrow where dependence reaches further
 * than a batch. Undefined for fewer than 40 values.
 */
export function batchMeansEstimate(series: ArrayLike<number>, confidence: number): MeanEstimate | undefined {
  checkConfidence(confidence);
  const length = Math.floor(series.length / BATCHES);
  if (length < FEWEST_PER_BATCH) return undefined;
  const first = series.length - length * BATCHES;
  const means = new Float64Array(BATCHES);
  for (let b = 0; b < BATCHES; b++) {
    for (let i = 0; i < length; i++) means[b]! += series[first + b * length + i]!;
    means[b]! /= length;
  }
  return meanEstimate(means, confidence);
}

function checkConfidence(confidence: number): void {
  invariant(confidence > 0 && confidence < 1, `a confidence of ${confidence}; expected one between 0 and 1`);
}
