import { formatInteger } from '../../base/format.ts';
import { formatPercent, formatSeconds } from '../../base/units.ts';
import type { Stragglers, TrainingExperiment, TrainingRun } from '../../scenarios/results.ts';
import type { BarsChart, Column, Figure, Table } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { shortName } from '../names.ts';
import { largestRuns } from '../run-groups.ts';
import { runNames } from '../runs.ts';

const MOST_BARS = 12;
/** A share is no luck where it is so many standard deviations of a fair draw above its even part. */
const DEVIATIONS = 4;
/** Workers whose own steps take as much longer than the mean are slow. */
const SLOW = 1.05;

type Straggling = TrainingRun & { readonly stragglers: Stragglers };

/** For which workers updates wait, and how long these take by themselves. */
export function stragglers({ runs }: TrainingExperiment, id: string): Figure | undefined {
  const told = runs.filter((run): run is Straggling => run.stragglers !== null);
  if (told.length === 0) return undefined;
  const nameOf = runNames(runs);
  const largest = largestRuns(told).filter((run): run is Straggling => run.stragglers !== null);
  const waiting = largest.filter((run) => run.stragglers.lastShare !== null);
  const shown = (waiting.length > 0 ? waiting : largest).reduce((worst, run) =>
    excess(run) > excess(worst) ? run : worst,
  );
  return {
    id,
    title: titleOf(shown, nameOf(shown)),
    note: noteOf(shown, nameOf(shown)),
    chart: chartOf(shown),
    tables: told.map((run) => tableOf(run, nameOf(run))),
    width: 'full',
  };
}

const replicasOf = ({ stragglers, replicas }: Straggling): number =>
  stragglers.hasOthers ? replicas : stragglers.worker.length;

/** How far the first worker of the list is above an even part. */
function excess(run: Straggling): number {
  const { lastShare, stepSeconds, computeSeconds } = run.stragglers;
  if (lastShare !== null) return lastShare[0]! * replicasOf(run);
  const seconds = stepSeconds ?? computeSeconds;
  return seconds[0]! / mean(seconds);
}

function titleOf(run: Straggling, name: string): string {
  const { worker, lastShare, stepSeconds } = run.stragglers;
  const first = shortName(worker[0]!, 40);
  if (lastShare === null) {
    const seconds = stepSeconds!;
    return excess(run) > SLOW
      ? `Stragglers: ${first} is slowest, ${formatSeconds(seconds[0]!)} a step where the mean is ${formatSeconds(mean(seconds))} (${name})`
      : `Stragglers: no worker is slower than the others, and nobody waits for another (${name})`;
  }
  const even = 1 / replicasOf(run);
  const deviation = Math.sqrt((even * (1 - even)) / Math.max(1, run.updates));
  const share = formatPercent(lastShare[0]!);
  return lastShare[0]! > even + DEVIATIONS * deviation
    ? `Stragglers: ${first} is the one that ${share} of the updates wait for last, where an even share is ${formatPercent(even)} (${name})`
    : `Stragglers: no worker stands out by more than chance; the most waited-for is last in ${share} of the updates, an even share is ${formatPercent(even)} (${name})`;
}

function noteOf(
  { stragglers: { lastShare, droppedShare, worker, stepSeconds } }: Straggling,
  name: string,
): string {
  const parts = [
    lastShare === null
      ? `${name}: time from when a worker may begin a step until its gradients are applied.`
      : `${name}: whose gradients came last to each update; who comes within 1 % of a step of the last shares the update with it.`,
  ];
  if (droppedShare !== null) {
    const most = droppedShare.reduce((best, share, i) => (share > droppedShare[best]! ? i : best), 0);
    parts.push(
      `Late gradients are dropped: ${formatPercent(droppedShare[most]!)} of those of ${shortName(worker[most]!, 40)}, the most of any.`,
    );
  }
  parts.push(
    `Compute: of the worker’s busiest device. ${lastShare !== null && stepSeconds !== null ? 'Its whole step: from its token until its gradients are where they are summed. ' : ''}The largest run of the strategy where this shows most; all runs are in the tables.`,
  );
  return parts.join(' ');
}

function chartOf(run: Straggling): BarsChart {
  const { worker, lastShare, stepSeconds, computeSeconds, hasOthers } = run.stragglers;
  const listed = Math.min(MOST_BARS, worker.length - (hasOthers ? 1 : 0));
  const values = lastShare ?? stepSeconds ?? computeSeconds;
  const format = lastShare === null ? formatSeconds : formatPercent;
  const even = lastShare === null ? mean(values) : 1 / replicasOf(run);
  return {
    kind: 'bars',
    x: {
      label: lastShare === null ? 'Time of a step' : 'Updates that waited for it last (%)',
      scale: 'linear',
      include: [0, even],
      format,
    },
    bars: Array.from({ length: listed }, (_, i) => ({
      name: shortName(worker[i]!, 40),
      value: values[i]!,
      shown: format(values[i]!),
      best: false,
      tip: [
        shortName(worker[i]!, 120),
        ...(lastShare === null ? [] : [`last in ${formatPercent(lastShare[i]!)} of the updates`]),
        `computes ${formatSeconds(computeSeconds[i]!)} a step`,
        ...(stepSeconds === null ? [] : [`its whole step takes ${formatSeconds(stepSeconds[i]!)}`]),
      ],
    })),
    bound: null,
    baseline: {
      value: even,
      lines: [lastShare === null ? `mean ${format(even)}` : `even share ${format(even)}`],
    },
  };
}

function tableOf(run: Straggling, name: string): Table {
  const { worker, lastShare, stepSeconds, computeSeconds, droppedShare } = run.stragglers;
  const column = (
    header: string,
    values: readonly number[] | null,
    format: (value: number) => string,
  ): Column[] => (values === null ? [] : [numbers(header, values.map(format), values)]);
  return {
    caption: `${name}: ${formatInteger(replicasOf(run))} workers`,
    sortable: true,
    columns: [
      text(
        'Worker',
        worker.map((each) => shortName(each)),
        worker,
      ),
      ...column('Updates that waited for it last (%)', lastShare, formatPercent),
      ...column('Computes, a step', computeSeconds, formatSeconds),
      ...column('Its whole step', stepSeconds, formatSeconds),
      ...column('Its gradients dropped (%)', droppedShare, formatPercent),
    ],
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
