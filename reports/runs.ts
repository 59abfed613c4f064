import { formatInteger } from '../base/format.ts';
import type { TrainingRun } from '../scenarios/results.ts';
import { shortName } from './names.ts';

/** Names that tell runs apart: `synchronous, 1 backup · 8 workers`, with the servers where those vary. */
export function runNames(runs: readonly TrainingRun[]): (run: TrainingRun) => string {
  const counts = new Set(runs.map(({ parameterServers }) => parameterServers).filter((count) => count > 0));
  return (run) => {
    const servers =
      counts.size > 1 && run.parameterServers > 0 ? ` · ${serversText(run.parameterServers)}` : '';
    return `${shortName(run.label, 48)} · ${workersText(run.workers)}${servers}`;
  };
}

export function workersText(count: number): string {
  return `${formatInteger(count)} ${count === 1 ? 'worker' : 'workers'}`;
}

export function serversText(count: number): string {
  return `${formatInteger(count)} ${count === 1 ? 'server' : 'servers'}`;
}

/** Of those that reach their end and fit into memory; of those that reach their end, where none fits. */
export function fastest(runs: readonly TrainingRun[]): TrainingRun | undefined {
  const lasting = runs.filter((run) => run.stopped === null);
  const fitting = lasting.filter((run) => run.outOfMemory === null);
  return (fitting.length > 0 ? fitting : lasting).reduce<TrainingRun | undefined>(
    (best, run) => (best === undefined || run.samplesPerSecond > best.samplesPerSecond ? run : best),
    undefined,
  );
}

/** Share of the gradients that came too late and were thrown away. */
export function droppedShare(run: TrainingRun): number {
  const all = run.gradientsApplied + run.gradientsDropped;
  return all === 0 ? 0 : run.gradientsDropped / all;
}

/** A figure of steps; `–` where a run stopped before there was a step to time. */
export function ofSteps({ stepSeconds }: TrainingRun, figure: string): string {
  return stepSeconds.count === 0 ? '–' : figure;
}
