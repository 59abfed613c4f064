import { formatInteger } from '../../base/format.ts';
import type { TrainingExperiment } from '../../scenarios/results.ts';
import type { Figure } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { visible } from '../names.ts';
import { runNames } from '../runs.ts';

/** Machines that failed and what it cost; undefined where none did. */
export function failures({ runs, trials }: TrainingExperiment, id: string): Figure | undefined {
  const stopped = runs.filter((run) => run.stopped !== null).length;
  const most = Math.max(0, ...runs.map((run) => run.losses.failures));
  if (most === 0 && stopped === 0) return undefined;
  const ended =
    stopped === 0
      ? 'all runs reach their end'
      : `${formatInteger(stopped)} of ${formatInteger(runs.length)} runs ${stopped === 1 ? 'ends' : 'end'} early`;
  return {
    id,
    title: `Failures: up to ${formatInteger(most)} in a run; ${ended}`,
    note: `${trials > 1 ? 'Losses are those of the first trial. ' : ''}Where variables are lost, training goes back to its last checkpoint; what it made since is lost and made again.`,
    chart: null,
    tables: [
      {
        caption: 'Failures and what they cost',
        columns: [
          text('Run', runs.map(runNames(runs))),
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
      },
    ],
    width: 'full',
  };
}
