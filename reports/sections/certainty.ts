import { formatFactor, formatInteger } from '../../base/format.ts';
import { formatPercent, formatSeconds } from '../../base/units.ts';
import type {
  ErrorBar,
  InferenceExperiment,
  PlacementExperiment,
  TrainingExperiment,
} from '../../scenarios/results.ts';
import type { Figure } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { shortName } from '../names.ts';
import { runNames } from '../runs.ts';
import { bestServed, serverName } from './inference.ts';
import { inOrder, placementNames } from './placement-runs.ts';

/* How sure: which published measurements intervals were learnt from, and what of the question is beyond them. */

interface Row {
  readonly name: string;
  readonly seconds: number;
  readonly errorBar: ErrorBar | null;
}

export function trainingCertainty({ runs }: TrainingExperiment, id: string): Figure | undefined {
  const nameOf = runNames(runs);
  const timed = runs.filter((run) => run.stepSeconds.count > 0);
  return certainty(
    timed.map((run) => ({ name: nameOf(run), seconds: run.stepSeconds.mean, errorBar: run.errorBar })),
    'Mean step time',
    id,
  );
}

export function placementCertainty({ runs }: PlacementExperiment, id: string): Figure | undefined {
  const nameOf = placementNames(runs);
  return certainty(
    inOrder(runs).map((run) => ({ name: nameOf(run), seconds: run.stepSeconds, errorBar: run.errorBar })),
    'Step time',
    id,
  );
}

/** Of the best batch of each server. */
export function inferenceCertainty(experiment: InferenceExperiment, id: string): Figure | undefined {
  const names = [...new Set(experiment.runs.map(serverName))];
  const best = names.flatMap(
    (name) =>
      bestServed(
        experiment,
        experiment.runs.filter((run) => serverName(run) === name),
      ) ?? [],
  );
  return certainty(
    best.map((run) => ({
      name: `${serverName(run)}, batches of ${formatInteger(run.batch)}`,
      seconds: run.batchSeconds,
      errorBar: run.errorBar,
    })),
    'Time of a batch',
    id,
  );
}

function certainty(rows: readonly Row[], what: string, id: string): Figure | undefined {
  if (rows.length === 0) return undefined;
  const known = rows.filter((row): row is Row & { errorBar: ErrorBar } => row.errorBar !== null);
  const [first] = known;
  const beyond = known.filter(({ errorBar }) => errorBar.warnings.length > 0).length;
  return {
    id,
    title: titleOf(first?.errorBar, beyond, known.length),
    note: 'Predictions of questions of the same kind are held against published measurements (stepcast validate shows each); an interval is as wide as it takes to hold that share of the measurements of a source that it was not learnt from. Errors of devices and links that nobody measured, and of what is left out, are beyond it.',
    chart: null,
    restsOn: 'nothing',
    tables: [
      {
        caption: 'Intervals and what they were learnt from',
        columns: [
          text(
            'Run',
            rows.map(({ name }) => name),
          ),
          numbers(
            what,
            rows.map(({ seconds }) => formatSeconds(seconds)),
          ),
          text(
            first === undefined ? 'Interval' : `${formatPercent(first.errorBar.confidence)} interval`,
            rows.map(({ seconds, errorBar }) =>
              errorBar === null
                ? 'not known'
                : `${formatSeconds(seconds / errorBar.factor)} to ${formatSeconds(seconds * errorBar.factor)}`,
            ),
          ),
          numbers(
            'Off by up to',
            rows.map(({ errorBar }) => (errorBar === null ? '–' : formatFactor(errorBar.factor))),
          ),
          text(
            'Learnt from',
            rows.map(({ errorBar }) => (errorBar === null ? 'nothing to go by' : learntFrom(errorBar))),
          ),
          text(
            'Beyond all that was measured',
            rows.map(({ errorBar }) => shortName(errorBar?.warnings.join('; ') || '–', 240)),
            rows.map(({ errorBar }) => errorBar?.warnings.join('; ') || '–'),
          ),
        ],
      },
    ],
    width: 'full',
  };
}

function titleOf(bar: ErrorBar | undefined, beyond: number, known: number): string {
  if (bar === undefined) return 'No measurement to go by: how far these times may be off is not known';
  const range = `Times are within a factor of ${formatFactor(bar.factor).replace('×', '')} in ${formatPercent(bar.confidence)} of cases`;
  if (beyond === 0) return `${range}, by measurements of the same kind`;
  return `${range}; ${beyond === known ? 'the question' : `${formatInteger(beyond)} of ${formatInteger(known)} runs`} reach${beyond === known || beyond === 1 ? 'es' : ''} beyond what was measured`;
}

const learntFrom = ({ points, sources, learntFrom }: ErrorBar): string =>
  `${formatInteger(points)} measurement${points === 1 ? '' : 's'} of ${formatInteger(sources)} source${sources === 1 ? '' : 's'}: ${learntFrom}`;
