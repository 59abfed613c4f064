import { Tinypool } from 'tinypool';
import { InternalError } from '../../base/errors.ts';
import { builtFile } from '../../executor/wasm/built-file.ts';
import type { SweepJob, SweepRow } from './job.ts';
import type { ThreadAnswer } from './thread.ts';

export interface ThreadsOptions {
  /** Threads; each runs one job at a time. */
  readonly threads: number;
  /** Ends it: threads are stopped where they are. */
  readonly signal: AbortSignal;
  readonly onRow: (row: SweepRow) => void;
  /** A job that our own fault ended, or its thread's memory; other jobs go on. */
  readonly onCrash: (job: SweepJob, why: string) => void;
  /** Its default export is what a thread does; that of a sweep if absent. */
  readonly program?: URL;
}

/** A task takes about so long, so that handing it over costs little, and little is lost by a kill. */
const TASK_MS = 20;
const MOST_PER_TASK = 64;

/**
 * Runs jobs on threads, as they come and in any order; returns whether all were run, rather than ended by the signal.
 * A thread that dies is replaced, and the jobs of its task are run again, each by itself; one that ends its thread
 * then, too, is given up.
 */
export async function runInThreads(jobs: Iterator<SweepJob>, options: ThreadsOptions): Promise<boolean> {
  const { threads, signal, onRow, onCrash, program = builtFile('sweep-thread.js') } = options;
  const pool = new Tinypool({ filename: program.href, minThreads: threads, maxThreads: threads });
  let perTask = 1;
  const run = async (batch: readonly SweepJob[], isAgain = false): Promise<void> => {
    let answer: ThreadAnswer;
    try {
      answer = await pool.run(batch);
    } catch (error) {
      if (signal.aborted) return;
      if (isAgain) onCrash(batch[0]!, error instanceof Error ? error.message : String(error));
      else for (const job of batch) await run([job], true);
      return;
    }
    if (signal.aborted) return;
    const { outcomes, milliseconds } = answer;
    for (const [i, outcome] of outcomes.entries()) {
      if ('row' in outcome) onRow(outcome.row);
      else onCrash(batch[i]!, outcome.crash);
    }
    // By steps: one quick job says little of the next.
    const fitting = Math.round((TASK_MS * batch.length) / Math.max(milliseconds, 0.01));
    perTask = Math.max(1, Math.min(fitting, 2 * perTask, MOST_PER_TASK));
  };
  const lane = async (): Promise<void> => {
    while (!signal.aborted) {
      const batch = take(jobs, perTask);
      if (batch.length === 0) return;
      await run(batch);
    }
  };
  try {
    // One task waits for each thread, so that none waits for this one.
    const lanes = Promise.all(Array.from({ length: 2 * threads }, lane));
    await Promise.race([lanes, failureOf(pool), abortOf(signal)]);
    return !signal.aborted;
  } finally {
    // Tasks that this ends are rejected.
    await pool.destroy();
  }
}

function take(jobs: Iterator<SweepJob>, most: number): SweepJob[] {
  const batch: SweepJob[] = [];
  while (batch.length < most) {
    const { value, done } = jobs.next();
    if (done === true) break;
    batch.push(value);
  }
  return batch;
}

/** Threads that cannot even start. */
function failureOf(pool: Tinypool): Promise<never> {
  return new Promise((_, reject) => {
    pool.on('error', (error: Error) => reject(new InternalError(`threads end: ${error.message}`)));
  });
}

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
