import { mean } from '../../base/statistics.ts';

export interface AdvantageOptions {
  /** Share that the moving average keeps at each update. */
  readonly decay: number;
  /** Share of the evaluations after which placements that do not fit into memory no longer count. */
  readonly failuresCountUntil: number;
}

/**
 * How much better than usual the placements of an update are, as in "Device placement optimization with reinforcement
 * learning" (ICML'17, section 3.1): the reward is −√(seconds), here of seconds in units of `unit` (a lower bound), and the
 * baseline a moving average of the updates' mean rewards, which begins at the first one.
 *
 * A placement that does not fit gets the failing signal: the reward of one that takes twice as long as the slowest so far,
 * or as `slow` where none fitted, and the longer, the less it fits. The paper's constant of 100 s would drown all
 * differences between steps of milliseconds. Late in the search such placements no longer count at all (there: after
 * 5,000 updates), once any has fitted.
 */
export class Advantages {
  private readonly unit: number;
  private readonly failing: number;
  private readonly options: AdvantageOptions;
  private slowest: number;
  private anyFitted = false;
  private baseline: number | undefined;

  /** `failing`: see PlacerContext. */
  constructor(unit: number, slow: number, failing: number, options: AdvantageOptions) {
    this.unit = unit > 0 ? unit : 1;
    this.slowest = Math.max(slow, this.unit);
    this.failing = failing;
    this.options = options;
  }

  /** Per sample of an update, by its score; 0 for those that do not count. `share`: of the evaluations that are done. */
  of(scores: ArrayLike<number>, share: number): Float64Array {
    const fits = Array.from(scores, (score) => score < this.failing);
    for (const [i, fit] of fits.entries()) {
      if (!fit) continue;
      this.slowest = this.anyFitted ? Math.max(this.slowest, scores[i]!) : scores[i]!;
      this.anyFitted = true;
    }
    const onlyFitting = this.anyFitted && share >= this.options.failuresCountUntil;
    const counts = fits.map((fit) => fit || !onlyFitting);
    const rewards = Float64Array.from(
      fits,
      (fit, i) => -Math.sqrt((fit ? scores[i]! : this.signal(scores[i]!)) / this.unit),
    );
    const counted = rewards.filter((_, i) => counts[i]);
    if (counted.length === 0) return new Float64Array(rewards.length);
    const { decay } = this.options;
    const before = this.baseline ?? mean(counted);
    this.baseline = decay * before + (1 - decay) * mean(counted);
    return rewards.map((reward, i) => (counts[i] ? reward - before : 0));
  }

  /** Seconds that a placement counts as that does not fit. */
  private signal(score: number): number {
    const times = Number.isFinite(this.failing) && this.failing > 0 ? Math.min(4, score / this.failing) : 1;
    return 2 * this.slowest * (Number.isNaN(times) ? 1 : times);
  }
}
