import { invariant } from '../base/errors.ts';

/**
 * What an accumulator does with gradients, without doing arithmetic: the simulator and the executor both ask this
 * one state machine, so that timing and numbers cannot disagree (TensorFlow's ConditionalAccumulator; OSDI'16,
 * section 4.4).
 */
export class AccumulatorState {
  /** Gradients computed from parameters older than this step are dropped. */
  step = 0;
  /** Gradients of the current step so far. */
  count = 0;
  private readonly required: number;

  constructor(required: number) {
    invariant(
      Number.isInteger(required) && required > 0,
      `an accumulator cannot wait for ${required} gradients`,
    );
    this.required = required;
  }

  /**
   * Offers a gradient computed from the parameters of step `localStep`. The `required`-th of a step completes it
   * at once: whatever comes later for it is late.
   */
  apply(localStep: number): 'accepted' | 'completed' | 'dropped' {
    if (localStep < this.step) return 'dropped';
    this.count++;
    if (this.count < this.required) return 'accepted';
    this.count = 0;
    this.step++;
    return 'completed';
  }
}

/** Who may begin a step under stale synchronous parallel (Ho et al., NIPS 2013, section 2). */
export class StepClockState {
  /** Per worker: steps that it has ended. */
  private readonly ended: Int32Array;
  private readonly bound: number;

  constructor(workers: number, bound: number) {
    this.ended = new Int32Array(workers);
    this.bound = bound;
  }

  /** The worker has ended a step. */
  tick(worker: number): void {
    this.ended[worker]!++;
  }

  /** Whether the worker may begin its next step: nobody has ended fewer steps than it by more than the bound. */
  mayBegin(worker: number): boolean {
    return this.slowest() >= this.ended[worker]! - this.bound;
  }

  /** Steps that all have ended. */
  slowest(): number {
    return this.ended.reduce((least, count) => Math.min(least, count), Number.POSITIVE_INFINITY);
  }
}

/** A queue of capacity one that keeps the newest token: a late worker goes on from the newest parameters. */
export class TokenQueue {
  private token: number | undefined;

  constructor(first?: number) {
    this.token = first;
  }

  put(token: number): void {
    this.token = token;
  }

  take(): number | undefined {
    const token = this.token;
    this.token = undefined;
    return token;
  }
}
