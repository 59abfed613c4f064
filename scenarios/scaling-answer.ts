import { formatSeconds } from '../base/units.ts';
import type { TrainingRun } from './results.ts';
import { counted, fasterBy, serverCounts } from './run-words.ts';

/**
 * Added workers pay off while each brings at least this share of what those before it bring on average: below, one pays for
 * four and gets less than one.
 */
const WORTH = 0.25;
/** Added parameter servers pay off while they bring at least so much more. */
const SERVERS_WORTH = 0.1;
/** Workers over so wide a range are asked how far they pay off, even where all do. */
const WIDE = 16;
/** So many strategies are told how far they scale. */
const MOST_TOLD = 4;

/** Runs that differ in one number only, by that number, ascending. */
interface Series {
  readonly name: string;
  readonly at: readonly number[];
  /** Samples per second. */
  readonly rate: readonly number[];
}

/** Where more workers stop paying off, by strategy, that of `best` first; '' where that is not asked or does not happen. */
export function scalingAnswer(runs: readonly TrainingRun[], best: TrainingRun): string {
  const labels = [...new Set([best.label, ...runs.map(({ label }) => label)])];
  const series = labels
    .map((label) => byWorkers(label, runs, best.parameterServers))
    .filter(({ at }) => at.length >= 3);
  if (series.length === 0) return '';
  const told = series.slice(0, MOST_TOLD).map((one) => ({ one, stop: lastWorth(one, WORTH, 'each') }));
  const isWide = series.some(({ at }) => at.at(-1)! / at[0]! >= WIDE);
  const clauses = told
    .filter(({ one, stop }) => isWide || stop < one.at.length - 1)
    .map(({ one, stop }) => workersClause(one, stop));
  return clauses.length === 0 ? '' : `How far workers pay off: ${clauses.join('; ')}.`;
}

function byWorkers(label: string, runs: readonly TrainingRun[], servers: number): Series {
  const usesServers = (run: TrainingRun): boolean => run.parameterServers > 0;
  const alike = runs.filter(
    (run) => run.label === label && (!usesServers(run) || servers === 0 || run.parameterServers === servers),
  );
  return seriesOf(label, alike, ({ workers }) => workers);
}

function seriesOf(name: string, runs: readonly TrainingRun[], by: (run: TrainingRun) => number): Series {
  const at = [...new Set(runs.map(by))].sort((a, b) => a - b);
  const rate = at.map((x) =>
    Math.max(...runs.filter((run) => by(run) === x).map((run) => run.samplesPerSecond)),
  );
  return { name, at, rate };
}

/** The first place in a series from which on no further one is worth it, in proportion to what is added or at all. */
function lastWorth({ at, rate }: Series, worth: number, of: 'each' | 'all'): number {
  return at.findIndex((x, i) =>
    at.every((more, j) => {
      const added = of === 'each' ? more / x - 1 : 1;
      return j <= i || rate[j]! <= rate[i]! * (1 + worth * added);
    }),
  );
}

function workersClause({ name, at, rate }: Series, stop: number): string {
  const last = at.length - 1;
  if (stop === last) return `${name} still at ${counted(at[last]!, 'worker')}`;
  const next = `${at[stop + 1]} train ${fasterBy(rate[stop + 1]! / rate[stop]!)}`;
  const end = stop + 1 < last ? `, ${at[last]} ${fasterBy(rate[last]! / rate[stop]!)}` : '';
  return `${name} up to ${counted(at[stop]!, 'worker')} (${next}${end})`;
}

/** Where more parameter servers stop paying off for the strategy and the workers of `best`; '' where they do not vary. */
export function serversAnswer(runs: readonly TrainingRun[], best: TrainingRun): string {
  if (serverCounts(runs).length < 2 || best.parameterServers === 0) return '';
  const alike = runs.filter(({ label, workers }) => label === best.label && workers === best.workers);
  const series = seriesOf(best.label, alike, ({ parameterServers }) => parameterServers);
  const { at, rate } = series;
  if (at.length < 2) return '';
  const stop = lastWorth(series, SERVERS_WORTH, 'all');
  const where = `with ${best.label} on ${counted(best.workers, 'worker')}`;
  const gain = (from: number, to: number): string => `${at[to]} train ${fasterBy(rate[to]! / rate[from]!)}`;
  if (stop === at.length - 1) {
    return `Parameter servers pay off up to all ${at[stop]} (${where}, ${gain(stop - 1, stop)} than ${at[stop - 1]}).`;
  }
  const before = stop === 0 ? '' : `${gain(0, stop)} than ${at[0]}, `;
  return `Parameter servers pay off up to ${at[stop]} (${where}, ${before}${gain(stop, stop + 1)} than ${at[stop]}).`;
}

/** How many backup workers are best; '' where no two numbers of them are compared. */
export function backupsAnswer(runs: readonly TrainingRun[], best: TrainingRun): string {
  const backupsOf = ({ options }: TrainingRun): number => Number(options.backups ?? 0);
  const compared = runs.filter(
    ({ strategy, parameterServers }) =>
      (strategy === 'sync' || strategy === 'backup') && parameterServers === best.parameterServers,
  );
  // Backups come on top of the workers that are waited for, or are taken from a number of workers.
  const groups = [
    compared.filter((run) => run.samplesPerUpdate === largestGroup(compared, (r) => r.samplesPerUpdate)),
    compared.filter((run) => run.workers === largestGroup(compared, (r) => r.workers)),
  ];
  const group = groups.reduce((most, one) => (counts(one) > counts(most) ? one : most));
  function counts(list: readonly TrainingRun[]): number {
    return new Set(list.map(backupsOf)).size;
  }
  if (counts(group) < 3) return '';
  const most = (value: (run: TrainingRun) => number): TrainingRun =>
    group.reduce((a, b) => (value(b) > value(a) ? b : a));
  const fastest = most((run) => run.samplesPerSecond);
  const perWorker = most((run) => run.efficiency);
  const without = group.find((run) => backupsOf(run) === 0);
  const beside = without === undefined || without === fastest ? '' : `, ${stepOf(without)} without`;
  const thrifty =
    backupsOf(perWorker) === backupsOf(fastest)
      ? ''
      : `; per worker, ${backupsOf(perWorker)} ${backupsOf(perWorker) === 1 ? 'is' : 'are'} best`;
  return `Of the numbers of backup workers compared, ${backupsOf(fastest)} train${backupsOf(fastest) === 1 ? 's' : ''} fastest (${stepOf(fastest)} a step${beside})${thrifty}.`;
}

const stepOf = ({ stepSeconds }: TrainingRun): string => formatSeconds(stepSeconds.mean);

/** The value that most runs share; of several, the first. */
function largestGroup(runs: readonly TrainingRun[], value: (run: TrainingRun) => number): number | undefined {
  const sizes = new Map<number, number>();
  for (const run of runs) sizes.set(value(run), (sizes.get(value(run)) ?? 0) + 1);
  return [...sizes].reduce<[number, number] | undefined>(
    (most, one) => (most === undefined || one[1] > most[1] ? one : most),
    undefined,
  )?.[0];
}
