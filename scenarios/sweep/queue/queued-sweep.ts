import type { JobsOptions, Queue } from 'bullmq';
import type { SweepJob, SweepRow } from '../job.ts';
import { ATTEMPTS, failureReason } from './attempts.ts';
import { type JobMessage, jobMessage } from './job-message.ts';
import { rowOfAnswer } from './row-of-answer.ts';

/** Who takes what becomes of jobs. */
export interface Outcomes {
  readonly onRow: (row: SweepRow) => void;
  /** A job that was tried often enough without a row. */
  readonly onCrash: (job: SweepJob, why: string) => void;
}

/** Jobs that Redis holds at once: enough that thousands of runs never wait, and some tens of megabytes. */
export const WINDOW = 4_000;

/** Jobs per call of Redis: more are not faster, and keep rows waiting. */
const BATCH = 200;

/** The stack of an error is of no use to who reads the reason. */
const OPTIONS: JobsOptions = { attempts: ATTEMPTS, stackTraceLimit: 0 };

/**
 * Jobs of a sweep in a queue, and what comes back.
 *
 * Which jobs are there is known here and not read from Redis, which therefore may forget all of it. Finished jobs stay
 * in the queue until their rows were taken, so this process may end at any moment: who sends the same jobs again finds
 * them there.
 */
export class QueuedSweep {
  readonly #queue: Queue<JobMessage>;
  readonly #jobs: Iterator<SweepJob>;
  readonly #outcomes: Outcomes;
  readonly #window: number;
  /** By key: sent, and without an outcome yet. */
  readonly #sent = new Map<string, SweepJob>();
  #hasMore = true;

  constructor(queue: Queue<JobMessage>, jobs: Iterator<SweepJob>, outcomes: Outcomes, window = WINDOW) {
    this.#queue = queue;
    this.#jobs = jobs;
    this.#outcomes = outcomes;
    this.#window = window;
  }

  get isDone(): boolean {
    return !this.#hasMore && this.#sent.size === 0;
  }

  /** Sends jobs until the window is full: at most a batch per call, so that rows are looked for in between. */
  async send(): Promise<void> {
    const room = Math.min(BATCH, this.#window - this.#sent.size);
    // In whole batches, rather than one for each that comes back.
    if (!this.#hasMore || room < Math.min(BATCH, this.#window)) return;
    const batch: SweepJob[] = [];
    while (batch.length < room) {
      const { value, done } = this.#jobs.next();
      if (done === true) {
        this.#hasMore = false;
        break;
      }
      batch.push(value);
    }
    await this.#add(batch);
  }

  /** Takes finished jobs out of the queue; returns how many. */
  async collect(): Promise<number> {
    const taken = await Promise.all(
      (['completed', 'failed'] as const).map(async (state) => {
        // Other sweeps may use the queue: theirs are left to them.
        const finished = await this.#queue.getRanges([state], 0, -1);
        const own = finished.flatMap((key) => this.#sent.get(key) ?? []).slice(0, BATCH);
        return Promise.all(own.map((job) => this.#collectOne(job, state)));
      }),
    );
    return taken.flat().filter((isTaken) => isTaken).length;
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

  async #collectOne(job: SweepJob, state: 'completed' | 'failed'): Promise<boolean> {
    const answered = await this.#queue.getJob(job.key);
    // Lost meanwhile, or taken: it is sent again.
    if (answered === undefined) return false;
    // A job that failed at first has a reason too.
    const outcome =
      state === 'failed'
        ? failureReason(String(answered.failedReason))
        : rowOfAnswer(job, answered.returnvalue);
    if (typeof outcome === 'string') this.#outcomes.onCrash(job, outcome);
    else this.#outcomes.onRow(outcome);
    this.#sent.delete(job.key);
    await this.#queue.remove(job.key);
    return true;
  }

  async #add(jobs: readonly SweepJob[]): Promise<void> {
    if (jobs.length === 0) return;
    const messages = jobs.map((job) => ({
      name: 'run',
      data: jobMessage(job),
      opts: { ...OPTIONS, jobId: job.key },
    }));
    for (const job of jobs) this.#sent.set(job.key, job);
    await this.#queue.addBulk(messages);
  }
}
