// The program of one thread of a sweep: it runs the jobs of a task one after the other. Default-exported, as tinypool
// wants it.
import type { SweepJob, SweepRow } from './job.ts';
import { runSweepJob } from './run-job.ts';

/** A job's row, or what our own fault ended it with. */
export type ThreadOutcome = { readonly row: SweepRow } | { readonly crash: string };

export interface ThreadAnswer {
  /** Of each job, in order. */
  readonly outcomes: readonly ThreadOutcome[];
  /** Wall-clock time of all. */
  readonly milliseconds: number;
}

export default async function runJobs(jobs: readonly SweepJob[]): Promise<ThreadAnswer> {
  const began = performance.now();
  const outcomes: ThreadOutcome[] = [];
  for (const job of jobs) {
    try {
      outcomes.push({ row: await runSweepJob(job) });
    } catch (error) {
      outcomes.push({ crash: error instanceof Error ? error.message : String(error) });
    }
  }
  return { outcomes, milliseconds: performance.now() - began };
}
