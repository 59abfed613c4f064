import { formatFactor } from '../base/format.ts';
import { formatCount, formatSeconds } from '../base/units.ts';
import { errorBarAnswer } from './error-bar-answer.ts';
import type { InferenceExperiment, InferenceRun } from './results.ts';

/** Inferences per second that a run counts with: within the latency, where one is asked for. */
export function servedPerSecond(
  run: InferenceRun,
  { latencySeconds }: Pick<InferenceExperiment, 'latencySeconds'>,
): number | null {
  return latencySeconds === null ? run.samplesPerSecond : run.boundedSamplesPerSecond;
}

/** Per server: its batch that serves most, undefined where none does within the latency; in the order of the scenario. */
export function bestRuns(experiment: InferenceExperiment): Map<string, InferenceRun | undefined> {
  const best = new Map<string, InferenceRun | undefined>();
  for (const run of experiment.runs) {
    const key = serverName(run);
    const served = servedPerSecond(run, experiment);
    const other = best.get(key);
    if (served === null) best.set(key, other);
    else if (other === undefined || served > servedPerSecond(other, experiment)!) best.set(key, run);
  }
  return best;
}

export const serverName = ({ server, precision }: InferenceRun): string => `${server} in ${precision}`;

/** Which server serves most, by which batch; how the others do; per watt. */
export function inferenceAnswer(experiment: InferenceExperiment): string {
  const { title, latencySeconds } = experiment;
  const all = [...bestRuns(experiment)];
  const able = all.flatMap(([, run]) => (run === undefined ? [] : [run]));
  const within =
    latencySeconds === null ? '' : ` with 99 % of responses within ${formatSeconds(latencySeconds)}`;
  if (able.length === 0) return `${title}: no server answers${within}.`;
  const served = (run: InferenceRun): number => servedPerSecond(run, experiment)!;
  const best = able.reduce((most, run) => (served(run) > served(most) ? run : most));
  const [first] = able as [InferenceRun];
  const comparisons = able
    .filter((run) => run !== first)
    .map(
      (run) =>
        `${serverName(run)} ${formatFactor(served(run) / served(first))}${perWatt(run, first, served)}`,
    );
  const unable = all.filter(([, run]) => run === undefined).map(([name]) => name);
  const sentences = [
    `${title}: ${serverName(best)} serves most, ${formatCount(served(best))} inferences/s${within}, in batches of ${best.batch} of ${formatSeconds(best.batchSeconds)}.`,
    ...(comparisons.length === 0 ? [] : [`Of ${serverName(first)}: ${comparisons.join('; ')}.`]),
    ...(unable.length === 0 ? [] : [`None of these batches is quick enough on ${unable.join(', ')}.`]),
    errorBarAnswer(best.batchSeconds, best.errorBar),
  ];
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

function perWatt(run: InferenceRun, first: InferenceRun, served: (run: InferenceRun) => number): string {
  if (run.watts === null || first.watts === null) return '';
  return ` (${formatFactor(served(run) / run.watts / (served(first) / first.watts))} per watt)`;
}
