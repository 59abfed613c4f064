/** Gradients that were applied and dropped, and how stale the applied ones were. */
export class GradientTally {
  applied = 0;
  dropped = 0;
  stalenessSum = 0;
  stalenessMax = 0;

  /** `staleness`: updates that the variable saw since the gradient's worker read it. */
  apply(staleness: number): void {
    this.applied++;
    this.stalenessSum += staleness;
    if (staleness > this.stalenessMax) this.stalenessMax = staleness;
  }
}
