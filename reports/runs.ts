import { formatInteger } from '../base/format.ts';
import type { TrainingRun } from '../scenarios/results.ts';
import type { Tone } from './figure.ts';
import { shortName } from './names.ts';

/** Runs that form one line of a chart: one strategy, one run per number of workers, ascending. */
export interface RunGroup {
  readonly name: string;
  readonly tone: Tone;
  readonly runs: readonly TrainingRun[];
}

const GENERIC: { readonly [strategy: string]: string | undefined } = {
  sync: 'synchronous',
  backup: 'backup workers',
  async: 'asynchronous',
};
const TONE: { readonly [strategy: string]: Tone | undefined } = { sync: 0, backup: 1, async: 2 };

/**
 * One group per strategy; where a strategy has several runs with the same number of workers (1 backup, 2 backups),
 * one group per label. Order of first appearance; the first group of a strategy has the strategy's own colour.
 */
export function runGroups(runs: readonly TrainingRun[]): RunGroup[] {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { strategy, workers } of runs) {
    const key = `${strategy} ${workers}`;
    if (seen.has(key)) repeated.add(strategy);
    seen.add(key);
  }
  const byName = new Map<string, TrainingRun[]>();
  for (const run of runs) {
    const key = repeated.has(run.strategy) ? `${run.strategy} ${run.label}` : run.strategy;
    const group = byName.get(key);
    if (group === undefined) byName.set(key, [run]);
    else group.push(run);
  }
  const taken = new Set<string>();
  let next = 3;
  return [...byName.values()].map((group) => {
    const { strategy, label } = group[0]!;
    const tone = (taken.has(strategy) ? undefined : TONE[strategy]) ?? next++;
    taken.add(strategy);
    const name = group.every((run) => run.label === label)
      ? shortName(label, 48)
      : (GENERIC[strategy] ?? strategy);
    return { name, tone, runs: group.toSorted((a, b) => a.workers - b.workers) };
  });
}

/** `synchronous, 1 backup · 8 workers` */
export function runName(run: TrainingRun): string {
  return `${shortName(run.label, 48)} · ${workersText(run.workers)}`;
}

export function workersText(count: number): string {
  return `${formatInteger(count)} ${count === 1 ? 'worker' : 'workers'}`;
}

/** The largest run of each strategy: where its limits show best. */
export function largestRuns(runs: readonly TrainingRun[]): TrainingRun[] {
  return runGroups(runs).map((group) => group.runs.at(-1)!);
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
