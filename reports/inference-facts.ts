import { formatFactor, formatInteger } from '../base/format.ts';
import { formatCount, formatSeconds } from '../base/units.ts';
import type { InferenceExperiment } from '../scenarios/results.ts';
import { howSure, type KeyFigure, NOT_KNOWN } from './key-figures.ts';
import { bestServed, servedPerSecond, serverName } from './sections/inference.ts';

/** What one remembers of an experiment about inference: the choice, its gain, how sure that is, what limits it. */
export function inferenceFacts(experiment: InferenceExperiment): KeyFigure[] {
  const best = bestServed(experiment);
  if (best === undefined) return [];
  const served = servedPerSecond(best, experiment)!;
  const name = experiment.runs[0] === undefined ? '' : serverName(experiment.runs[0]);
  const first = bestServed(
    experiment,
    experiment.runs.filter((run) => serverName(run) === name),
  );
  const alone = serverName(best) === name || first === undefined;
  const bounded = experiment.latencySeconds !== null && served < best.samplesPerSecond;
  return [
    {
      name: 'Choice',
      value: `${serverName(best)}, batches of ${formatInteger(best.batch)}`,
      detail: `${formatInteger(served)} inferences/s${best.watts === null ? '' : `, ${formatCount(served / best.watts)} per joule at ${formatCount(best.watts)} W`}`,
    },
    {
      name: 'Gain',
      value: alone ? '1×' : formatFactor(served / servedPerSecond(first, experiment)!),
      detail: alone ? 'none: the first server serves most' : `as much as ${name}`,
    },
    howSure(best.batchSeconds, best.errorBar, formatSeconds, 'the time of a batch') ?? NOT_KNOWN,
    bounded
      ? {
          name: 'Limit',
          value: 'Response time',
          detail: `always busy, it would serve ${formatInteger(best.samplesPerSecond)} inferences/s`,
        }
      : {
          name: 'Limit',
          value: 'Time of a batch',
          detail: `${formatSeconds(best.batchSeconds)} with the host; devices are always busy`,
        },
  ];
}
