import { formatCount, formatSeconds } from '../../base/units.ts';
import type { SweptExperiment, SweptRun } from '../../scenarios/results.ts';
import { type Column, numbers, type Table, text } from '../figure.ts';
import { clip } from '../names.ts';
import { parameterNames } from './parameter-names.ts';

/** The runs of an experiment, the fastest first, with what varied in columns. */
export function pointsTable({ name, best }: SweptExperiment, parameters: readonly string[]): Table {
  const names = parameterNames(parameters);
  const shown = (
    header: string,
    of: (run: SweptRun) => number | null,
    format: (value: number) => string,
  ): Column[] =>
    best.some((run) => of(run) !== null)
      ? [
          numbers(
            header,
            best.map((run) => (of(run) === null ? '–' : format(of(run)!))),
            best.map(of),
          ),
        ]
      : [];
  return {
    caption: `Runs of ${clip(name, 60)}, the fastest first`,
    sortable: true,
    columns: [
      ...shown('Point', ({ index }) => index, String),
      ...names.map((name, p) =>
        valueColumn(
          clip(name, 40),
          best.map(({ values }) => values[p]!),
        ),
      ),
      text(
        'Run',
        best.map(({ label }) => clip(label, 60)),
        best.map(({ label }) => label),
      ),
      ...(best.some(({ seeds }) => seeds > 1) ? shown('Seeds', ({ seeds }) => seeds, String) : []),
      ...shown('Step', ({ stepSeconds }) => stepSeconds, formatSeconds),
      ...shown('Samples/s', ({ samplesPerSecond }) => samplesPerSecond, formatCount),
      ...shown(
        'Speed-up',
        ({ speedUp }) => speedUp,
        (factor) => factor.toFixed(2),
      ),
      ...shown(
        '$ per million samples',
        (run) => run.dollarsPerMillionSamples,
        (dollars) => dollars.toPrecision(3),
      ),
      ...shown('J per step', ({ joulesPerStep }) => joulesPerStep, formatCount),
    ],
  };
}

/** Sorted as numbers where all begin with one. */
function valueColumn(header: string, values: readonly string[]): Column {
  const cells = values.map((value) => clip(value, 60));
  const isNumber = values.every((value) => /^-?[\d.]+(e[-+]?\d+)?$/i.test(value));
  return isNumber ? numbers(header, cells, values.map(Number)) : text(header, cells, [...values]);
}
