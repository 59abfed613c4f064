import { formatFactor, formatInteger } from '../../base/format.ts';
import { formatSeconds } from '../../base/units.ts';
import type { TrainingExperiment, TrainingRun } from '../../scenarios/results.ts';
import type { Figure } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { intervalsInWords, meanError } from '../intervals.ts';
import { shortName } from '../names.ts';
import { ASKED_WORKERS } from '../run-groups.ts';
import { ofSteps, runNames } from '../runs.ts';
import { distributionChart, distributionTable } from './step-distribution.ts';

/** Tails below this are rounding, or turns on a link. */
const EVEN = 1.01;

/** How long steps take, and how long the slow ones. */
export function stepTimes(experiment: TrainingExperiment, id: string): Figure {
  const { runs } = experiment;
  const nameOf = runNames(runs);
  const tailed = runs.filter((run) => (tailOf(run) ?? 1) > EVEN);
  const known = runs.filter((run) => tailOf(run) !== undefined && run.stepDistribution !== null);
  const worst = tailed.toSorted((a, b) => tailOf(b)! - tailOf(a)!)[0];
  return {
    id,
    title:
      worst === undefined
        ? runs.some(({ stepSeconds }) => stepSeconds.count > 0)
          ? 'Step time: no run has a tail of slow steps'
          : 'Step time'
        : `Step time: one step in a hundred takes ${formatFactor(tailOf(worst)!)} the median or more by ${nameOf(worst)}${comparedWith(worst, tailed)}`,
    note: `Time between consecutive updates (of asynchronous workers or groups, by any of them), the first step of each worker left out. ${worst === undefined ? '' : 'Symbols: p50, p90 and p99; runs of several workers that update by themselves are in the table only. '}${intervalsInWords(experiment)}`,
    chart: worst === undefined || known.length === 0 ? null : distributionChart(known, nameOf),
    tables: [
      {
        caption: 'Distribution of the step time',
        columns: [
          text('Run', runs.map(nameOf)),
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
      ...(worst === undefined ? [] : [distributionTable(runs, nameOf)]),
    ],
    width: 'full',
  };
}

/** What the tails of other strategies with as many workers are, where there is a slighter one. */
function comparedWith(worst: TrainingRun, tailed: readonly TrainingRun[]): string {
  const others = tailed.filter((run) => ASKED_WORKERS.of(run) === ASKED_WORKERS.of(worst) && run !== worst);
  const best = others.toSorted((a, b) => tailOf(a)! - tailOf(b)!)[0];
  return best === undefined || tailOf(best)! > 0.9 * tailOf(worst)!
    ? ''
    : `, ${formatFactor(tailOf(best)!)} by ${shortName(best.label, 48)}`;
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
    restsOn: 'nothing',
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
