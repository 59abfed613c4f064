import { mean } from '../../../base/statistics.ts';
import type { Residuals } from '../../../devices/fit.ts';

/** Predicted over measured, of each point, as what fits report. */
export function residualsOf(ratios: readonly number[]): Residuals {
  const percent = (values: readonly number[]): number => Number((100 * mean(values)).toFixed(2));
  return {
    points: ratios.length,
    meanAbsolutePercent: percent(ratios.map((ratio) => Math.abs(ratio - 1))),
    biasPercent: percent(ratios.map((ratio) => ratio - 1)),
  };
}

/**
 * What fits make least: the mean of |log(predicted / measured)|, of which what is beyond a quarter counts a quarter, so that
 * points which no parameters explain (an algorithm that a library chose badly) do not bend all others.
 */
export function robustError(ratios: readonly number[]): number {
  return mean(
    ratios.map((ratio) => {
      const error = Math.abs(Math.log(ratio));
      return error < KNEE ? error : KNEE + SLOPE * (error - KNEE);
    }),
  );
}

const KNEE = 0.25;
const SLOPE = 0.25;
