import { formatFactor, formatInteger } from '../../base/format.ts';
import { formatCount, formatPercent, formatSeconds } from '../../base/units.ts';
import type { TrainingExperiment, TrainingRun } from '../../scenarios/results.ts';
import type { Figure } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { intervalsInWords, meanError } from '../intervals.ts';
import { droppedShare, ofSteps, runNames } from '../runs.ts';

/** How long steps take, and how long the slow ones. */
export function stepTimes(experiment: TrainingExperiment, id: string): Figure {
  const { runs } = experiment;
  const tails = runs.map(tailOf).filter((tail) => tail !== undefined);
  return {
    id,
    title:
      tails.length === 0
        ? 'Step time'
        : `Step time: one step in a hundred takes up to ${formatFactor(Math.max(...tails))} the median`,
    note: `Time between consecutive updates (asynchronous ones by any worker), the first step of each worker left out. ${intervalsInWords(experiment)}`,
    chart: null,
    tables: [
      {
        caption: 'Distribution of the step time',
        columns: [
          text('Run', runs.map(runNames(runs))),
          numbers(
            'Mean',
            runs.map((run) => ofSteps(run, formatSeconds(run.stepSeconds.mean))),
          ),
          numbers(
            'its error',
            runs.map((run) => meanError(run.stepSeconds)),
          ),
          numbers(
            'p50',
            runs.map((run) => ofSteps(run, formatSeconds(run.stepSeconds.p50))),
          ),
          numbers(
            'p90',
            runs.map((run) => ofSteps(run, formatSeconds(run.stepSeconds.p90))),
          ),
          numbers(
            'p99',
            runs.map((run) => ofSteps(run, formatSeconds(run.stepSeconds.p99))),
          ),
          numbers(
            'Longest',
            runs.map((run) => ofSteps(run, formatSeconds(run.stepSeconds.max))),
          ),
          numbers(
            'p99 / p50',
            runs.map((run) => {
              const tail = tailOf(run);
              return tail === undefined ? '–' : formatFactor(tail);
            }),
          ),
          numbers(
            'Steps',
            runs.map((run) => formatInteger(run.stepSeconds.count)),
          ),
        ],
      },
    ],
    width: 'full',
  };
}

/**
 * The slowest hundredth of the steps over the median. Undefined without steps, and for several asynchronous workers: how
 * near to each other their updates happen to fall says nothing of how long steps take.
 */
function tailOf({ strategy, workers, stepSeconds: { count, p50, p99 } }: TrainingRun): number | undefined {
  return count === 0 || p50 === 0 || (strategy === 'async' && workers > 1) ? undefined : p99 / p50;
}

/** What became of the gradients: dropped because late, or applied to variables that had moved on. */
export function gradients({ runs }: TrainingExperiment, id: string): Figure {
  const dropped = Math.max(0, ...runs.map(droppedShare));
  const stale = Math.max(0, ...runs.map((run) => run.staleness.mean));
  const finding = [
    dropped > 0 ? `up to ${formatPercent(dropped)} dropped` : 'none dropped',
    stale > 0 ? `up to ${formatCount(stale)} updates stale on average` : 'none stale',
  ];
  return {
    id,
    title: `Gradients: ${finding.join(', ')}`,
    note: 'Staleness: updates that a variable saw between a worker’s read of it and the arrival of the gradient.',
    chart: null,
    tables: [
      {
        caption: 'Gradients applied and dropped, and their staleness',
        columns: [
          text('Run', runs.map(runNames(runs))),
          numbers(
            'Applied (tensors)',
            runs.map((run) => formatInteger(run.gradientsApplied)),
          ),
          numbers(
            'Dropped (tensors)',
            runs.map((run) => formatInteger(run.gradientsDropped)),
          ),
          numbers(
            'Dropped (%)',
            runs.map((run) => formatPercent(droppedShare(run))),
          ),
          numbers(
            'Mean staleness (updates)',
            runs.map((run) => formatCount(run.staleness.mean)),
          ),
          numbers(
            'Longest (updates)',
            runs.map((run) => formatInteger(run.staleness.max)),
          ),
        ],
      },
    ],
    width: 'full',
  };
}

/** Runs that the scenario asked for and that make no sense. */
export function skippedRuns({ skipped }: TrainingExperiment, id: string): Figure | undefined {
  if (skipped.length === 0) return undefined;
  return {
    id,
    title: `Left out: ${formatInteger(skipped.length)} ${skipped.length === 1 ? 'run' : 'runs'} that would say nothing`,
    note: '',
    chart: null,
    tables: [
      {
        caption: 'Runs left out and why',
        columns: [
          text(
            'Strategy',
            skipped.map((run) => run.strategy),
          ),
          numbers(
            'Workers',
            skipped.map((run) => formatInteger(run.workers)),
          ),
          text(
            'Reason',
            skipped.map((run) => run.reason),
          ),
        ],
      },
    ],
    width: 'full',
  };
}
