import { formatFactor, formatInteger } from '../../base/format.ts';
import { formatSeconds } from '../../base/units.ts';
import type { TrainingExperiment, TrainingRun } from '../../scenarios/results.ts';
import type { Figure } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { intervalsInWords, meanError } from '../intervals.ts';
import { ofSteps, runNames } from '../runs.ts';

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
    note: `Time between consecutive updates (of asynchronous workers or groups, by any of them), the first step of each worker left out. ${intervalsInWords(experiment)}`,
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
 * The slowest hundredth of the steps over the median. Undefined without steps, and where several workers or groups make
 * updates of their own: how near to each other those happen to fall says nothing of how long steps take.
 */
function tailOf({
  strategy,
  replicas,
  options,
  stepSeconds: { count, p50, p99 },
}: TrainingRun): number | undefined {
  const updaters = strategy === 'async' ? replicas : Number(options.groups ?? 1);
  return count === 0 || p50 === 0 || updaters > 1 ? undefined : p99 / p50;
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
