import { formatInteger } from '../../base/format.ts';
import { formatPercent, formatSeconds } from '../../base/units.ts';
import type { StepDistribution, TrainingRun } from '../../scenarios/results.ts';
import type { LinesChart, Series, Table } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { ASKED_WORKERS, runGroups, valuesOf } from '../run-groups.ts';
import { workersText } from '../runs.ts';
import { timeUnit } from '../time-unit.ts';

/** So many numbers of workers get a panel, the largest ones. */
const MOST_PANELS = 6;
/** Times that differ by more than this factor are drawn on a logarithmic axis. */
const LONG_TAIL = 12;
/** Shares of the steps that symbols stand at, and those of the table. */
const MARKED = [0.5, 0.9, 0.99];
const LISTED = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1];

/** Share of the steps that took at most so long: a panel per number of workers, a line per strategy. */
export function distributionChart(
  runs: readonly TrainingRun[],
  nameOf: (run: TrainingRun) => string,
): LinesChart {
  const drawn = runs.filter((run) => run.stepDistribution !== null);
  const groups = runGroups(drawn, ASKED_WORKERS);
  const counts = valuesOf(ASKED_WORKERS, drawn).slice(-MOST_PANELS);
  const times = drawn.flatMap(({ stepDistribution }) => stepDistribution!.seconds);
  const [least, most] = [Math.min(...times), Math.max(...times)];
  const unit = timeUnit(most);
  const line = (run: TrainingRun, name: string, tone: number): Series => {
    const { seconds } = run.stepDistribution!;
    const share = sharesOf(run.stepDistribution!);
    return {
      name,
      tone,
      x: seconds.map((value) => value * unit.perSecond),
      y: share,
      tips: seconds.map((value, i) => [
        nameOf(run),
        `${formatPercent(share[i]!)} of the steps take at most ${formatSeconds(value)}`,
        `p50 ${formatSeconds(run.stepSeconds.p50)}, p90 ${formatSeconds(run.stepSeconds.p90)}, p99 ${formatSeconds(run.stepSeconds.p99)}`,
      ]),
      marked: MARKED.map((q) => reaching(run.stepDistribution!, q)),
    };
  };
  return {
    kind: 'lines',
    x: {
      label: `Step time (${unit.name})`,
      scale: least > 0 && most / least > LONG_TAIL ? 'log' : 'linear',
      include: [],
      format: (value) => String(Number(value.toPrecision(3))),
    },
    y: {
      label: 'Share of the steps (%)',
      scale: 'linear',
      include: [0, 1],
      ticks: [0, 0.25, ...MARKED],
      format: formatPercent,
    },
    curve: 'step',
    symbols: false,
    reference: null,
    legend: groups,
    panels: counts.map((count) => ({
      title: counts.length === 1 ? '' : workersText(count),
      series: groups.flatMap((group) =>
        group.runs
          .filter((run) => ASKED_WORKERS.of(run) === count)
          .map((run) => line(run, group.name, group.tone)),
      ),
    })),
  };
}

/** The curves as numbers. */
export function distributionTable(runs: readonly TrainingRun[], nameOf: (run: TrainingRun) => string): Table {
  const drawn = runs.filter((run) => run.stepDistribution !== null);
  return {
    caption: 'So long do at most so many of the steps take',
    columns: [
      text('Run', drawn.map(nameOf)),
      ...LISTED.map((q) => {
        const times = drawn.map(
          ({ stepDistribution }) => stepDistribution!.seconds[reaching(stepDistribution!, q)]!,
        );
        return numbers(`${formatPercent(q)} of the steps`, times.map(formatSeconds), times);
      }),
      numbers(
        'Steps',
        drawn.map(({ stepSeconds }) => formatInteger(stepSeconds.count)),
      ),
    ],
  };
}

/** The first point by which the share is reached. */
function reaching(distribution: StepDistribution, q: number): number {
  const share = sharesOf(distribution);
  const found = share.findIndex((value) => value >= q - 1e-12);
  return found < 0 ? share.length - 1 : found;
}

const sharesOf = ({ steps }: StepDistribution): number[] => steps.map((count) => count / steps.at(-1)!);
