import { formatFactor, formatInteger } from '../../base/format.ts';
import { formatPercent, formatSeconds } from '../../base/units.ts';
import type { TrainingExperiment, TrainingRun } from '../../scenarios/results.ts';
import type { Axis, Figure, LinesChart, Series } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { error, meanError } from '../intervals.ts';
import { shortName } from '../names.ts';
import { fastest, ofSteps, type RunGroup, runGroups, runName } from '../runs.ts';

/** From this ratio of most to fewest workers on, both axes are logarithmic: the ideal stays a straight line. */
const LOG_FROM = 32;

/** Speed-up against workers, with the ideal line. */
export function speedUp(experiment: TrainingExperiment, id: string): Figure | undefined {
  const { runs } = experiment;
  const best = fastest(runs);
  const timed = runs.filter((run) => run.stepSeconds.count > 0);
  if (timed.length === 0) return undefined;
  const workers = workerCounts(runs);
  const [fewest, most] = [workers[0] ?? 1, workers.at(-1) ?? 1];
  const x = workersAxis(workers);
  const chart: LinesChart = {
    kind: 'lines',
    x,
    y: {
      label: 'Speed-up (×, against one synchronous worker)',
      scale: x.scale,
      include: x.scale === 'log' ? [fewest, most] : [0, most],
      format: (value) => formatFactor(value),
    },
    curve: 'straight',
    symbols: true,
    reference: { name: 'ideal: n workers, n times as fast', from: [fewest, fewest], to: [most, most] },
    legend: runGroups(timed),
    panels: [{ title: '', series: runGroups(timed).map((group) => lineOf(group, (run) => run.speedUp)) }],
  };
  return {
    id,
    title: best === undefined ? 'Speed-up' : `Speed-up: ${formatFactor(best.speedUp)}, by ${runName(best)}`,
    note: `Samples whose gradients were used, per simulated second, relative to one synchronous worker.${asIf(runs)}`,
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
    width: 'half',
  };
}

/** Efficiency against workers. */
export function efficiency(experiment: TrainingExperiment, id: string): Figure | undefined {
  const runs = experiment.runs.filter((run) => run.stepSeconds.count > 0);
  if (runs.length === 0) return undefined;
  const groups = runGroups(runs);
  const workers = workerCounts(runs);
  const most = workers.at(-1) ?? 1;
  const largest = runs.filter((run) => run.workers === most).toSorted((a, b) => b.efficiency - a.efficiency);
  const share = (group: RunGroup, count: number) =>
    group.runs.find((run) => run.workers === count)?.efficiency;
  return {
    id,
    title:
      largest.length === 0
        ? 'Efficiency'
        : `Efficiency: ${formatPercent(largest[0]!.efficiency)} of the ideal, by ${runName(largest[0]!)}`,
    note: `Speed-up divided by the number of workers, backups included.${aboveIdeal(runs)}`,
    chart: {
      kind: 'lines',
      x: workersAxis(workers),
      y: { label: 'Efficiency (%)', scale: 'linear', include: [0, 1], format: formatPercent },
      curve: 'straight',
      symbols: true,
      reference: { name: 'ideal: 100 %', from: [workers[0] ?? 1, 1], to: [most, 1] },
      legend: groups,
      panels: [{ title: '', series: groups.map((group) => lineOf(group, (run) => run.efficiency)) }],
    },
    tables: [
      {
        caption: 'Efficiency per number of workers',
        columns: [
          numbers('Workers', workers.map(formatInteger)),
          ...groups.map((group) =>
            numbers(
              `${group.name} (%)`,
              workers.map((count) => {
                const value = share(group, count);
                return value === undefined ? '–' : formatPercent(value);
              }),
            ),
          ),
        ],
      },
    ],
    width: 'half',
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

function workerCounts(runs: readonly TrainingRun[]): number[] {
  return [...new Set(runs.map((run) => run.workers))].sort((a, b) => a - b);
}

function workersAxis(workers: readonly number[]): Axis {
  const wide = workers.length > 1 && workers.at(-1)! / workers[0]! >= LOG_FROM;
  return {
    label: 'Workers (count)',
    scale: wide ? 'log' : 'linear',
    include: wide ? workers : [0, ...workers],
    ticks: workers,
    format: formatInteger,
  };
}

function lineOf(group: RunGroup, value: (run: TrainingRun) => number): Series {
  return {
    name: group.name,
    tone: group.tone,
    x: group.runs.map((run) => run.workers),
    y: group.runs.map(value),
    tips: group.runs.map((run) => [
      runName(run),
      `${formatInteger(run.samplesPerSecond)} samples/s`,
      `speed-up ${formatFactor(run.speedUp)}`,
      `efficiency ${formatPercent(run.efficiency)}`,
      `mean step ${formatSeconds(run.stepSeconds.mean)} ${meanError(run.stepSeconds)}`.trim(),
    ]),
  };
}

/** Why efficiency can exceed 100 %, where it does beyond what noise explains to the eye. */
function aboveIdeal(runs: readonly TrainingRun[]): string {
  const above = runs.filter((run) => run.efficiency > 1.005);
  if (above.length === 0) return '';
  const alone = above.find((run) => run.workers === 1);
  if (alone === undefined)
    return ' Above 100 %, because noise or failures cost one worker more than several.';
  return ` Above 100 %, because one worker trains faster by ${runName(alone).split(' · ')[0]} than synchronously, which is the measure.`;
}
