import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../base/errors.ts';
import { printable } from '../base/text.ts';
import type { SweepJob } from '../scenarios/sweep/job.ts';
import { loadSweep } from '../scenarios/sweep/load-sweep.ts';
import { openJobs } from '../scenarios/sweep/open-jobs.ts';
import type { SweepPlan } from '../scenarios/sweep/plan.ts';
import { runInThreads, type ThreadsOptions } from '../scenarios/sweep/run-in-threads.ts';
import { parseShard, pointsIn, type Shard, WHOLE } from '../scenarios/sweep/shard.ts';
import { SweepStore } from '../scenarios/sweep/store.ts';
import { onInterrupt } from './interrupt.ts';
import { progressOn } from './progress.ts';
import { reportSweep } from './sweep-summary.ts';
import { checkFolder } from './write-files.ts';

export interface SweepOptions {
  readonly output?: string;
  readonly jobs?: number;
  readonly vary?: readonly string[];
  readonly set?: readonly string[];
  readonly seed?: number;
  readonly shard?: string;
  readonly fresh?: boolean;
  readonly retryFailed?: boolean;
  readonly failFast?: boolean;
  readonly json?: boolean;
  /** URL of a Redis, whose workers run it instead of threads. */
  readonly redis?: string;
  readonly queue?: string;
}

/** What happened to the points of a sweep, or of its shard. */
export interface SweepTally {
  /** Points of the shard, and of these the ones that had their row before. */
  readonly points: number;
  readonly before: number;
  /** Jobs that were given up, each with why. */
  readonly crashed: readonly string[];
}

/** `stepcast sweep`: progress on stderr, the best runs on stdout, rows in a folder as they come. */
export async function sweep(path: string, options: SweepOptions): Promise<void> {
  const { output, jobs = availableParallelism(), json = false, redis, queue = 'default' } = options;
  const shard = options.shard === undefined ? WHOLE : parseShard(options.shard);
  const plan = loadSweep(path, options);
  refuseHopeless(plan);
  const folder = output ?? join('out', plan.name);
  checkFolder(folder, ['sweep.json', 'results.ndjson', 'results.csv', 'sweep.html']);
  const workers = redis === undefined ? undefined : await import('../scenarios/sweep/queue/run-on-queue.ts');
  await workers?.checkQueue({ redis: redis!, queue });
  const store = new SweepStore(folder, plan, {
    shard,
    fresh: options.fresh === true,
    retryFailed: options.retryFailed === true,
  });
  let tally: SweepTally;
  try {
    for (const message of store.broken) process.stderr.write(`${message}; it is ignored\n`);
    tally = await runJobs(plan, store, {
      shard,
      failFast: options.failFast === true,
      lastWords: workers === undefined ? '' : 'workers finish what is in the queue, and ',
      run: (open, count, callbacks) =>
        workers === undefined
          ? runInThreads(open, { threads: Math.min(jobs, Math.max(1, count)), ...callbacks })
          : workers.runOnQueue(open, { redis: redis!, queue, ...callbacks }),
    });
  } finally {
    store.close();
  }
  const failed = await reportSweep(store, tally, { shard, json });
  if (failed > 0) process.exitCode = 1;
}

/** Points that are looked at before anything is run, from the first to the last. */
const PROBES = 8;

/** @throws what is wrong with the first point, where that is no matter of what varies: where others make no scenario either. */
function refuseHopeless(plan: SweepPlan): void {
  const probes = Math.min(PROBES, plan.count);
  let first: UserError | undefined;
  for (let i = 0; i < probes; i++) {
    try {
      plan.point(probes === 1 ? 0 : Math.floor((i * (plan.count - 1)) / (probes - 1)));
      return;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      first ??= error;
    }
  }
  if (first !== undefined) throw first;
}

interface RunJobsOptions {
  readonly shard: Shard;
  readonly failFast: boolean;
  /** What else to say when it is interrupted. */
  readonly lastWords: string;
  /** Runs so many jobs, in any order: on threads, or on workers of which it tells. */
  readonly run: (
    jobs: Iterator<SweepJob>,
    count: number,
    callbacks: Pick<ThreadsOptions, 'signal' | 'onRow' | 'onCrash'> & {
      readonly onWorkers: (workers: number, atOnce: number) => void;
      readonly onNotice: (notice: string) => void;
    },
  ) => Promise<boolean>;
}

async function runJobs(
  plan: SweepPlan,
  store: SweepStore,
  { shard, failFast, lastWords, run }: RunJobsOptions,
): Promise<SweepTally> {
  const points = pointsIn(shard, plan.count);
  const before = store.doneHere;
  const progress = progressOn(process.stderr);
  const stop = new AbortController();
  const crashed: string[] = [];
  const began = performance.now();
  let workers = '';
  const show = (): void => {
    const done = store.doneHere;
    const perSecond = (done - before) / ((performance.now() - began) / 1000);
    const rate = done > before ? `, ${perSecond.toPrecision(2)} runs/s` : '';
    const steps = Math.floor((20 * done) / Math.max(1, points)) * 5;
    progress.show(
      `${printable(plan.name)} ${steps} %`,
      `, ${done} of ${points} runs${rate}${workers}`,
      done / Math.max(1, points),
    );
  };
  const off = onInterrupt(() => {
    stop.abort();
    progress.end();
    store.close();
    return `${store.doneHere} of ${points} runs are done; ${lastWords}the same command goes on where it was`;
  });
  const fail = (): void => {
    if (failFast) stop.abort();
  };
  try {
    show();
    const open = openJobs(plan, store, shard, fail);
    await run(open, points - before, {
      signal: stop.signal,
      onWorkers: (count, atOnce) => {
        workers = `, ${count} ${count === 1 ? 'worker' : 'workers'} of ${atOnce} at once`;
        show();
      },
      onNotice: (notice) => {
        progress.end();
        process.stderr.write(`${printable(notice)}\n`);
      },
      onRow: (row) => {
        store.append(row);
        if (row.error !== null) fail();
        show();
      },
      onCrash: (job, why) => {
        crashed.push(`run ${job.index}: ${why}`);
        fail();
      },
    });
  } finally {
    off();
    progress.end();
  }
  return { points, before, crashed };
}
