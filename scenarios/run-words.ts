import type { TrainingRun } from './results.ts';

/** How runs of one experiment are called in sentences: `asynchronous on 8 workers`, with its servers where those vary. */
export function runWords(runs: readonly TrainingRun[]): (run: TrainingRun) => string {
  const varies = serverCounts(runs).length > 1;
  return ({ label, workers, parameterServers }) => {
    const servers =
      varies && parameterServers > 0 ? ` and ${counted(parameterServers, 'parameter server')}` : '';
    return `${label} on ${counted(workers, 'worker')}${servers}`;
  };
}

/** The numbers of parameter servers of the runs that have any, ascending. */
export function serverCounts(runs: readonly TrainingRun[]): number[] {
  return [...new Set(runs.map(({ parameterServers }) => parameterServers))]
    .filter((count) => count > 0)
    .sort((a, b) => a - b);
}

/** `1 worker`, `8 workers`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** Whole percent, as prose wants them. */
export function share(ratio: number): string {
  const percent = Math.round(ratio * 100);
  return percent === 0 && ratio > 0 ? 'less than 1 %' : `${percent} %`;
}

/** By how much more or less: `12 % faster`, `3 % slower`. */
export function fasterBy(factor: number): string {
  return factor >= 1 ? `${share(factor - 1)} faster` : `${share(1 - factor)} slower`;
}
