import { formatFactor } from '../../base/format.ts';
import { formatCount } from '../../base/units.ts';
import type { ParameterEffect, SweptExperiment } from '../../scenarios/results.ts';
import { type Axis, type Figure, type LinesChart, numbers, text } from '../figure.ts';
import { clip } from '../names.ts';
import { parameterNames } from './parameter-names.ts';

/** Below this, a parameter makes no difference worth a sentence. */
const NO_DIFFERENCE = 1.02;
/** Ticks that stand for values; more would overlap. */
const MOST_TICKS = 8;
/** Between values that a logarithmic axis is for. */
const WIDE = 10;

/** One figure per parameter of an experiment: how fast runs are by its values. */
export function effectFigures(
  { effects }: SweptExperiment,
  parameters: readonly string[],
  id: string,
): Figure[] {
  const names = parameterNames(parameters);
  const nameOf = (path: string): string => clip(names[parameters.indexOf(path)]!, 40);
  return effects
    .filter(({ series }) => series.length > 0)
    .map((effect, i) => ({
      id: `${id}-effect-${i + 1}`,
      title: finding(effect, nameOf(effect.parameter)),
      note: `Means over all points with the value, whatever the others are, and over seeds; the bars reach from the slowest of these to the fastest. Runs that do not fit into memory or end early are left out.`,
      chart: effectChart(effect, nameOf(effect.parameter)),
      tables: [effectTable(effect, nameOf(effect.parameter))],
      width: 'half' as const,
    }));
}

function finding({ values, series }: ParameterEffect, name: string): string {
  const found = series.flatMap(({ label, mean }) => {
    const known = mean.flatMap((rate, v) => (rate === null || rate === 0 ? [] : [{ rate, v }]));
    if (known.length < 2) return [];
    const best = known.reduce((most, other) => (other.rate > most.rate ? other : most));
    const worst = known.reduce((least, other) => (other.rate < least.rate ? other : least));
    return [{ label, best: best.v, worst: worst.v, ratio: best.rate / worst.rate }];
  });
  if (found.length === 0) return `${name}: too few runs to tell what it does`;
  const most = found.reduce((a, b) => (b.ratio > a.ratio ? b : a));
  if (most.ratio < NO_DIFFERENCE) return `${name} makes no difference of more than 2 %`;
  const ofLabel = series.length === 1 ? '' : ` by ${clip(most.label, 60)}`;
  return `${name}: ${clip(values[most.best]!, 40)} gives ${formatFactor(most.ratio)} the samples/s of ${clip(values[most.worst]!, 40)}${ofLabel}`;
}

function effectChart(effect: ParameterEffect, name: string): LinesChart {
  const { values, series } = effect;
  const places = effect.numbers ?? values.map((_, i) => i);
  return {
    kind: 'lines',
    x: valueAxis(name, values, effect.numbers),
    y: { label: 'samples/s', scale: 'linear', include: [0], format: formatCount },
    curve: 'straight',
    symbols: true,
    reference: null,
    legend: series.map(({ label }, tone) => ({ name: clip(label, 60), tone })),
    ...(series.some(({ least, most }) => least.some((rate, v) => rate !== null && rate < most[v]!))
      ? { intervals: 'from the slowest to the fastest run with the value' }
      : {}),
    panels: [
      {
        title: '',
        series: series.map(({ label, mean, least, most, runs }, tone) => {
          const at = mean.flatMap((rate, v) => (rate === null ? [] : [v]));
          return {
            name: clip(label, 60),
            tone,
            x: at.map((v) => places[v]!),
            y: at.map((v) => mean[v]!),
            // One run alone spans nothing.
            intervals: at.map((v): readonly [number, number] | null =>
              least[v]! < most[v]! ? [least[v]!, most[v]!] : null,
            ),
            tips: at.map((v) => [
              `${name}: ${clip(values[v]!, 60)}`,
              `${formatCount(mean[v]!)} samples/s, mean of ${runs[v]} run${runs[v] === 1 ? '' : 's'}`,
              `from ${formatCount(least[v]!)} to ${formatCount(most[v]!)}`,
            ]),
          };
        }),
      },
    ],
  };
}

/** Quantities where they are; anything else side by side, in the order of the sweep. */
function valueAxis(label: string, values: readonly string[], quantities: ParameterEffect['numbers']): Axis {
  const places = quantities ?? values.map((_, i) => i);
  const [first, last] = [places[0]!, places.at(-1)!];
  const step = Math.ceil(places.length / MOST_TICKS);
  const ticks = places.filter((_, i) => i % step === 0);
  const named = new Map(places.map((place, i) => [place, clip(values[i]!, 14)]));
  return {
    label,
    scale: quantities !== null && first > 0 && last / first >= WIDE ? 'log' : 'linear',
    include: quantities === null ? [-0.2, last + 0.2] : [first, last],
    ticks,
    format: (value) => named.get(value) ?? '',
  };
}

function effectTable({ parameter, values, numbers: quantities, series }: ParameterEffect, name: string) {
  const rows = series.flatMap(({ label, mean, least, most, runs }) =>
    values.map((value, v) => ({
      label,
      value,
      order: quantities?.[v] ?? v,
      mean: mean[v]!,
      least: least[v]!,
      most: most[v]!,
      runs: runs[v]!,
    })),
  );
  const rate = (of: (row: (typeof rows)[number]) => number | null) =>
    [rows.map((row) => (of(row) === null ? '–' : formatCount(of(row)!))), rows.map(of)] as const;
  return {
    caption: `Samples/s by ${clip(parameter, 80)}`,
    sortable: true,
    columns: [
      text(
        'Run',
        rows.map(({ label }) => clip(label, 80)),
        rows.map(({ label }) => label),
      ),
      numbers(
        name,
        rows.map(({ value }) => clip(value, 60)),
        rows.map(({ order }) => order),
      ),
      numbers('Mean, samples/s', ...rate((row) => row.mean)),
      numbers('Slowest, samples/s', ...rate((row) => row.least)),
      numbers('Fastest, samples/s', ...rate((row) => row.most)),
      numbers(
        'Runs',
        rows.map(({ runs }) => String(runs)),
      ),
    ],
  };
}
