import { formatInteger } from '../base/format.ts';
import { formatPercent } from '../base/units.ts';
import type { Distribution, MeanInterval, TrainingExperiment } from '../scenarios/results.ts';

/* How well figures are known, for people. */

/** Errors below this are rounding. */
const NOTHING = 1e-9;

/** `± 1.2 %`; `exact` where nothing varies, `–` where one run is too short to tell. */
export function error(value: number, interval: MeanInterval | null): string {
  if (interval === null) return '–';
  const relative = value === 0 ? 0 : interval.halfWidth / value;
  return relative < NOTHING ? 'exact' : `± ${formatPercent(relative)}`;
}

export function meanError({ mean, meanInterval }: Distribution): string {
  return error(mean, meanInterval);
}

/** What the errors of an experiment's means are and where they come from. */
export function intervalsInWords({ runs, trials }: TrainingExperiment): string {
  const interval = runs.find(({ stepSeconds }) => stepSeconds.meanInterval !== null)?.stepSeconds
    .meanInterval;
  if (interval === undefined || interval === null) return 'Too few steps to say how well the mean is known.';
  const of =
    trials > 1
      ? `${formatInteger(trials)} independent trials`
      : `${interval.count} batches of consecutive steps`;
  return `Errors of the mean: half the ${formatPercent(interval.confidence)} confidence interval, from ${of}.`;
}
