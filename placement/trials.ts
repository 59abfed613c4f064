import type { Placement, PlacerContext, PlacerResult } from './placer.ts';

/** The evaluations of a search: counts them, and keeps the best placement. Ties: the first. */
export class Trials {
  count = 0;
  failures = 0;
  bestScore = Number.POSITIVE_INFINITY;
  best: Placement;
  private bestPriority: Float64Array | undefined;
  private readonly context: PlacerContext;
  private readonly limit: number;
  private readonly history: [number, number][] = [];

  /** At most `context.evaluations`, or else `evaluations`, evaluations. */
  constructor(context: PlacerContext, evaluations: number, taskCount: number) {
    this.context = context;
    this.limit = context.evaluations ?? evaluations;
    this.best = new Int32Array(taskCount);
  }

  /** Whether a search may evaluate once more. */
  get mayGoOn(): boolean {
    return this.count < this.limit && this.context.expired?.() !== true;
  }

  /** Share of the evaluations that are done. */
  get share(): number {
    return this.limit === 0 ? 1 : Math.min(1, this.count / this.limit);
  }

  /** Scores a placement (see PlacerContext.evaluate); a priority per task counts where `evaluateOrdered` is there. */
  score(placement: Placement, priority?: Float64Array): number {
    const { evaluate, evaluateOrdered, failing, progress } = this.context;
    const ordered = priority !== undefined && evaluateOrdered !== undefined;
    const score = ordered ? evaluateOrdered(placement, priority) : evaluate(placement);
    this.count++;
    if (!(score < failing)) this.failures++;
    if (score < this.bestScore || this.count === 1) {
      this.bestScore = score;
      this.best = placement.slice();
      this.bestPriority = ordered ? priority.slice() : undefined;
      this.history.push([this.count, score]);
    }
    if (this.count % 64 === 0) progress?.(this.share, this.bestScore);
    return score;
  }

  /** The best placement as what a placer returns. */
  result(note?: string): PlacerResult {
    return {
      placement: this.best,
      ...(this.bestPriority !== undefined && { priority: this.bestPriority }),
      evaluations: this.count,
      failures: this.failures,
      history: this.history,
      ...(note !== undefined && { note }),
    };
  }
}
