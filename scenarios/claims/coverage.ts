import { getOrMake } from '../../base/get-or-make.ts';
import { mean } from '../../base/statistics.ts';
import type { Coverage } from '../validation.ts';
import {
  type Interval,
  intervalFor,
  type LearntIntervals,
  learnIntervals,
  type Residual,
} from './intervals.ts';

/** One residual with the interval that all other sources give it. */
export interface HeldOut {
  readonly residual: Residual;
  readonly interval: Interval | undefined;
}

/** Leaves one source out after the other, and tells its points by the others; in the order of `residuals`. */
export function heldOutIntervals(
  residuals: readonly Residual[],
  measuredDevices: readonly string[],
): HeldOut[] {
  const learntWithout = new Map<string, LearntIntervals>();
  return residuals.map((residual) => {
    const learnt = getOrMake(learntWithout, residual.source, () =>
      learnIntervals(
        residuals.filter(({ source }) => source !== residual.source),
        measuredDevices,
      ),
    );
    return { residual, interval: intervalFor(residual.question, learnt) };
  });
}

/** How often points are within the intervals of others, per kind of question and over all, every source with the same weight. */
export function coverageOf(heldOut: readonly HeldOut[]): Coverage['of'] {
  const groups = new Map<string, { source: string; covered: number; width: number }[]>();
  for (const { residual, interval } of heldOut) {
    if (interval === undefined) continue;
    const { kind, from } = residual.question;
    const reach = Math.log(interval.factor);
    const one = {
      source: residual.source,
      covered: Math.abs(residual.log) <= reach ? 1 : 0,
      width: 2 * reach,
    };
    for (const question of ['all', from === 'measured' ? `${kind}, scaling` : kind])
      getOrMake(groups, question, () => []).push(one);
  }
  return [...groups].map(([question, group]) => {
    const bySource = new Map<string, typeof group>();
    for (const one of group) getOrMake(bySource, one.source, () => []).push(one);
    const meanOf = (key: 'covered' | 'width'): number =>
      mean([...bySource.values()].map((points) => mean(points.map((point) => point[key]))));
    return {
      question,
      points: group.length,
      sources: bySource.size,
      covered: meanOf('covered'),
      width: Math.exp(meanOf('width')),
    };
  });
}
