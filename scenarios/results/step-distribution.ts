/** How step times of a run are distributed. Columns: the share of steps that took at most so many seconds, ascending. */
export interface StepDistribution {
  readonly seconds: readonly number[];
  readonly share: readonly number[];
}
