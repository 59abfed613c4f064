import { formatFactor, formatInteger } from '../../base/format.ts';
import { formatCount, formatFlopRate, formatPercent, formatSeconds } from '../../base/units.ts';
import type { InferenceExperiment, InferenceRun } from '../../scenarios/results.ts';
import type { Figure, LinesChart } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { shortName } from '../names.ts';
import { timeUnit } from '../time-unit.ts';

/** Inferences per second that a run counts with: within the latency, where one is asked for; null where it cannot. */
export function servedPerSecond(
  run: InferenceRun,
  { latencySeconds }: Pick<InferenceExperiment, 'latencySeconds'>,
): number | null {
  return latencySeconds === null ? run.samplesPerSecond : run.boundedSamplesPerSecond;
}

export const serverName = ({ server, precision }: InferenceRun): string =>
  shortName(`${server} in ${precision}`, 60);

/** The run that serves most of these, if any serves. */
export function bestServed(
  experiment: InferenceExperiment,
  among: readonly InferenceRun[] = experiment.runs,
): InferenceRun | undefined {
  return among.reduce<InferenceRun | undefined>((best, run) => {
    const served = servedPerSecond(run, experiment);
    if (served === null) return best;
    return best === undefined || served > servedPerSecond(best, experiment)! ? run : best;
  }, undefined);
}

/** Runs by server, batches ascending, in the order of the results. */
function byServer({ runs }: InferenceExperiment): [name: string, runs: InferenceRun[]][] {
  const groups = new Map<string, InferenceRun[]>();
  for (const run of runs) groups.set(serverName(run), [...(groups.get(serverName(run)) ?? []), run]);
  return [...groups].map(([name, group]) => [name, group.sort((a, b) => a.batch - b.batch)]);
}

/** Lines over batches, one per server; nothing where no server has a second batch. */
function lines(
  experiment: InferenceExperiment,
  y: LinesChart['y'],
  heightOf: (run: InferenceRun) => number | null,
): LinesChart | null {
  const servers = byServer(experiment);
  if (servers.every(([, runs]) => runs.length === 1)) return null;
  const batches = experiment.runs.map(({ batch }) => batch);
  const series = servers.map(([name, runs], tone) => {
    const shown = runs.filter((run) => heightOf(run) !== null);
    return {
      name,
      tone,
      x: shown.map(({ batch }) => batch),
      y: shown.map((run) => heightOf(run)!),
      tips: shown.map((run) => [
        `${name}, batches of ${formatInteger(run.batch)}`,
        `${formatCount(run.samplesPerSecond)} inferences/s, always busy`,
        ...(run.boundedSamplesPerSecond === null
          ? []
          : [`${formatCount(run.boundedSamplesPerSecond)} inferences/s within the latency`]),
        `a batch takes ${formatSeconds(run.batchSeconds)}`,
      ]),
    };
  });
  return {
    kind: 'lines',
    x: {
      label: 'Samples per batch (logarithmic)',
      scale: 'log',
      include: [Math.min(...batches), Math.max(...batches)],
      format: formatInteger,
    },
    y,
    curve: 'straight',
    symbols: true,
    reference: null,
    legend: series.map(({ name, tone }) => ({ name, tone })),
    panels: [{ title: '', series }],
  };
}

/** What the size of a batch does to what the server that serves most serves. */
export function batchesInWords(experiment: InferenceExperiment): string {
  const best = bestServed(experiment);
  if (best === undefined) return 'No batch is answered in time';
  const served = (run: InferenceRun): number => servedPerSecond(run, experiment)!;
  const others = experiment.runs.filter(
    (run) =>
      serverName(run) === serverName(best) && run !== best && (servedPerSecond(run, experiment) ?? 0) > 0,
  );
  const [name, batch] = [serverName(best), formatInteger(best.batch)];
  if (others.length === 0)
    return experiment.latencySeconds === null
      ? `${name} is asked with batches of ${batch} only`
      : `${name} answers in time with batches of ${batch} only`;
  const least = others.reduce((a, b) => (served(b) < served(a) ? b : a));
  return `${name} serves ${formatFactor(served(best) / served(least))} as much with batches of ${batch} as with ${formatInteger(least.batch)}`;
}

/** What each server serves, by batch, in all and per watt. */
export function servedByBatch(experiment: InferenceExperiment, id: string): Figure {
  const { latencySeconds } = experiment;
  const best = bestServed(experiment);
  const within = latencySeconds === null ? '' : ` within ${formatSeconds(latencySeconds)}`;
  const chart = lines(
    experiment,
    { label: 'Inferences per second (logarithmic)', scale: 'log', include: [], format: formatCount },
    (run) => servedPerSecond(run, experiment),
  );
  return {
    id,
    title:
      best === undefined
        ? `No server answers${within}`
        : `Most inferences${within}: ${formatCount(servedPerSecond(best, experiment)!)} per second, by ${serverName(best)} in batches of ${formatInteger(best.batch)}`,
    note:
      latencySeconds === null
        ? 'Inferences per second of a whole server whose devices are always busy.'
        : `Inferences per second of a whole server, as many as leave 99 % of responses within ${formatSeconds(latencySeconds)}; batches that are too slow are not drawn.`,
    chart,
    tables: [comparison(experiment)],
    width: chart === null ? 'full' : 'half',
  };
}

/** The best batch of each server beside the first server's. */
function comparison(experiment: InferenceExperiment): Figure['tables'][number] {
  const rows = byServer(experiment).flatMap(([, runs]) => bestServed(experiment, runs) ?? []);
  const [first] = rows;
  const served = (run: InferenceRun): number => servedPerSecond(run, experiment)!;
  const perWatt = (run: InferenceRun): number | null => (run.watts === null ? null : served(run) / run.watts);
  const relative = (value: number | null, of: number | null | undefined): string =>
    value === null || of === null || of === undefined ? '' : formatFactor(value / of);
  return {
    caption: first === undefined ? 'Servers' : `Servers by their best batch, beside ${serverName(first)}`,
    columns: [
      text('Server', rows.map(serverName)),
      numbers(
        'Devices',
        rows.map(({ devices }) => formatInteger(devices)),
      ),
      numbers(
        'Batch',
        rows.map(({ batch }) => formatInteger(batch)),
      ),
      numbers(
        'Inferences/s',
        rows.map((run) => formatCount(served(run))),
      ),
      numbers(
        'Per device, relative',
        rows.map((run) => relative(served(run) / run.devices, first && served(first) / first.devices)),
      ),
      numbers(
        'Power (W)',
        rows.map(({ watts }) => (watts === null ? '' : formatCount(watts))),
      ),
      numbers(
        'Per watt, relative',
        rows.map((run) => relative(perWatt(run), first && perWatt(first))),
      ),
    ],
  };
}

function allRuns(runs: readonly InferenceRun[]): Figure['tables'][number] {
  return {
    caption: 'All batches',
    columns: [
      text('Server', runs.map(serverName)),
      numbers(
        'Batch',
        runs.map(({ batch }) => formatInteger(batch)),
      ),
      numbers(
        'Time of a batch',
        runs.map(({ batchSeconds }) => formatSeconds(batchSeconds)),
      ),
      numbers(
        'Products, per device',
        runs.map(({ flopsPerSecond }) => formatFlopRate(flopsPerSecond)),
      ),
      numbers(
        'Inferences/s, always busy',
        runs.map(({ samplesPerSecond }) => formatCount(samplesPerSecond)),
      ),
      numbers(
        'Within the latency',
        runs.map(({ boundedSamplesPerSecond: bounded }) => (bounded === null ? '' : formatCount(bounded))),
      ),
      numbers(
        `99 % of responses within, at ${formatPercent(0.9)} load`,
        runs.map(({ responseSeconds }) => formatSeconds(responseSeconds)),
      ),
    ],
  };
}

/** How long requests wait for their answers, by batch. */
export function responseByBatch(experiment: InferenceExperiment, id: string): Figure {
  const { runs, latencySeconds } = experiment;
  const unit = timeUnit(Math.max(...runs.map(({ responseSeconds }) => responseSeconds)));
  const bound = latencySeconds === null ? null : latencySeconds * unit.perSecond;
  const batches = runs.map(({ batch }) => batch);
  const chart = lines(
    experiment,
    {
      label: `Response time (${unit.name}, logarithmic)`,
      scale: 'log',
      include: bound === null ? [] : [bound],
      format: formatCount,
    },
    ({ responseSeconds }) => responseSeconds * unit.perSecond,
  );
  const soonest = runs.reduce((a, b) => (b.responseSeconds < a.responseSeconds ? b : a));
  return {
    id,
    title: `Response times: ${formatSeconds(soonest.responseSeconds)} at least, by ${serverName(soonest)} in batches of ${formatInteger(soonest.batch)}`,
    note: `99th percentile, from arrival to answer, where requests come at random and devices are ${formatPercent(0.9)} busy.`,
    chart: chart && {
      ...chart,
      reference:
        bound === null
          ? null
          : {
              name: 'asked for',
              from: [Math.min(...batches), bound],
              to: [Math.max(...batches), bound],
            },
    },
    tables: [allRuns(runs)],
    width: chart === null ? 'full' : 'half',
  };
}
