import { getOrMake } from '../../base/get-or-make.ts';
import { mean, rankCorrelation } from '../../base/statistics.ts';
import type { PointStatus, Score, ValidatedPoint } from '../validation.ts';

/** Statuses of points that are held against us. */
const COUNTED: ReadonlySet<PointStatus> = new Set(['validated', 'cross-validated']);

export const counts = ({ status }: Pick<ValidatedPoint, 'status'>): boolean => COUNTED.has(status);

/** How near predictions come to measurements, over `points` at these places of the list. */
export function scoreOf(all: readonly ValidatedPoint[], places: readonly number[]): Score {
  const counted = places.filter((i) => counts(all[i]!));
  const errors = (by: 'predicted' | 'constant' | 'roofline'): number[] =>
    counted.flatMap((i) => {
      const { [by]: value, measured } = all[i]!;
      return value === null ? [] : [value / measured - 1];
    });
  const percent = (by: 'predicted' | 'constant' | 'roofline'): number => 100 * mean(errors(by).map(Math.abs));
  const logError = (i: number): number => Math.abs(Math.log(all[i]!.predicted! / all[i]!.measured));
  return {
    counted: counted.length,
    meanAbsolutePercent: percent('predicted'),
    biasPercent: 100 * mean(errors('predicted')),
    worst:
      counted.length === 0 ? null : counted.reduce((worst, i) => (logError(i) > logError(worst) ? i : worst)),
    rankCorrelation: orderOf(places.map((i) => all[i]!).filter(({ status }) => ORDERED.has(status))),
    constantPercent: percent('constant'),
    rooflinePercent: percent('roofline'),
  };
}

const ORDERED: ReadonlySet<PointStatus> = new Set(['validated', 'cross-validated', 'ordering']);

/** Mean over metrics, whose values cannot be compared with each other, weighted by their points. */
function orderOf(points: readonly ValidatedPoint[]): number | null {
  let [sum, count] = [0, 0];
  const byMetric = new Map<string, ValidatedPoint[]>();
  for (const point of points) getOrMake(byMetric, point.metric, () => []).push(point);
  for (const group of byMetric.values()) {
    if (group.length < FEWEST_TO_ORDER) continue;
    const order = rankCorrelation(
      group.map(({ measured }) => measured),
      group.map(({ predicted }) => predicted!),
    );
    if (order === undefined) continue;
    sum += order * group.length;
    count += group.length;
  }
  return count === 0 ? null : sum / count;
}

const FEWEST_TO_ORDER = 3;
