import { setTimeout as pause } from 'node:timers/promises';
import { openJobs } from '../open-jobs.ts';
import type { SweepPlan } from '../plan.ts';
import type { SweepStore } from '../store.ts';
import { checkRedis, redisProblem } from './connection.ts';
import type { JobMessage } from './job-message.ts';
import { queuePackages } from './packages.ts';
import { otherTags, presence, SIGN_SECONDS, signLife, whoIsThere } from './presence.ts';
import { DEFAULT_QUEUE, PREFIX, queueName, TAG } from './queue-name.ts';
import { QueuedSweep } from './queued-sweep.ts';
import { parseRedisAddress } from './redis-address.ts';
import { watchedRedis } from './watched-redis.ts';

export interface QueueOptions {
  /** URL of the Redis. */
  readonly redis: string;
  /** Workers of the same name take its jobs. */
  readonly queue: string;
  /** Ends this process's part; workers finish what is in the queue. */
  readonly signal: AbortSignal;
  /** Called when rows were stored, and every few seconds. */
  readonly onProgress?: (progress: QueueProgress) => void;
  /** Of what goes wrong, or is worth knowing, while the sweep goes on. */
  readonly onNotice?: (notice: string) => void;
}

export interface QueueProgress {
  /** Points of the sweep that have their row. */
  readonly done: number;
  /** Worker processes of the queue that are there. */
  readonly workers: number;
  /** Runs that these do at once. */
  readonly atOnce: number;
}

/** Between looks for finished jobs, in milliseconds. */
const LOOK_MS = 100;
/** Between looks for jobs that Redis has lost. */
const LOST_MS = 10_000;

/**
 * Has the open jobs of a sweep run by the workers of a queue, and stores their rows as they come; returns whether the
 * sweep is done, rather than ended by the signal. Every job is run at least once, and each row is stored once. Redis
 * holds a window of the jobs, however many there are.
 *
 * @throws UserError where there is no such Redis, it takes no jobs, or a job needs files of this machine. What is
 *   stored stays.
 */
export async function runOnQueue(
  plan: SweepPlan,
  store: SweepStore,
  options: QueueOptions,
): Promise<boolean> {
  const { signal, onProgress = () => {}, onNotice = () => {} } = options;
  const address = parseRedisAddress(options.redis);
  const name = queueName(options.queue);
  const packages = await queuePackages();
  await checkRedis(packages, address);
  const redis = watchedRedis(packages, address, onNotice);
  const queue = new packages.bullmq.Queue<JobMessage>(name, {
    connection: redis,
    prefix: PREFIX,
    // Nobody reads events: they are trimmed, and lost with a connection, while finished jobs stay.
    streams: { events: { maxLen: 100 } },
  });
  // The connection tells of its errors itself.
  queue.on('error', () => {});
  const jobs = new QueuedSweep(queue, {
    jobs: openJobs(plan, store),
    store: (row) => store.append(row),
  });
  try {
    // A Redis that does not answer keeps nobody from ending.
    return await Promise.race([work(), whenAborted(signal)]);
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') throw redisProblem(address, error);
    throw error;
  } finally {
    queue.removeAllListeners();
    redis.disconnect();
  }

  async function work(): Promise<boolean> {
    const self = presence(`${store.header.sweep}-${process.pid}`);
    let [checked, looked] = [performance.now(), Number.NEGATIVE_INFINITY];
    let [workers, atOnce] = [-1, 0];
    while (!jobs.isDone) {
      await jobs.send();
      const stored = await jobs.collect();
      const now = performance.now();
      if (now - checked > LOST_MS) {
        checked = now;
        const lost = await jobs.sendLost();
        if (lost > 0) onNotice(`${lost} runs were no longer in Redis, and were sent again`);
      }
      const isTime = now - looked > 1000 * SIGN_SECONDS;
      if (isTime) {
        looked = now;
        await signLife(redis, options.queue, 'sweeps', self);
        const present = await whoIsThere(redis, options.queue, 'workers');
        const own = present.filter(({ tag }) => tag === TAG);
        if (own.length === 0 && workers !== 0) onNotice(alone(otherTags(present)));
        [workers, atOnce] = [own.length, own.reduce((sum, worker) => sum + worker.atOnce, 0)];
      }
      if (stored > 0 || isTime) onProgress({ done: store.done, workers, atOnce });
      if (stored === 0) await pause(LOOK_MS);
    }
    return true;
  }

  function alone(others: readonly string[]): string {
    const remark = others.length === 0 ? '' : ` (those of ${others.join(', ')} leave its runs alone)`;
    const queueOption = options.queue === DEFAULT_QUEUE ? '' : ` --queue ${options.queue}`;
    return `no worker of stepcast ${TAG} is there${remark}; start some: stepcast worker --redis ${address.shown}${queueOption}`;
  }
}

function whenAborted(signal: AbortSignal): Promise<false> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(false);
    signal.addEventListener('abort', () => resolve(false), { once: true });
  });
}
