import { availableParallelism } from 'node:os';
import { InternalError } from '../../base/errors.ts';
import type { SweepJob, SweepRow } from './job.ts';
import { jobAt } from './job-at.ts';
import { sweepId } from './key.ts';
import type { SweepPlan } from './plan.ts';
import { runInThreads } from './run-in-threads.ts';

/** On how many threads a sweep runs, and who is told of its rows. */
export interface RunSweepOptions {
  /** One per core unless given; rows do not depend on it. */
  readonly threads?: number;
  /** Ends it where it is: the rows that are there are returned. */
  readonly signal?: AbortSignal;
  /** Told of each row as it comes, in any order. */
  readonly onRow?: (row: SweepRow) => void;
}

/**
 * Runs a sweep in memory and returns one row per point, in their order; `stepcast sweep` keeps them in a folder and goes
 * on where it was killed. Points whose scenarios are equal are run once. A point that makes no scenario, or whose scenario
 * cannot be run, has a row with the reason in `error`.
 *
 *     const rows = await runSweep(loadSweep('sweep.yaml'));
 */
export async function runSweep(plan: SweepPlan, options: RunSweepOptions = {}): Promise<SweepRow[]> {
  const {
    threads = availableParallelism(),
    signal = new AbortController().signal,
    onRow = () => {},
  } = options;
  const rows = new Map<number, SweepRow>();
  const copies = new Map<string, SweepJob[]>();
  const sweep = sweepId(plan);
  const keep = (row: SweepRow): void => {
    rows.set(row.index, row);
    onRow(row);
  };
  function* jobs(): Generator<SweepJob> {
    for (let index = 0; index < plan.count; index++) {
      const point = jobAt(plan, sweep, index);
      if ('refused' in point) {
        keep(point.refused);
        continue;
      }
      const { job } = point;
      const equal = copies.get(job.key);
      if (equal !== undefined) equal.push(job);
      copies.set(job.key, equal ?? []);
      if (equal === undefined) yield job;
    }
  }
  await runInThreads(jobs(), {
    threads: Math.min(threads, Math.max(1, plan.count)),
    signal,
    onRow: keep,
    onCrash: ({ index }, why) => {
      throw new InternalError(`run ${index} of the sweep: ${why}`);
    },
  });
  for (const row of [...rows.values()]) {
    for (const { index, values } of copies.get(row.key) ?? []) keep({ ...row, index, values });
  }
  return [...rows.values()].sort((a, b) => a.index - b.index);
}
