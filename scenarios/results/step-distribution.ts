/**
 * How step times of a run are distributed, over all trials. Columns: so many `steps` took at most `seconds`; both ascend, and
 * the last entry is all steps. Of many steps some are left out, but none that p50, p90, p99 or the extremes rest on.
 */
export interface StepDistribution {
  readonly seconds: readonly number[];
  readonly steps: readonly number[];
}
