import { formatSeconds } from '../../base/units.ts';
import type { Validation } from '../../scenarios/validation.ts';
import type { Figure, ScatterPoint } from '../figure.ts';
import { kindLegend, pointsShown, pointTip, toneOf } from './validated-points.ts';

/** Predicted against measured step times of all points, with the interval of each that counts. */
export function predictedMeasured(validation: Validation, id: string): Figure | undefined {
  const shown = pointsShown(validation);
  if (shown.length === 0) return undefined;
  const points = shown.map((point): ScatterPoint => {
    const { interval, seconds, predicted } = point;
    const perValue = seconds / predicted;
    return {
      x: point.measuredSeconds,
      y: seconds,
      tone: toneOf(validation, point.kind),
      hollow: point.status !== 'validated' && point.status !== 'cross-validated',
      // The interval is as wide in seconds as in the metric: both are factors.
      interval: interval === null ? null : [interval[0] * perValue, interval[1] * perValue],
      tip: pointTip(point),
    };
  });
  const ends = points.flatMap(({ x, y }) => [x, y]);
  const [least, most] = [least_(ends), most_(ends)];
  return {
    id,
    title: 'Predicted against measured time of a step',
    note: 'Each point is a measurement, on the line where prediction and measurement agree. Thin lines: the 80 % interval that measurements of other sources give it. Hollow: shown but not counted (fitted, started from, or recalled). Rates and ratios are shown as the step time that they come from.',
    chart: {
      kind: 'scatter',
      x: { label: 'measured', scale: 'log', include: [least, most], format: formatSeconds },
      y: { label: 'predicted', scale: 'log', include: [least, most], format: formatSeconds },
      square: true,
      ideal: { name: 'predicted = measured', from: [least, least], to: [most, most] },
      legend: kindLegend(validation),
      points,
    },
    tables: [],
    width: 'full',
  };
}

/** Math.min and Math.max take no lists of many thousands. */
const least_ = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b));
const most_ = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b));
