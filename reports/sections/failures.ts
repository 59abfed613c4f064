import { formatInteger } from '../../base/format.ts';
import { formatPercent, formatSeconds } from '../../base/units.ts';
import type { Goodput, TrainingExperiment, TrainingRun } from '../../scenarios/results.ts';
import type { Figure, StacksChart, Table } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { error } from '../intervals.ts';
import { visible } from '../names.ts';
import { runNames } from '../runs.ts';

type NameOf = (run: TrainingRun) => string;
type Accounted = TrainingRun & { readonly goodput: Goodput };

/** Parts of the time, as they are stacked. */
const PARTS = [
  ['useful', 'progress that lasts', 0],
  ['checkpoints', 'checkpoints', 1],
  ['undone', 'work undone', 3],
  ['down', 'down', 4],
  ['waiting', 'waiting for lost machines', 'waiting'],
] as const;

/** Machines that failed, what it cost, and checkpoints; undefined where nothing fails nor is saved. */
export function failures({ runs, trials }: TrainingExperiment, id: string): Figure | undefined {
  const nameOf = runNames(runs);
  const accounted = runs.filter((run): run is Accounted => run.goodput !== null);
  const stopped = runs.filter((run) => run.stopped !== null).length;
  const most = Math.max(0, ...runs.map((run) => run.losses.failures));
  if (most === 0 && stopped === 0 && accounted.length === 0) return undefined;
  const several =
    trials > 1 ? 'Failures are those of the first trial, shares of time means over trials. ' : '';
  return {
    id,
    title: titleOf(runs, most, stopped, accounted, nameOf),
    note: `${several}Goodput: the share of the time that makes progress which lasts, which is as long as the same updates take where nothing fails and nothing is saved. Where variables are lost, training goes back to its last checkpoint: what it made since is undone and made again.`,
    chart: accounted.length === 0 ? null : stacks(accounted, nameOf),
    tables: [
      lossesTable(runs, nameOf),
      ...(accounted.length === 0 ? [] : [goodputTable(accounted, nameOf)]),
      ...checkpointsTable(accounted, nameOf),
    ],
    width: 'full',
  };
}

function titleOf(
  runs: readonly TrainingRun[],
  most: number,
  stopped: number,
  accounted: readonly Accounted[],
  nameOf: NameOf,
): string {
  const count = formatInteger(runs.length);
  const ended =
    stopped === 0
      ? ''
      : `; ${formatInteger(stopped)} of ${count} runs ${stopped === 1 ? 'ends' : 'end'} early`;
  const sorted = accounted.toSorted((a, b) => b.goodput.useful - a.goodput.useful);
  const [best, worst] = [sorted[0], sorted.at(-1)];
  if (best === undefined || worst === undefined)
    return `Failures: up to ${formatInteger(most)} in a run${ended === '' ? '; all runs reach their end' : ended}`;
  const kept = (run: Accounted): string => `${nameOf(run)} keeps ${formatPercent(run.goodput.useful)}`;
  const compared = best === worst ? '' : `, ${nameOf(worst)} ${formatPercent(worst.goodput.useful)}`;
  return `Goodput: ${kept(best)} of its time${compared}${ended}`;
}

function stacks(runs: readonly Accounted[], nameOf: NameOf): StacksChart {
  return {
    kind: 'stacks',
    x: { label: 'Share of the time (%)', scale: 'linear', include: [0, 1], format: formatPercent },
    parts: PARTS.map(([, name, tone]) => ({ name, tone })),
    panels: [
      {
        title: '',
        rows: runs.map((run) => ({
          name: nameOf(run),
          shares: PARTS.map(([part]) => run.goodput[part]),
          tip: [nameOf(run), ...PARTS.map(([part, name]) => `${name} ${formatPercent(run.goodput[part])}`)],
        })),
      },
    ],
  };
}

function lossesTable(runs: readonly TrainingRun[], nameOf: NameOf): Table {
  return {
    caption: 'Failures and what they cost',
    columns: [
      text('Run', runs.map(nameOf)),
      numbers(
        'Failures',
        runs.map((run) => formatInteger(run.losses.failures)),
      ),
      numbers(
        'with loss of variables',
        runs.map((run) => formatInteger(run.losses.restarts)),
      ),
      numbers(
        'Updates lost',
        runs.map((run) => formatInteger(run.losses.updatesLost)),
      ),
      text(
        'Ended early because',
        runs.map((run) => (run.stopped === null ? '' : visible(run.stopped))),
      ),
    ],
  };
}

function goodputTable(runs: readonly Accounted[], nameOf: NameOf): Table {
  const column = (header: string, part: (typeof PARTS)[number][0]) =>
    numbers(
      header,
      runs.map(({ goodput }) => formatPercent(goodput[part])),
    );
  return {
    caption: 'What the time goes into',
    columns: [
      text('Run', runs.map(nameOf)),
      column('Goodput (%)', 'useful'),
      numbers(
        'Error',
        runs.map(({ goodput }) => error(goodput.useful, goodput.interval)),
      ),
      column('Checkpoints (%)', 'checkpoints'),
      column('Work undone (%)', 'undone'),
      column('Down (%)', 'down'),
      column('Waiting for lost machines (%)', 'waiting'),
    ],
  };
}

/** Intervals between checkpoints beside Daly's; no table where there are no checkpoints. */
function checkpointsTable(runs: readonly Accounted[], nameOf: NameOf): Table[] {
  const saving = runs.filter(({ goodput }) => goodput.checkpointing !== null);
  if (saving.length === 0) return [];
  const of = saving.map(({ goodput }) => goodput.checkpointing!);
  const time = (seconds: number | null): string => (seconds === null ? 'never' : formatSeconds(seconds));
  const share = (expected: number | null): string => (expected === null ? '–' : formatPercent(expected));
  return [
    {
      caption: 'Checkpoints: the interval, and the one that loses least (Daly 2006)',
      columns: [
        text('Run', saving.map(nameOf)),
        numbers(
          'Variables are lost every',
          of.map(({ betweenFailuresSeconds }) => time(betweenFailuresSeconds)),
        ),
        numbers(
          'A checkpoint every',
          of.map(({ periodSeconds }) => time(periodSeconds)),
        ),
        numbers(
          'Expected goodput (%)',
          of.map(({ expected }) => share(expected)),
        ),
        numbers(
          'Best every',
          of.map(({ optimalSeconds }) => time(optimalSeconds)),
        ),
        numbers(
          'Expected then (%)',
          of.map(({ expectedAtOptimum }) => share(expectedAtOptimum)),
        ),
      ],
    },
  ];
}
