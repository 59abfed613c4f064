import { formatFactor, formatInteger } from '../../base/format.ts';
import { formatCount, formatFlopRate, formatPercent, formatRate, formatSeconds } from '../../base/units.ts';
import type { PointStatus, ValidatedPoint, Validation } from '../../scenarios/validation.ts';
import type { Tone } from '../figure.ts';
import { clip } from '../names.ts';

/* What all figures on validated points share. */

/** A point that was predicted. */
export interface ShownPoint extends ValidatedPoint {
  readonly seconds: number;
  readonly measuredSeconds: number;
  readonly predicted: number;
}

export function pointsShown({ points }: Validation): ShownPoint[] {
  return points.filter((point): point is ShownPoint => point.predicted !== null);
}

const COUNTED: ReadonlySet<PointStatus> = new Set(['validated', 'cross-validated']);

/** Points that errors are of. */
export function pointsCounted(validation: Validation): ShownPoint[] {
  return pointsShown(validation).filter(({ status }) => COUNTED.has(status));
}

export const toneOf = ({ kinds }: Validation, kind: string): Tone =>
  kinds.findIndex((one) => one.kind === kind);

export function kindLegend({ kinds }: Validation): { name: string; tone: Tone }[] {
  return kinds.map(({ kind }, tone) => ({ name: kind, tone }));
}

/** Predicted over measured step time: 1 is right, 2 is twice as slow as measured. */
export const timeRatio = ({ seconds, measuredSeconds }: ShownPoint): number => seconds / measuredSeconds;

/** A value of its metric, with a unit. */
export function valueText({ metric }: Pick<ValidatedPoint, 'metric'>, value: number | null): string {
  if (value === null) return '–';
  switch (metric) {
    case 'step_time':
      return formatSeconds(value);
    case 'flops':
    case 'flops_per_device':
      return formatFlopRate(value);
    case 'bus_bandwidth':
    case 'algorithm_bandwidth':
      return formatRate(value);
    case 'utilization':
    case 'efficiency':
      return formatPercent(value);
    case 'speedup':
    case 'time_ratio':
      return formatFactor(value);
    default:
      return `${formatCount(value)}/s`;
  }
}

/** `+12.3 %` */
export function errorText(ratio: number): string {
  const percent = 100 * (ratio - 1);
  const digits = Math.abs(percent) < 100 ? percent.toFixed(1) : formatInteger(percent);
  return `${percent > 0 ? '+' : ''}${digits} %`;
}

export function pointTip(point: ShownPoint): string[] {
  const { source, claim, label, devices, device, predicted, measured, interval, status, why } = point;
  const count = devices === null ? '' : `${formatInteger(devices)} × `;
  return [
    `${source}: ${errorText(predicted / measured)}`,
    clip(claim, 80),
    ...(label === '' ? [] : [clip(label, 120)]),
    ...(device === '' ? [] : [`${count}${device}`]),
    `predicted ${valueText(point, predicted)}, measured ${valueText(point, measured)}`,
    ...(interval === null
      ? []
      : [`80 % interval ${valueText(point, interval[0])} to ${valueText(point, interval[1])}`]),
    ...(status === 'validated' ? [] : [status]),
    ...(why === '' ? [] : [clip(why, 120)]),
  ];
}
