import type { TrainingRun } from './results.ts';

type Judged = Pick<TrainingRun, 'samplesPerSecond' | 'outOfMemory' | 'stopped'>;

/**
 * The run that is chosen: of those that reach their end and fit into memory, the fastest; where none fits, of those that reach
 * their end; where none does, of all. Of equals the first. Undefined where there is none.
 */
export function fastestRun<Run extends Judged>(runs: readonly Run[]): Run | undefined {
  const lasting = runs.filter(({ stopped }) => stopped === null);
  const fitting = lasting.filter(({ outOfMemory }) => outOfMemory === null);
  const among = [fitting, lasting].find(({ length }) => length > 0) ?? runs;
  return among.reduce<Run | undefined>(
    (best, run) => (best === undefined || run.samplesPerSecond > best.samplesPerSecond ? run : best),
    undefined,
  );
}
