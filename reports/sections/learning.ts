import { formatInteger } from '../../base/format.ts';
import { formatCount, formatPercent, formatSeconds } from '../../base/units.ts';
import type { Learning, TrainingExperiment, TrainingRun } from '../../scenarios/results.ts';
import type { Axis, Figure, Series } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { runGroups, runName, workersText } from '../runs.ts';
import { timeUnit } from '../time-unit.ts';

type LearningRun = TrainingRun & { readonly learning: Learning };

/** Times further apart than this get a logarithmic axis: else the fastest panel would be a sliver. */
const LOG_TIMES_FROM = 6;
const LOG_LOSS_FROM = 6;

/** The loss that runs are compared by, and when each reached it. */
export interface Race {
  readonly loss: number;
  /** Same order as the runs given; undefined where a run did not come so low. */
  readonly seconds: readonly (number | undefined)[];
}

export function learningRuns(runs: readonly TrainingRun[]): LearningRun[] {
  return runs.filter((run): run is LearningRun => run.learning !== null && run.learning.seconds.length > 0);
}

/** The lowest held-out loss of a run; undefined where it diverged from the start. */
export function lowestLoss(run: LearningRun): number | undefined {
  const finite = run.learning.heldOutLoss.filter((loss) => loss !== null);
  return finite.length === 0 ? undefined : Math.min(...finite);
}

/** Undefined without runs that learn. */
export function race(runs: readonly LearningRun[]): Race | undefined {
  if (runs.length === 0) return undefined;
  const seconds = runs.map(({ learning }) => learning.secondsToTarget ?? undefined);
  return { loss: runs[0]!.learning.targetLoss, seconds };
}

/** The run that wins the race; undefined where none came so low. */
export function winner({ seconds }: Race): number | undefined {
  const times = seconds.map((time) => time ?? Number.POSITIVE_INFINITY);
  const least = Math.min(...times);
  return Number.isFinite(least) ? times.indexOf(least) : undefined;
}

/** Held-out loss against simulated seconds: a panel per number of workers, a line per strategy. */
export function heldOutLoss(experiment: TrainingExperiment, id: string): Figure | undefined {
  const runs = learningRuns(experiment.runs);
  const reached = race(runs);
  if (reached === undefined) return undefined;
  const first = winner(reached);
  const finding =
    first === undefined
      ? `no run reaches ${formatCount(reached.loss)}`
      : `${formatCount(reached.loss)} is first reached after ${formatSeconds(reached.seconds[first]!)}, by ${runName(runs[first]!)}`;
  const losses = runs
    .flatMap((run) => run.learning.heldOutLoss)
    .filter((loss) => loss !== null && loss > 0)
    .map(Number);
  const wide = Math.max(...losses) / Math.min(...losses) >= LOG_LOSS_FROM;
  return {
    id,
    title: `Held-out loss: ${finding}`,
    note: 'Loss on samples that were never trained on. Stale gradients were really stale, dropped ones really dropped.',
    ...curves(runs, (learning) => learning.heldOutLoss, {
      label: 'Held-out loss',
      scale: wide ? 'log' : 'linear',
      include: wide ? [] : [0],
      format: formatCount,
    }),
    tables: [raceTable(runs, reached), evaluationTable(runs)],
    width: 'full',
  };
}

/** Held-out accuracy against simulated seconds. */
export function heldOutAccuracy(experiment: TrainingExperiment, id: string): Figure | undefined {
  const runs = learningRuns(experiment.runs);
  const best = Math.max(0, ...runs.flatMap((run) => run.learning.heldOutAccuracy.filter(Number.isFinite)));
  if (best === 0) return undefined;
  return {
    id,
    title: `Held-out accuracy: ${formatPercent(best)} at best`,
    note: 'Share of samples never trained on that were classified right.',
    ...curves(runs, (learning) => learning.heldOutAccuracy, {
      label: 'Held-out accuracy (%)',
      scale: 'linear',
      include: [0, 1],
      format: formatPercent,
    }),
    tables: [evaluationTable(runs)],
    width: 'full',
  };
}

function curves(
  runs: readonly LearningRun[],
  column: (learning: Learning) => readonly (number | null)[],
  y: Axis,
) {
  const ends = runs.map((run) => Math.max(...run.learning.seconds));
  const longest = Math.max(...ends);
  const logarithmic = longest / Math.min(...ends.filter((end) => end > 0)) >= LOG_TIMES_FROM;
  const unit = timeUnit(longest);
  const groups = runGroups(runs);
  const line = (run: LearningRun, tone: number, name: string): Series => {
    const values = column(run.learning);
    const kept = values.flatMap((value, i) =>
      value !== null && !(y.scale === 'log' && value <= 0) && !(logarithmic && run.learning.seconds[i]! <= 0)
        ? [i]
        : [],
    );
    return {
      name,
      tone,
      x: kept.map((i) => run.learning.seconds[i]! * unit.perSecond),
      y: kept.map((i) => values[i]!),
      tips: kept.map((i) => [
        runName(run),
        `${formatSeconds(run.learning.seconds[i]!)} · ${formatInteger(run.learning.updates[i]!)} updates`,
        `loss ${shownLoss(run.learning.heldOutLoss[i]!)}`,
        `accuracy ${shownShare(run.learning.heldOutAccuracy[i]!)}`,
      ]),
    };
  };
  const counts = [...new Set(runs.map((run) => run.workers))].sort((a, b) => a - b);
  return {
    chart: {
      kind: 'lines',
      x: {
        label: `Simulated time (${unit.name}${logarithmic ? ', logarithmic' : ''})`,
        scale: logarithmic ? 'log' : 'linear',
        include: logarithmic ? [] : [0],
        format: formatCount,
      },
      y: y.scale === 'log' ? { ...y, label: `${y.label} (logarithmic)` } : y,
      curve: 'straight',
      symbols: false,
      reference: null,
      legend: groups,
      panels: counts.map((count) => ({
        title: workersText(count),
        series: groups.flatMap((group) =>
          group.runs
            .filter((run) => run.workers === count)
            .map((run) => line(run as LearningRun, group.tone, group.name)),
        ),
      })),
    },
  } as const;
}

function raceTable(runs: readonly LearningRun[], { loss, seconds }: Race) {
  return {
    caption: `What each run learned, and when it first was at a loss of ${formatCount(loss)}`,
    columns: [
      text('Run', runs.map(runName)),
      numbers(
        'Updates',
        runs.map((run) => formatInteger(run.updates)),
      ),
      numbers(
        'Last loss',
        runs.map((run) => shownLoss(run.learning.heldOutLoss.at(-1)!)),
      ),
      numbers(
        'Lowest loss',
        runs.map((run) => shownLoss(lowestLoss(run) ?? null)),
      ),
      numbers(
        'Last accuracy',
        runs.map((run) => shownShare(run.learning.heldOutAccuracy.at(-1)!)),
      ),
      numbers(
        `Time to loss ${formatCount(loss)}`,
        seconds.map((time) => (time === undefined ? 'not reached' : formatSeconds(time))),
      ),
      numbers(
        'Simulated time',
        runs.map((run) => formatSeconds(run.simulatedSeconds)),
      ),
    ],
  };
}

function evaluationTable(runs: readonly LearningRun[]) {
  const rows = runs.flatMap((run) =>
    run.learning.seconds.map((_, i) => ({ run, learning: run.learning, i })),
  );
  return {
    caption: 'Every evaluation on held-out samples',
    columns: [
      text(
        'Run',
        rows.map(({ run }) => runName(run)),
      ),
      numbers(
        'Updates',
        rows.map(({ learning, i }) => formatInteger(learning.updates[i]!)),
      ),
      numbers(
        'Samples',
        rows.map(({ learning, i }) => formatInteger(learning.samples[i]!)),
      ),
      numbers(
        'Simulated time',
        rows.map(({ learning, i }) => formatSeconds(learning.seconds[i]!)),
      ),
      numbers(
        'Held-out loss',
        rows.map(({ learning, i }) => shownLoss(learning.heldOutLoss[i]!)),
      ),
      numbers(
        'Accuracy',
        rows.map(({ learning, i }) => shownShare(learning.heldOutAccuracy[i]!)),
      ),
    ],
  };
}

const shownLoss = (loss: number | null) => (loss === null ? 'diverged' : loss.toPrecision(4));
const shownShare = (share: number) => (Number.isFinite(share) ? formatPercent(share) : 'n/a');
