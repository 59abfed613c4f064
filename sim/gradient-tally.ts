import type { Program } from './program.ts';

/**
 * Gradients that were applied and dropped, and how stale the applied ones were: so many updates did a variable see between
 * a worker's read of it and the update that takes the gradient, that one not counted. Gradients that an accumulator adds
 * up are each as stale as its own worker's read makes it.
 */
export class GradientTally {
  applied = 0;
  /** Per loop: gradients of its that were dropped. */
  readonly dropped: Int32Array;
  /** How many of the applied gradients were 0, 1, 2 … updates stale. */
  readonly staleness: number[] = [];
  /** Per variable: how often it was updated. */
  private readonly version: Int32Array;
  /** Per loop and variable: the version that the loop last read. */
  private readonly readVersion: Int32Array;
  /** Per accumulator: the variable that its sums update, −1 where none does; and what each sum waits for. */
  private readonly target: Int32Array;
  private readonly required: Int32Array;
  /** Per accumulator: the versions that its gradients were computed from, of those that no update has taken yet. */
  private readonly pending: number[][];

  constructor({ loops, accumulators, variableCount }: Program) {
    this.dropped = new Int32Array(loops.length);
    this.version = new Int32Array(variableCount);
    this.readVersion = new Int32Array(loops.length * variableCount);
    this.required = Int32Array.from(accumulators, ({ required }) => required);
    this.pending = accumulators.map(() => []);
    this.target = new Int32Array(accumulators.length).fill(-1);
    for (const { sum, use, resource } of loops) {
      for (const [activity, of] of sum?.entries() ?? []) {
        if (of >= 0) this.target[resource[of]!] = resource[use[activity]!]!;
      }
    }
  }

  read(loop: number, variable: number): void {
    this.readVersion[loop * this.version.length + variable] = this.version[variable]!;
  }

  /** An accumulator takes a gradient of the loop's. */
  accept(loop: number, accumulator: number): void {
    const variable = this.target[accumulator]!;
    if (variable < 0) this.count(0);
    else this.pending[accumulator]!.push(this.readVersion[loop * this.version.length + variable]!);
  }

  drop(loop: number): void {
    this.dropped[loop]!++;
  }

  /** A variable is updated from a gradient of the loop's own. */
  update(loop: number, variable: number): void {
    this.count(this.version[variable]! - this.readVersion[loop * this.version.length + variable]!);
    this.version[variable]!++;
  }

  /** A variable is updated from the oldest sum of an accumulator, or (−1) from what is no gradient of a replica's. */
  updateBySum(variable: number, accumulator: number): void {
    const now = this.version[variable]!;
    const taken = accumulator < 0 ? [] : this.pending[accumulator]!.splice(0, this.required[accumulator]!);
    for (const read of taken) this.count(now - read);
    this.version[variable]!++;
  }

  /** Sums that nobody has taken are lost. */
  forgetSums(): void {
    for (const pending of this.pending) pending.length = 0;
  }

  private count(staleness: number): void {
    this.applied++;
    while (this.staleness.length <= staleness) this.staleness.push(0);
    this.staleness[staleness]!++;
  }
}
