import type { EmpiricalDurations } from '../empirical.ts';

/*
 * A worker's step on a shared cluster, from what Chen et al. say of the times after which the k-th of 100 gradients had
 * come (Inception, batch 32, one Tesla K40 per worker, no backups), by order statistics. Where steps are independent and
 * last less than t with probability F(t), the last of n has come by t with probability F(t)^n, and the mean time of the
 * k-th is about the quantile k / (n + 1) (David & Nagaraja, Order Statistics, 2003, section 4.6).
 *
 * They say, as quantiles of one worker:
 * - mean times lie between 1.4 s and 1.8 s for most k, up to about the 96th: the floor, and quantile 96/101;
 * - the 100th takes less than 2 s with probability 0.30: F(2 s) = 0.30^(1/100) = 0.98803. The 98th then does with
 *   probability 0.88. They saw 0.80: slow steps come together a little more often than independent ones;
 * - the longest took 310 s.
 *
 * Assumed between these points, of which nothing is said but that the mean times are nearly flat before the 96th: times that are
 * evenly spread (straight lines). Beyond 2 s a power law, as the mean times of the last few rise ever more steeply, and of
 * which 310 s is the longest of 10^7 gradients, 100 each of about 10^5 steps. The power is then ln(0.01197 · 10^7) /
 * ln(310 / 2) = 2.32; were it of 10^6 or 10^8 gradients, 1.86 or 2.78.
 *
 * What the evenness matters for: were steps shorter than 2 s shifted exponentials instead, as stragglers are often modelled
 * (Lee et al., Speeding Up Distributed Machine Learning Using Codes, 2018), which would fit the three points as well, more
 * than half of them were below 1.5 s, and every further backup worker would spare a little more.
 */

interface Point {
  readonly seconds: number;
  /** Probability of more. */
  readonly exceeded: number;
}

const FLOOR: Point = { seconds: 1.4, exceeded: 1 };
const BULK: Point = { seconds: 1.8, exceeded: 1 - 96 / 101 };
const LATE: Point = { seconds: 2, exceeded: 1 - 0.3 ** (1 / 100) };
const LONGEST: Point = { seconds: 310, exceeded: 1e-7 };

/** Straight pieces that stand for the power law, evenly by logarithm. */
const PIECES = 40;

function tail(): Point[] {
  return Array.from({ length: PIECES }, (_, i) => {
    const share = (i + 1) / PIECES;
    return {
      seconds: LATE.seconds * (LONGEST.seconds / LATE.seconds) ** share,
      exceeded: LATE.exceeded * (LONGEST.exceeded / LATE.exceeded) ** share,
    };
  });
}

const POINTS: readonly Point[] = [FLOOR, BULK, LATE, ...tail(), { seconds: LONGEST.seconds, exceeded: 0 }];

const rounded = (value: number): number => Number(value.toPrecision(12));

/**
 * Factors on a step that nothing delays: times over the floor, to which the cost model's time corresponds. What was
 * measured includes fetching parameters and handing over gradients, so part of the spread may be the network's.
 */
export const revisitingSyncSgd: EmpiricalDurations = {
  id: 'revisiting-sync-sgd',
  source:
    'Chen, Pan, Monga, Bengio & Jozefowicz, Revisiting Distributed Synchronous SGD, 2016, arXiv:1604.00981: times to the k-th of 100 gradients (Inception on 100 workers with a K40 each), as the distribution of one worker by order statistics; evenly spread up to 1.8 s and a power law beyond 2 s are assumed',
  drawnPer: 'micro-batch',
  probabilities: POINTS.map(({ exceeded }) => rounded(1 - exceeded)),
  quantiles: POINTS.map(({ seconds }) => rounded(seconds / FLOOR.seconds)),
};
