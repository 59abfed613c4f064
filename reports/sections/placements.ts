import { formatFactor, formatInteger } from '../../base/format.ts';
import { formatBytes, formatPercent, formatSeconds } from '../../base/units.ts';
import type { PlacementExperiment, PlacementRun } from '../../scenarios/results.ts';
import type { BarsChart, Column, Figure, Table } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { shortName } from '../names.ts';
import { lowerBound, type ObjectiveInWords, objectiveInWords } from './placement-objective.ts';
import {
  aboveBound,
  type BestFound,
  bestFound,
  bestFoundName,
  fastestPlacement,
  fullestShare,
  inOrder,
  placementNames,
  singleDeviceInWords,
} from './placement-runs.ts';

/** Where some values are more than so many times the best, their bars are cut, or the others would all look equal. */
const CUT_FROM = 5;

/** Placements side by side by what they are compared by, with the range of their draws and the lower bound. */
export function placements(experiment: PlacementExperiment, id: string): Figure {
  const objective = objectiveInWords(experiment);
  const runs = inOrder(experiment.runs);
  const found = bestFound(experiment);
  return {
    id,
    title: titleOf(found, runs, objective),
    note: noteOf(experiment, found, objective),
    chart: bars(experiment, runs, found, objective),
    tables: [placementTable(experiment, runs, objective), boundsTable(experiment)],
    width: 'full',
  };
}

function titleOf(
  found: BestFound | undefined,
  runs: readonly PlacementRun[],
  { name, format }: ObjectiveInWords,
): string {
  if (found === undefined) return `${name} per placement`;
  const single =
    name === 'Step time' && found.run.placer !== 'single-device'
      ? `${formatFactor(found.speedUp)} as fast as ${singleDeviceInWords(runs)}, `
      : '';
  // Of what does not fit, the score is a penalty.
  const value = found.fits ? format(found.score) : 'no placement fits into memory';
  return found.fits
    ? `${name}: ${value}, ${single}by ${bestFoundName(found)}`
    : `${name}: ${value}; least beyond it is ${bestFoundName(found)}`;
}

function noteOf(
  experiment: PlacementExperiment,
  found: BestFound | undefined,
  { name, better, measureOf }: ObjectiveInWords,
): string {
  const { model, objective, runs } = experiment;
  const step = model.trainingFlopsPerSample === null ? 'inference' : 'training step';
  const drawn = runs.some(({ draws }) => draws.count > 1)
    ? ` Placers that draw have drawn several times: bars are the draw in the middle${objective === 'step-time' ? ', lines across their ends reach from the shortest to the longest' : ''}.`
    : '';
  const best =
    found?.beatsMedian === true
      ? ` The best of all draws has a bar of its own, for the portfolio of all placers: ${bestFoundName(found)}.`
      : '';
  const measured = runs.map((run) => measureOf(run) ?? 0);
  const cut =
    found !== undefined && longestBar(measured, measureOf(fastestPlacement(runs)!) ?? 0) !== null
      ? ' Bars with a gap are longer than they are drawn.'
      : '';
  const pipelined =
    objective === 'throughput'
      ? ' Of the busiest device or link: were steps pipelined, one would end so often.'
      : '';
  return `${name} of one ${step} of the whole graph; ${better} is better.${pipelined}${drawn}${best}${cut}${asIf(experiment)}`.replace(
    /^Step time of one/,
    'One',
  );
}

/** Which times are of placements that could not be had. */
function asIf({ runs, cannotFit }: PlacementExperiment): string {
  const nameOf = placementNames(runs);
  const unfit = runs.filter((run) => run.outOfMemory !== null);
  if (unfit.length === 0) return '';
  const who =
    unfit.length === runs.length
      ? `No placement ${cannotFit === null ? 'fits' : 'can fit'} into memory${cannotFit === null ? '' : ` (${shortName(cannotFit, 300)})`}`
      : `Too large for memory: ${unfit.map(nameOf).join(', ')}`;
  return ` ${who}; timed as if it fitted.`;
}

function bars(
  experiment: PlacementExperiment,
  runs: readonly PlacementRun[],
  found: BestFound | undefined,
  objective: ObjectiveInWords,
): BarsChart {
  const { bound } = objective;
  const nameOf = placementNames(runs);
  const ofSteps = experiment.objective !== 'throughput' && bound !== null;
  const most = Math.max(
    bound ?? 0,
    ...runs.map((run) => objective.measureOf(run) ?? 0),
    ...(ofSteps ? runs.map((run) => run.draws.mostSeconds) : []),
  );
  const best = fastestPlacement(runs);
  const longest = longestBar(
    runs.map((run) => objective.measureOf(run) ?? 0),
    best === undefined ? 0 : (objective.measureOf(best) ?? 0),
  );
  const { label, format, perValue } = objective.axis(longest ?? most);
  const single = singleSeconds(experiment, best, longest);
  const ownBar = found?.beatsMedian === true && found.fits;
  const barOf = (run: PlacementRun): BarsChart['bars'][number] => {
    const value = objective.measureOf(run);
    const { count, leastSeconds, mostSeconds } = run.draws;
    return {
      name: run === best && !ownBar ? `${nameOf(run)}: the best of all` : nameOf(run),
      value: (value ?? 0) * perValue,
      shown: value === null ? 'does not fit' : `${count > 1 ? 'median ' : ''}${objective.format(value)}`,
      best: run === best && !ownBar,
      ...(run.outOfMemory !== null && { hollow: true }),
      ...(ofSteps && count > 1 && { range: [leastSeconds * perValue, mostSeconds * perValue] as const }),
      tip: tipOf(run, runs, objective),
    };
  };
  const portfolio =
    ownBar && found !== undefined
      ? [
          {
            name: `Best of all draws: ${bestFoundName(found)}`,
            value: found.score * perValue,
            shown: objective.format(found.score),
            best: true,
            tip: [
              bestFoundName(found),
              'the best of all draws of all placers (the portfolio)',
              `step time ${formatSeconds(found.stepSeconds)}`,
            ],
          },
        ]
      : [];
  return {
    kind: 'bars',
    ...(longest !== null && { longest: longest * perValue }),
    x: { label, scale: 'linear', include: [0], format },
    bars: [...portfolio, ...runs.map(barOf)],
    ...(single !== null && {
      baseline: {
        value: single * perValue,
        lines: [`${objective.format(single)}: ${singleDeviceInWords(runs)}`],
      },
    }),
    bound:
      bound === null
        ? null
        : {
            value: bound * perValue,
            lines: [`${objective.format(bound)}: no placement can be faster`, '(a bound, not a measurement)'],
          },
  };
}

/** What all have to beat; null where it is beyond the axis, or where placements are compared by something else. */
function singleSeconds(
  { objective }: PlacementExperiment,
  best: PlacementRun | undefined,
  longest: number | null,
): number | null {
  if (objective !== 'step-time' || best === undefined) return null;
  const seconds = best.stepSeconds * best.speedUp;
  return longest === null || seconds <= longest ? seconds : null;
}

/** The end of the axis where bars are cut; null where they need not be. */
function longestBar(values: readonly number[], best: number): number | null {
  const most = CUT_FROM * best;
  if (best <= 0) return null;
  const kept = Math.max(...values.filter((value) => value <= most));
  // One that is not much longer than these takes no room from them.
  return Math.max(...values) > 2 * kept ? 1.2 * kept : null;
}

function tipOf(run: PlacementRun, runs: readonly PlacementRun[], objective: ObjectiveInWords): string[] {
  const value = objective.measureOf(run);
  const { count, leastSeconds, mostSeconds } = run.draws;
  const share = fullestShare(run);
  return [
    shortName(run.label, 200),
    ...(objective.name === 'Step time' || value === null
      ? []
      : [`${objective.name.toLowerCase()} ${objective.format(value)}`]),
    `step time ${formatSeconds(run.stepSeconds)}`,
    ...(count > 1
      ? [
          `${formatInteger(count)} draws: ${formatSeconds(leastSeconds)} to ${formatSeconds(mostSeconds)} a step`,
        ]
      : []),
    `speed-up ${formatFactor(run.speedUp)} over ${singleDeviceInWords(runs)}`,
    `${formatBytes(run.transferBytes)} cross devices`,
    ...(share === null ? [] : [`the fullest device needs ${formatPercent(share)} of its memory`]),
    ...(run.outOfMemory === null ? [] : ['does not fit; timed as if it fitted']),
  ];
}

function placementTable(
  experiment: PlacementExperiment,
  runs: readonly PlacementRun[],
  objective: ObjectiveInWords,
): Table {
  const bound = lowerBound(experiment);
  const column = (header: string, cell: (run: PlacementRun) => string): Column =>
    numbers(header, runs.map(cell));
  const drawn = runs.some(({ draws }) => draws.count > 1);
  const other = objective.name === 'Step time' ? [] : [objective];
  return {
    caption: `Placements${drawn ? '; of placers that draw, the draw in the middle' : ''}`,
    columns: [
      text(
        'Placement',
        runs.map(placementNames(runs)),
        runs.map((run) => run.label),
      ),
      ...other.map(({ name, measureOf, format }) =>
        column(name, (run) => {
          const value = measureOf(run);
          return value === null ? 'does not fit' : format(value);
        }),
      ),
      column(drawn ? 'Step time (median draw)' : 'Step time', (run) => formatSeconds(run.stepSeconds)),
      ...(drawn
        ? [
            column('Draws', ({ draws }) => formatInteger(draws.count)),
            column('Least – most', ({ draws: { count, leastSeconds, mostSeconds } }) =>
              count > 1 ? `${formatSeconds(leastSeconds)} – ${formatSeconds(mostSeconds)}` : '–',
            ),
          ]
        : []),
      column(`Speed-up over ${singleDeviceInWords(runs)}`, (run) => formatFactor(run.speedUp)),
      column('Step time above the lower bound (a bound, not a measurement)', (run) =>
        aboveBound(run.stepSeconds, bound),
      ),
      column('Memory of the fullest device', (run) => {
        const share = fullestShare(run);
        const shown = share === null ? '–' : formatPercent(share);
        return run.outOfMemory === null ? shown : `${shown}: does not fit`;
      }),
      column('Evaluations', (run) => formatInteger(run.evaluations)),
      column('of which did not fit', (run) => formatInteger(run.failures)),
      column('Crosses devices', (run) => formatBytes(run.transferBytes)),
      text(
        'Note',
        runs.map((run) => shortName(run.note, 80)),
        runs.map((run) => run.note),
      ),
    ],
  };
}

function boundsTable({ bounds }: PlacementExperiment): Table {
  const rows: readonly (readonly [string, number, string])[] = [
    [
      'critical path',
      bounds.criticalPathSeconds,
      'longest chain of dependent operations, each on its fastest device, transfers free',
    ],
    [
      'critical path with communication',
      bounds.communicationSeconds,
      'the same, where tensors that have to cross between devices cost what they must',
    ],
    [
      'area',
      bounds.areaSeconds,
      'all work, divided among the devices as well as fractions of operations allow',
    ],
    [
      'colocation',
      bounds.groupSeconds,
      'longest group of operations that must share a device, on the device that is best for it',
    ],
    [
      'head and tail',
      bounds.headTailSeconds,
      'work that cannot begin before the shortest way to it, or after which the shortest way to the end is left',
    ],
  ];
  const most = Math.max(...rows.map(([, seconds]) => seconds));
  return {
    caption: 'Lower bounds of the step time: none of them is a measurement; the largest counts',
    columns: [
      text(
        'Bound',
        rows.map(([name, seconds]) => (seconds === most ? `${name} (the largest)` : name)),
      ),
      text(
        'Meaning',
        rows.map(([, , meaning]) => meaning),
      ),
      numbers(
        'Seconds',
        rows.map(([, seconds]) => formatSeconds(seconds)),
      ),
      numbers(
        'Share of the largest',
        rows.map(([, seconds]) => (most > 0 ? formatPercent(seconds / most) : 'n/a')),
      ),
    ],
  };
}
