/**
 * How step times of a run are distributed, over all trials. Columns: `share` of the steps took at most `seconds`; both
 * ascend. Of many steps some are left out, but none that p50, p90, p99 or the extremes rest on.
 */
export interface StepDistribution {
  readonly seconds: readonly number[];
  readonly share: readonly number[];
}
