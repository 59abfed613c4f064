import { formatFactor, formatInteger } from '../../base/format.ts';
import { capital } from '../../base/text.ts';
import { formatPercent, formatSeconds } from '../../base/units.ts';
import type { TrainingExperiment, TrainingRun } from '../../scenarios/results.ts';
import type { Axis, Figure, LinesChart, Series } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { error, meanError } from '../intervals.ts';
import { shortName } from '../names.ts';
import {
  dimensionOf,
  isOfServers,
  isOfWorkers,
  type RunGroup,
  type RunPanel,
  runGroups,
  runPanels,
  valuesOf,
} from '../run-groups.ts';
import { fastest, ofSteps, runNames } from '../runs.ts';
import { intervalOf, rangeInWords } from './choices.ts';

/** From this ratio of most to fewest on, both axes are logarithmic: the ideal stays a straight line. */
const LOG_FROM = 32;

/** Speed-up against workers, with the ideal line; or against servers or backup workers, where those are compared. */
export function speedUp(experiment: TrainingExperiment, id: string): Figure | undefined {
  const { runs, baseline } = experiment;
  const best = fastest(runs);
  const timed = runs.filter((run) => run.stepSeconds.count > 0);
  if (timed.length === 0) return undefined;
  const nameOf = runNames(runs);
  // At one place there is no line; the choices side by side are a chart of their own.
  const chart = axisOf(timed).ticks!.length === 1 ? null : speedUpLines(experiment);
  return {
    id,
    title: best === undefined ? 'Speed-up' : `Speed-up: ${formatFactor(best.speedUp)}, by ${nameOf(best)}`,
    note: `Samples whose gradients were used, per simulated second, relative to ${baseline}.${asIf(runs)}`,
    chart,
    tables: [
      {
        caption: 'Throughput, speed-up and efficiency per run',
        columns: [
          text(
            'Strategy',
            runs.map((run) => shortName(run.label)),
            runs.map((run) => run.label),
          ),
          numbers(
            'Workers',
            runs.map((run) => formatInteger(run.workers)),
          ),
          numbers(
            'of them backups',
            runs.map((run) => formatInteger(Number(run.options.backups ?? 0))),
          ),
          numbers(
            'Parameter servers',
            runs.map((run) => formatInteger(run.parameterServers)),
          ),
          numbers(
            'Updates',
            runs.map((run) => formatInteger(run.updates)),
          ),
          numbers(
            'Samples per update',
            runs.map((run) => formatInteger(run.samplesPerUpdate)),
          ),
          numbers(
            'Simulated time',
            runs.map((run) => formatSeconds(run.simulatedSeconds)),
          ),
          numbers(
            'Samples/s',
            runs.map((run) => ofSteps(run, formatInteger(run.samplesPerSecond))),
          ),
          numbers(
            'Speed-up',
            runs.map((run) => ofSteps(run, formatFactor(run.speedUp))),
          ),
          ...(experiment.trials > 1
            ? [
                numbers(
                  'its error',
                  runs.map((run) => error(run.speedUp, run.speedUpInterval)),
                ),
              ]
            : []),
          numbers(
            'Efficiency',
            runs.map((run) => ofSteps(run, formatPercent(run.efficiency))),
          ),
        ],
      },
    ],
    width: chart !== null && chart.panels.length === 1 ? 'half' : 'full',
  };
}

/** What both figures together say; undefined where no run reaches its end. */
export function scalingFinding({ runs, baseline }: TrainingExperiment): string | undefined {
  const best = fastest(runs);
  if (best === undefined) return undefined;
  return `${capital(runNames(runs)(best))}: ${formatFactor(best.speedUp)} as fast as ${baseline}; ${formatPercent(best.efficiency)} of the ideal`;
}

function speedUpLines({ runs, baseline }: TrainingExperiment): LinesChart {
  const timed = runs.filter((run) => run.stepSeconds.count > 0);
  const values = valuesOf(dimensionOf(runs), timed).filter((value) => value > 0);
  const [fewest, most] = [values[0] ?? 1, values.at(-1) ?? 1];
  const x = axisOf(timed);
  const ofWorkers = isOfWorkers(dimensionOf(runs));
  return {
    kind: 'lines',
    x,
    y: {
      label: `Speed-up (×, against ${baseline.split(',')[0]})`,
      scale: x.scale,
      include: !ofWorkers ? (x.scale === 'log' ? [] : [0]) : x.scale === 'log' ? [fewest, most] : [0, most],
      format: (value) => formatFactor(value),
    },
    curve: 'straight',
    symbols: true,
    reference: ofWorkers
      ? { name: 'ideal: n workers, n times as fast', from: [fewest, fewest], to: [most, most] }
      : null,
    ...panelsOf(timed, runNames(runs), (run) => run.speedUp, intervalOf),
    intervals: rangeInWords(timed),
  };
}

/** Efficiency against the same; undefined where that is one place, at which it would repeat the speed-up. */
export function efficiency(experiment: TrainingExperiment, id: string): Figure | undefined {
  const runs = experiment.runs.filter((run) => run.stepSeconds.count > 0);
  if (runs.length === 0) return undefined;
  const nameOf = runNames(experiment.runs);
  const dimension = dimensionOf(runs);
  const values = axisOf(runs).ticks!;
  if (values.length === 1) return undefined;
  const most = Math.max(...runs.map((run) => run.workers));
  const fitting = runs.filter((run) => run.outOfMemory === null);
  // More workers are the harder; of more servers or backups nobody knows.
  const told = (fitting.some((run) => run.workers === most) ? fitting : runs)
    .filter((run) => run.workers === most || !isOfWorkers(dimension))
    .toSorted((a, b) => b.efficiency - a.efficiency)[0]!;
  const panels = panelsOf(
    runs,
    nameOf,
    (run) => run.efficiency,
    (run) => {
      const interval = intervalOf(run);
      return interval === null ? null : [interval[0] / run.workers, interval[1] / run.workers];
    },
  );
  return {
    id,
    title: `Efficiency: ${formatPercent(told.efficiency)} of the ideal, by ${nameOf(told)}`,
    note: `Speed-up divided by the number of workers, backups included.${aboveIdeal(runs)}`,
    chart: {
      kind: 'lines',
      x: axisOf(runs),
      y: { label: 'Efficiency (%)', scale: 'linear', include: [0, 1], format: formatPercent },
      curve: 'straight',
      symbols: true,
      reference: { name: 'ideal: 100 %', from: [values[0] ?? 1, 1], to: [values.at(-1) ?? 1, 1] },
      intervals: rangeInWords(runs),
      ...panels,
    },
    tables: panels.panels.map((panel) => ({
      caption: `Efficiency${panel.title === '' ? '' : `, ${panel.title}`}`,
      columns: [
        numbers(dimension.axis.replace(/ \(.*/, ''), values.map(formatInteger)),
        ...panel.series.map(({ name, x, y }) =>
          numbers(
            `${name} (%)`,
            values.map((value) => {
              const at = x.indexOf(value);
              return at < 0 ? '–' : formatPercent(y[at]!);
            }),
          ),
        ),
      ],
    })),
    width: panels.panels.length > 1 ? 'full' : 'half',
  };
}

/** What is shown of runs that could not be had. */
function asIf(runs: readonly TrainingRun[]): string {
  const unfit = runs.filter((run) => run.outOfMemory !== null).length;
  const early = runs.filter((run) => run.stopped !== null).length;
  return [
    unfit > 0
      ? ` ${unfit === runs.length ? 'No run fits' : 'Not all runs fit'} into memory: as if they did.`
      : '',
    early > 0 ? ` Runs that end early: of the steps until then.` : '',
  ].join('');
}

function axisOf(runs: readonly TrainingRun[]): Axis {
  const dimension = dimensionOf(runs);
  const values = valuesOf(dimension, runs).filter((value) => value > 0 || !isOfServers(dimension));
  const wide = values.length > 1 && values[0]! > 0 && values.at(-1)! / values[0]! >= LOG_FROM;
  return {
    label: wide ? dimension.axis.replace(/\)$/, ', logarithmic)') : dimension.axis,
    scale: wide ? 'log' : 'linear',
    include: wide ? values : [0, ...values],
    ticks: values,
    format: formatInteger,
  };
}

/** A panel for each value of what is not on the axis, with a line per strategy. */
function panelsOf(
  runs: readonly TrainingRun[],
  nameOf: (run: TrainingRun) => string,
  value: (run: TrainingRun) => number,
  interval: (run: TrainingRun) => readonly [number, number] | null,
): Pick<LinesChart, 'legend' | 'panels'> {
  const groups = runGroups(runs);
  const dimension = dimensionOf(runs);
  const values = valuesOf(dimension, runs).filter((at) => at > 0);
  const line = (group: RunGroup, { includes }: RunPanel): Series => {
    // A strategy without servers does the same beside any number of them.
    const shown = group.runs
      .filter(includes)
      .flatMap((run) =>
        isOfServers(dimension) && dimension.of(run) === 0
          ? values.map((at) => ({ run, at }))
          : [{ run, at: dimension.of(run) }],
      );
    return {
      name: group.name,
      tone: group.tone,
      x: shown.map(({ at }) => at),
      y: shown.map(({ run }) => value(run)),
      intervals: shown.map(({ run }) => interval(run)),
      tips: shown.map(({ run }) => tipOf(run, nameOf)),
    };
  };
  return {
    legend: groups,
    panels: runPanels(runs).map((panel) => ({
      title: panel.title,
      series: groups.map((group) => line(group, panel)).filter(({ x }) => x.length > 0),
    })),
  };
}

function tipOf(run: TrainingRun, nameOf: (run: TrainingRun) => string): string[] {
  return [
    nameOf(run),
    `${formatInteger(run.samplesPerSecond)} samples/s`,
    `speed-up ${formatFactor(run.speedUp)}`,
    `efficiency ${formatPercent(run.efficiency)}`,
    `mean step ${formatSeconds(run.stepSeconds.mean)} ${meanError(run.stepSeconds)}`.trim(),
  ];
}

/** Why efficiency can exceed 100 %, where it does beyond what noise explains to the eye. */
function aboveIdeal(runs: readonly TrainingRun[]): string {
  const above = runs.filter((run) => run.efficiency > 1.005);
  if (above.length === 0) return '';
  const alone = above.find((run) => run.workers === 1);
  if (alone === undefined)
    return ' Above 100 %, because noise or failures cost one worker more than several.';
  return ` Above 100 %, because one worker trains faster by ${shortName(alone.label, 48)} than synchronously, which is the measure.`;
}
