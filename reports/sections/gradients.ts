import { formatInteger } from '../../base/format.ts';
import { formatCount, formatPercent } from '../../base/units.ts';
import type { TrainingExperiment, TrainingRun } from '../../scenarios/results.ts';
import type { Chart, Figure, Series, Table } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { ASKED_WORKERS, runGroups, valuesOf } from '../run-groups.ts';
import { droppedShare, runNames, workersText } from '../runs.ts';

/** So many numbers of workers get a panel, the largest ones. */
const MOST_PANELS = 6;

/** Curves end where no more than this share of a run's gradients is staler: the few that stragglers make are in the table. */
const TAIL = 0.002;

/** How old the gradients were that updates took: a distribution per run, where any was not fresh. */
export function staleness({ runs }: TrainingExperiment, id: string): Figure | undefined {
  const stale = runs.filter((run) => run.staleness.max > 0);
  if (stale.length === 0) return undefined;
  const nameOf = runNames(runs);
  const worst = stale.reduce((a, b) => (b.staleness.mean > a.staleness.mean ? b : a));
  return {
    id,
    title: `Staleness: ${formatCount(worst.staleness.mean)} updates on average at most, by ${nameOf(worst)}`,
    note: 'Updates that a variable saw between a worker’s read of it and the update that took the worker’s gradient, counted per gradient tensor. Runs that are not drawn apply fresh gradients only; curves end before their last 0.2 %.',
    chart: histograms(stale, nameOf),
    tables: [stalenessTable(runs, nameOf), binsTable(stale, nameOf)],
    width: 'full',
  };
}

/** Share of the gradients at each staleness: a panel per number of workers, a line per strategy. */
function histograms(runs: readonly TrainingRun[], nameOf: (run: TrainingRun) => string): Chart {
  const groups = runGroups(runs, ASKED_WORKERS);
  const counts = valuesOf(ASKED_WORKERS, runs).slice(-MOST_PANELS);
  const line = (run: TrainingRun, name: string, tone: number): Series => {
    const { updates, gradients } = run.staleness.histogram;
    const total = gradients.reduce((sum, count) => sum + count, 0);
    const shown = updates.filter((_, i) => staler(gradients, i) > TAIL * total);
    return {
      name,
      tone,
      x: shown,
      y: shown.map((_, i) => gradients[i]! / total),
      tips: shown.map((stale, i) => [
        nameOf(run),
        `${formatInteger(stale)} updates stale: ${formatPercent(gradients[i]! / total)} of the gradients`,
        `median ${formatInteger(run.staleness.p50)}, 90 % at most ${formatInteger(run.staleness.p90)}`,
      ]),
    };
  };
  return {
    kind: 'lines',
    x: { label: 'Staleness (updates)', scale: 'linear', include: [0], format: formatInteger },
    y: { label: 'Share of the gradients (%)', scale: 'linear', include: [0], format: formatPercent },
    curve: 'straight',
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

/** Of an ascending column: how much there is in row `i` and beyond. */
function staler(gradients: readonly number[], i: number): number {
  return gradients.slice(i).reduce((sum, count) => sum + count, 0);
}

function stalenessTable(runs: readonly TrainingRun[], nameOf: (run: TrainingRun) => string): Table {
  const column = (header: string, value: (run: TrainingRun) => string) => numbers(header, runs.map(value));
  return {
    caption: 'Staleness of the gradients applied, in updates',
    columns: [
      text('Run', runs.map(nameOf)),
      column('Gradients applied (tensors)', (run) => formatInteger(run.gradientsApplied)),
      column('Mean', (run) => formatCount(run.staleness.mean)),
      column('Median', (run) => formatInteger(run.staleness.p50)),
      column('90 % at most', (run) => formatInteger(run.staleness.p90)),
      column('Longest', (run) => formatInteger(run.staleness.max)),
    ],
  };
}

/** Bins that double in width, so that the table stays small. */
function binsTable(runs: readonly TrainingRun[], nameOf: (run: TrainingRun) => string): Table {
  const most = Math.max(...runs.map((run) => run.staleness.max));
  const bins: { from: number; to: number }[] = [{ from: 0, to: 0 }];
  while (bins.at(-1)!.to < most) {
    const from = bins.at(-1)!.to + 1;
    bins.push({ from, to: 2 * from - 1 });
  }
  const within = (run: TrainingRun, { from, to }: (typeof bins)[number]): string => {
    const { updates, gradients } = run.staleness.histogram;
    const count = gradients.reduce(
      (sum, n, i) => (updates[i]! >= from && updates[i]! <= to ? sum + n : sum),
      0,
    );
    return count === 0 ? '–' : formatPercent(count / run.gradientsApplied);
  };
  return {
    caption: 'Share of the gradients (%) by their staleness in updates',
    columns: [
      text('Run', runs.map(nameOf)),
      ...bins.map((bin) =>
        numbers(
          bin.from === bin.to ? String(bin.from) : `${bin.from} to ${bin.to}`,
          runs.map((run) => within(run, bin)),
        ),
      ),
    ],
  };
}

/** Gradients that were computed for nothing, since others came first; whose they were. */
export function droppedGradients({ runs }: TrainingExperiment, id: string): Figure | undefined {
  const dropping = runs.filter((run) => run.gradientsDropped > 0);
  if (dropping.length === 0) return undefined;
  const nameOf = runNames(runs);
  const worst = dropping.reduce((a, b) => (droppedShare(b) > droppedShare(a) ? b : a));
  return {
    id,
    title: `Gradients dropped: up to ${formatPercent(droppedShare(worst))}, by ${nameOf(worst)}`,
    note: 'A gradient that comes after the update that it was meant for is dropped. Workers of equal luck lose equally many; one that loses many more is slow.',
    chart: null,
    tables: [
      {
        caption: 'Gradients dropped, and by which workers',
        columns: [
          text('Run', dropping.map(nameOf)),
          numbers(
            'Applied (tensors)',
            dropping.map((run) => formatInteger(run.gradientsApplied)),
          ),
          numbers(
            'Dropped (tensors)',
            dropping.map((run) => formatInteger(run.gradientsDropped)),
          ),
          numbers(
            'Dropped (%)',
            dropping.map((run) => formatPercent(droppedShare(run))),
          ),
          numbers(
            'Fewest of a worker',
            dropping.map(({ droppedByReplica: by }) =>
              by.length === 0 ? '–' : formatInteger(Math.min(...by)),
            ),
          ),
          numbers(
            'Most of a worker',
            dropping.map((run) => mostDropped(run)),
          ),
        ],
      },
    ],
    width: 'full',
  };
}

function mostDropped({ droppedByReplica }: TrainingRun): string {
  if (droppedByReplica.length === 0) return '–';
  const most = Math.max(...droppedByReplica);
  return `${formatInteger(most)} (worker ${droppedByReplica.indexOf(most)})`;
}
