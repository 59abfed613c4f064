/*
 * How often to save: seldom loses much work to each failure, often spends the time on writing. Models of one job whose
 * failures are exponential, that stands still while it writes, and goes back to its last checkpoint when it fails.
 */

/** What saving and failing cost a job. All times in seconds. */
export interface FailureCosts {
  /** Mean time between the failures that take the job back to its checkpoint. Infinity: it never fails. */
  readonly betweenFailures: number;
  /** For writing one checkpoint. */
  readonly write: number;
  /**
   * From a failure until the job goes on where the machine that failed is there again at once. It may fail
   * meanwhile.
   */
  readonly restart: number;
  /** Until the machine that failed is there again, in which it cannot fail; 0 unless given. */
  readonly repair?: number;
}

/**
 * Seconds of work between checkpoints that lose least, to first order: √(2 δ M) for writes of δ and a mean
 * time between failures of M (Young, "A first order approximation to the optimum checkpoint interval",
 * Communications of the ACM 17(9), 1974).
 */
export function youngInterval({
  write,
  betweenFailures,
}: Pick<FailureCosts, 'write' | 'betweenFailures'>): number {
  return write === 0 ? 0 : Math.sqrt(2 * write * betweenFailures);
}

/**
 * The same, from the end of one write to the beginning of the next, to higher order (Daly, "A higher order
 * estimate of the optimum checkpoint interval for restart dumps", Future Generation Computer Systems 22(3),
 * 2006, equation 37). It does not depend on what starting again costs. Where writing takes longer than two
 * times M, it is M.
 */
export function dalyInterval({
  write,
  betweenFailures,
}: Pick<FailureCosts, 'write' | 'betweenFailures'>): number {
  if (write === 0) return 0;
  if (betweenFailures === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  if (write >= 2 * betweenFailures) return betweenFailures;
  const ratio = write / (2 * betweenFailures);
  return Math.sqrt(2 * write * betweenFailures) * (1 + Math.sqrt(ratio) / 3 + ratio / 9) - write;
}

/**
 * Mean seconds until `seconds` of work and writing have gone by without a failure, where each failure begins
 * them anew: e^(R/M) (M + D) (e^(s/M) − 1) with restarts of R, which may fail, and repairs of D, which cannot
 * (Bougeret, Casanova, Rabie, Robert & Vivien, "Checkpointing strategies for parallel jobs", SC 2011, theorem
 * 1; Daly's complete cost function is the case of D = 0).
 */
export function secondsThroughFailures(
  seconds: number,
  { betweenFailures, restart, repair = 0 }: FailureCosts,
): number {
  if (betweenFailures === Number.POSITIVE_INFINITY) return seconds;
  return (
    Math.exp(restart / betweenFailures) * (betweenFailures + repair) * Math.expm1(seconds / betweenFailures)
  );
}

/** Share of a long job's time that is work which lasts, where it works for `interval` seconds between checkpoints. */
export function goodputOfInterval(interval: number, costs: FailureCosts): number {
  if (interval === Number.POSITIVE_INFINITY)
    return costs.betweenFailures === Number.POSITIVE_INFINITY ? 1 : 0;
  return interval / secondsThroughFailures(interval + costs.write, costs);
}
