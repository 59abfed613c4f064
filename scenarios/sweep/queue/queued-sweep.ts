import type { JobsOptions, Queue } from 'bullmq';
import type { SweepJob, SweepRow } from '../job.ts';
import { type JobMessage, jobMessage } from './job-message.ts';
import { rowOfAnswer, rowOfFailure } from './row-of-answer.ts';

/** Jobs that Redis holds at once: enough that thousands of runs never wait, and some tens of megabytes. */
export const WINDOW = 4_000;

/** Jobs per call of Redis: more are not faster, and keep rows waiting. */
const BATCH = 200;

/** A job that throws, or ends the process that runs it, is tried so often. */
export const ATTEMPTS = 3;

/** Who gives jobs and takes rows. */
export interface JobSource {
  readonly jobs: Iterator<SweepJob>;
  /** True where the row is news. */
  store(row: SweepRow): boolean;
}

/**
 * Some jobs of a sweep in a queue, and the rows that come back.
 *
 * Which jobs are there is known here and not read from Redis, which therefore may forget all of it. Finished jobs stay
 * in the queue until their rows are stored, so this process may end at any moment: whoever sends the same jobs again
 * finds them there.
 */
export class QueuedSweep {
  readonly #queue: Queue<JobMessage>;
  readonly #source: JobSource;
  readonly #window: number;
  /** By key: sent, and not stored yet. */
  readonly #sent = new Map<string, SweepJob>();
  #hasMore = true;

  constructor(queue: Queue<JobMessage>, source: JobSource, window: number = WINDOW) {
    this.#queue = queue;
    this.#source = source;
    this.#window = window;
  }

  get isDone(): boolean {
    return !this.#hasMore && this.#sent.size === 0;
  }

  /** Sends jobs until the window is full: at most a batch per call, so that rows are looked for in between. */
  async send(): Promise<void> {
    if (!this.#hasMore || this.#sent.size > this.#window - BATCH) return;
    const batch: SweepJob[] = [];
    while (batch.length < BATCH) {
      const { value, done } = this.#source.jobs.next();
      if (done === true) {
        this.#hasMore = false;
        break;
      }
      batch.push(value);
    }
    await this.#add(batch);
  }

  /** Stores the rows of finished jobs and takes these out of the queue; returns how many rows were news. */
  async collect(): Promise<number> {
    // Other sweeps may use the queue: theirs are left to them.
    const finished = await this.#queue.getRanges(['completed', 'failed'], 0, -1);
    const own = finished.flatMap((key) => this.#sent.get(key) ?? []).slice(0, BATCH);
    const stored = await Promise.all(own.map((job) => this.#collectOne(job)));
    return stored.filter((isNew) => isNew).length;
  }

  /**
   * Sends again what is no longer in the queue: Redis lost it, or another sweep that asks for the same run took it.
   * Returns how many jobs these were.
   */
  async sendLost(): Promise<number> {
    const sent = [...this.#sent.values()];
    const states = await Promise.all(sent.map(({ key }) => this.#queue.getJobState(key)));
    const lost = sent.filter(({ key }, i) => states[i] === 'unknown' && this.#sent.has(key));
    for (let from = 0; from < lost.length; from += BATCH) await this.#add(lost.slice(from, from + BATCH));
    return lost.length;
  }

  async #collectOne(job: SweepJob): Promise<boolean> {
    const answered = await this.#queue.getJob(job.key);
    // Of a job that is tried again, and of one that was lost, another look tells.
    if (answered?.finishedOn === undefined) return false;
    const { failedReason, returnvalue, stalledCounter } = answered;
    const isFailed = failedReason !== undefined && failedReason !== '';
    const row = isFailed
      ? rowOfFailure(job, whyFailed(failedReason, stalledCounter))
      : rowOfAnswer(job, returnvalue);
    const isNew = this.#source.store(row);
    this.#sent.delete(job.key);
    await this.#queue.remove(job.key);
    return isNew;
  }

  async #add(jobs: readonly SweepJob[]): Promise<void> {
    if (jobs.length === 0) return;
    // Before the call: were it cut off, they would be sent again.
    for (const job of jobs) this.#sent.set(job.key, job);
    await this.#queue.addBulk(
      jobs.map((job) => ({ name: 'run', data: jobMessage(job), opts: { ...OPTIONS, jobId: job.key } })),
    );
  }
}

/** The stack of an error is of no use to who reads the row. */
const OPTIONS: JobsOptions = { attempts: ATTEMPTS, stackTraceLimit: 0 };

function whyFailed(reason: string, stalls: number): string {
  if (/stalled/.test(reason) || stalls >= ATTEMPTS)
    return `no worker survived it in ${ATTEMPTS} attempts; perhaps their memory is too small for it`;
  return `it failed on a worker, in up to ${ATTEMPTS} attempts: ${reason}`;
}
