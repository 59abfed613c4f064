import { formatFactor, formatInteger } from '../../base/format.ts';
import type { Validation } from '../../scenarios/validation.ts';
import type { Axis, Figure, StripsChart } from '../figure.ts';
import {
  kindLegend,
  pointsCounted,
  pointTip,
  type ShownPoint,
  timeRatio,
  toneOf,
} from './validated-points.ts';

/** Errors by the number of devices: whether predictions go astray as clusters grow. */
export function residualsBySize(validation: Validation, id: string): Figure | undefined {
  const points = pointsCounted(validation).filter(({ devices }) => devices !== null);
  if (points.length === 0) return undefined;
  const most = points.reduce((a, { devices }) => Math.max(a, devices!), 2);
  return {
    id,
    title: 'Errors by number of devices',
    note: 'Predicted over measured time of a step: above 1, predicted slower than measured.',
    chart: {
      kind: 'scatter',
      x: { label: 'devices', scale: 'log', include: [1, most], format: formatInteger },
      y: ratioAxis(points),
      square: false,
      ideal: { name: 'predicted = measured', from: [1, 1], to: [most, 1] },
      legend: kindLegend(validation),
      points: points.map((point) => ({
        x: point.devices!,
        y: timeRatio(point),
        tone: toneOf(validation, point.kind),
        hollow: false,
        interval: null,
        tip: pointTip(point),
      })),
    },
    tables: [],
    width: 'full',
  };
}

/** Errors by kind of question and what its devices divide. */
export function residualsByStrategy(validation: Validation, id: string): Figure | undefined {
  const nameOf = ({ kind, strategy }: ShownPoint): string =>
    strategy === '' ? kind : `${kind}: ${strategy}`;
  const chart = strips(validation, nameOf);
  if (chart === undefined) return undefined;
  return {
    id,
    title: 'Errors by kind of question and strategy',
    note: 'Predicted over measured time of a step. Bars hold the middle 80 % of points, the mark in them is the median.',
    chart,
    tables: [],
    width: 'half',
  };
}

export function residualsBySource(validation: Validation, id: string): Figure | undefined {
  const chart = strips(validation, ({ source }) => source);
  if (chart === undefined) return undefined;
  return {
    id,
    title: 'Errors by source',
    note: 'Predicted over measured time of a step. A source whose points all lie to one side differs from what the catalog knows of its hardware or software.',
    chart,
    tables: [],
    width: 'half',
  };
}

function strips(validation: Validation, nameOf: (point: ShownPoint) => string): StripsChart | undefined {
  const points = pointsCounted(validation);
  if (points.length === 0) return undefined;
  const groups = new Map<string, ShownPoint[]>();
  for (const point of points) {
    const name = nameOf(point);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [point]);
    else group.push(point);
  }
  const rows = [...groups].map(([name, group]) => {
    const ratios = group.map(timeRatio).sort((a, b) => a - b);
    const at = (q: number): number => ratios[Math.round(q * (ratios.length - 1))]!;
    return {
      name: `${name} (${formatInteger(group.length)})`,
      median: at(0.5),
      middle: [at(0.1), at(0.9)] as const,
      points: group.map((point) => ({
        x: timeRatio(point),
        tone: toneOf(validation, point.kind),
        tip: pointTip(point),
      })),
    };
  });
  rows.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { kind: 'strips', x: ratioAxis(points), ideal: 1, legend: kindLegend(validation), rows };
}

function ratioAxis(points: readonly ShownPoint[]): Axis {
  const ratios = points.map(timeRatio);
  const [least, most] = [
    ratios.reduce((a, b) => Math.min(a, b), 0.5),
    ratios.reduce((a, b) => Math.max(a, b), 2),
  ];
  return { label: 'predicted / measured', scale: 'log', include: [least, most], format: formatFactor };
}
