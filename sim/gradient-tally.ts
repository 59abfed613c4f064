/** Gradients that were applied and dropped, and how stale the applied ones were. */
export class GradientTally {
  applied = 0;
  dropped = 0;
  stalenessSum = 0;
  stalenessMax = 0;
  /** Per variable: how often it was updated. */
  private readonly version: Int32Array;
  /** Per loop and variable: the version that the loop last read. */
  private readonly readVersion: Int32Array;

  constructor(loops: number, variables: number) {
    this.version = new Int32Array(variables);
    this.readVersion = new Int32Array(loops * variables);
  }

  read(loop: number, variable: number): void {
    this.readVersion[loop * this.version.length + variable] = this.version[variable]!;
  }

  /** A variable is updated: from the gradient of the loop's own replica, or from a sum, whose gradients count apart. */
  update(loop: number, variable: number, own: boolean): void {
    if (own) this.apply(this.version[variable]! - this.readVersion[loop * this.version.length + variable]!);
    this.version[variable]!++;
  }

  /** `staleness`: updates that the variable saw since the gradient's worker read it. */
  apply(staleness: number): void {
    this.applied++;
    this.stalenessSum += staleness;
    if (staleness > this.stalenessMax) this.stalenessMax = staleness;
  }
}
