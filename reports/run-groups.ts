import type { TrainingRun } from '../scenarios/results.ts';
import type { Tone } from './figure.ts';
import { shortName } from './names.ts';
import { serversText, workersText } from './runs.ts';

/* How the runs of an experiment are spread over axes, lines and panels of a chart. */

/** Runs that form one line of a chart: one strategy, one run per place on the axis, ascending. */
export interface RunGroup {
  readonly name: string;
  readonly tone: Tone;
  readonly runs: readonly TrainingRun[];
}

/** What the runs of an experiment are spread over. */
export interface Dimension {
  readonly axis: string;
  readonly of: (run: TrainingRun) => number;
}

const WORKERS: Dimension = { axis: 'Workers (count)', of: ({ workers }) => workers };
const SERVERS: Dimension = {
  axis: 'Parameter servers (count)',
  of: ({ parameterServers }) => parameterServers,
};
const BACKUPS: Dimension = {
  axis: 'Backup workers (count)',
  of: ({ options }) => Number(options.backups ?? 0),
};

/** Workers without those that came on top as backups: runs that a scenario asks for side by side have as many. */
export const ASKED_WORKERS: Dimension = {
  axis: WORKERS.axis,
  of: ({ workers, options }) => workers - (options.extra === true ? Number(options.backups ?? 0) : 0),
};

/** What charts of all runs have on their axis: of workers, servers and backups, what these runs compare. */
export function dimensionOf(runs: readonly TrainingRun[]): Dimension {
  if (comparesBackups(runs)) return BACKUPS;
  const withServers = runs.filter(({ parameterServers }) => parameterServers > 0);
  return valuesOf(SERVERS, withServers).length > valuesOf(WORKERS, runs).length ? SERVERS : WORKERS;
}

export function isOfWorkers(dimension: Dimension): boolean {
  return dimension === WORKERS;
}

export function isOfServers(dimension: Dimension): boolean {
  return dimension === SERVERS;
}

/** The values that the runs have, ascending. */
export function valuesOf({ of }: Dimension, runs: readonly TrainingRun[]): number[] {
  return [...new Set(runs.map(of))].sort((a, b) => a - b);
}

/** Whether nothing but the number of backup workers tells the runs apart, and the workers that come with it. */
function comparesBackups(runs: readonly TrainingRun[]): boolean {
  const isSynchronous = ({ strategy }: TrainingRun): boolean => strategy === 'sync' || strategy === 'backup';
  if (!runs.every(isSynchronous) || valuesOf(SERVERS, runs).length > 1) return false;
  const isConstant = (of: (run: TrainingRun) => number): boolean => new Set(runs.map(of)).size === 1;
  const isComparison = isConstant(({ samplesPerUpdate }) => samplesPerUpdate) || isConstant(WORKERS.of);
  return isComparison && valuesOf(BACKUPS, runs).length > 1 && valuesOf(BACKUPS, runs).length === runs.length;
}

const GENERIC: { readonly [strategy: string]: string | undefined } = {
  sync: 'synchronous',
  backup: 'backup workers',
  async: 'asynchronous',
};
const TONE: { readonly [strategy: string]: Tone | undefined } = { sync: 0, backup: 1, async: 2 };

/**
 * One group per strategy; where a strategy has several runs at one place of the axis (1 backup, 2 backups), one group per
 * label. Order of first appearance; the first group of a strategy has the strategy's own colour. What neither strategy nor
 * axis tells apart is told by panels (see runPanels).
 */
export function runGroups(runs: readonly TrainingRun[], dimension = dimensionOf(runs)): RunGroup[] {
  if (dimension === BACKUPS) return [{ name: 'synchronous', tone: 0, runs: runs.toSorted(by(dimension)) }];
  const other = otherThan(dimension);
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const run of runs) {
    const key = `${run.strategy} ${dimension.of(run)} ${other.of(run)}`;
    if (seen.has(key)) repeated.add(run.strategy);
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
    return { name, tone, runs: group.toSorted(by(dimension)) };
  });
}

const by =
  ({ of }: Dimension) =>
  (a: TrainingRun, b: TrainingRun): number =>
    of(a) - of(b);

const otherThan = (dimension: Dimension): Dimension => (dimension === SERVERS ? WORKERS : SERVERS);

/** A chart for each value of what is not on its axis, by which the runs differ too; those that have none are in all. */
export interface RunPanel {
  readonly title: string;
  readonly includes: (run: TrainingRun) => boolean;
}

export function runPanels(runs: readonly TrainingRun[], dimension = dimensionOf(runs)): RunPanel[] {
  const other = otherThan(dimension);
  const values = valuesOf(other, runs).filter((value) => value > 0);
  if (dimension === BACKUPS || values.length < 2) return [{ title: '', includes: () => true }];
  return values.map((value) => ({
    title: other === SERVERS ? serversText(value) : workersText(value),
    includes: (run) => other.of(run) === value || other.of(run) === 0,
  }));
}

/** The largest run of each strategy, of so many workers and servers: where its limits show best. */
export function largestRuns(runs: readonly TrainingRun[]): TrainingRun[] {
  return runGroups(runs).map((group) =>
    group.runs.reduce((most, run) =>
      (run.workers - most.workers || run.parameterServers - most.parameterServers) > 0 ? run : most,
    ),
  );
}
