import { hostname } from 'node:os';
import { builtFile } from '../../../executor/wasm/built-file.ts';
import { ATTEMPTS, failureReason } from './attempts.ts';
import { checkRedis } from './connection.ts';
import type { JobMessage } from './job-message.ts';
import { queuePackages } from './packages.ts';
import { otherTags, presence, SIGN_SECONDS, signLife, signOff, whoIsThere } from './presence.ts';
import { PREFIX, queueName, TAG } from './queue-name.ts';
import { PASSWORD_VARIABLE, parseRedisAddress } from './redis-address.ts';
import { watchedRedis } from './watched-redis.ts';

export interface WorkOptions {
  /** URL of the Redis. */
  readonly redis: string;
  /** Sweeps of the same name give it jobs. */
  readonly queue: string;
  /** Runs at once, each in a process of its own. */
  readonly jobs: number;
  /** Finishes the runs that are under way, and ends. */
  readonly signal: AbortSignal;
  /** Ends after so many seconds without a run; never, if absent. */
  readonly idleSeconds?: number;
  /** How long Redis waits for a sign of life before it gives a run to another worker. */
  readonly lockSeconds?: number;
  /** Called when it begins to take runs, and whenever a run begins or ends. */
  readonly onProgress?: (progress: WorkProgress) => void;
  /** Of what goes wrong, or is worth knowing. */
  readonly onNotice?: (notice: string) => void;
}

export interface WorkProgress {
  readonly done: number;
  /** Runs that failed here; they are tried again, or given up. */
  readonly failed: number;
  readonly underWay: number;
}

/**
 * Locks are renewed after half of it, by a process that computes nothing. 30 s survive a restart of Redis; after that
 * and at most half of it again, the run of a worker that died is given to another.
 */
const LOCK_SECONDS = 30;

/**
 * Takes runs from a queue until the signal comes, finishes those that are under way, and says how many it did. A run
 * is computed in a process of its own: it keeps no lock from being renewed, and takes nobody with it when it dies.
 *
 * @throws UserError where there is no such Redis.
 */
export async function workOnQueue(options: WorkOptions): Promise<WorkProgress> {
  const { signal, jobs, onProgress = () => {}, onNotice = () => {} } = options;
  const address = parseRedisAddress(options.redis);
  const name = queueName(options.queue);
  const packages = await queuePackages();
  await checkRedis(packages, address);
  const { redis, isLost, disconnect } = watchedRedis(packages, address, onNotice);
  const lockDuration = 1000 * (options.lockSeconds ?? LOCK_SECONDS);
  // Runs do not see what opens the Redis.
  const { [PASSWORD_VARIABLE]: _, ...env } = process.env;
  const worker = new packages.bullmq.Worker<JobMessage>(name, builtFile('queue-processor.js'), {
    connection: redis,
    prefix: PREFIX,
    concurrency: jobs,
    lockDuration,
    stalledInterval: lockDuration / 2,
    maxStalledCount: ATTEMPTS - 1,
    // After a failure, Redis is asked again soon.
    runRetryDelay: 1000,
    workerForkOptions: { env },
  });
  const tally = { done: 0, failed: 0 };
  const underWay = new Set<string>();
  const progress = (): WorkProgress => ({ ...tally, underWay: underWay.size });
  let active = performance.now();
  const ended = (id: string | undefined): void => {
    active = performance.now();
    underWay.delete(id ?? '');
    onProgress(progress());
  };
  worker.on('active', ({ id }) => {
    underWay.add(id ?? '');
    onProgress(progress());
  });
  worker.on('completed', ({ id }) => {
    tally.done++;
    ended(id);
  });
  worker.on('failed', (job, { message }) => {
    tally.failed++;
    onNotice(`a run failed (${shortKey(job?.id)}): ${failureReason(message)}`);
    ended(job?.id);
  });
  worker.on('stalled', (id) => onNotice(`a run is tried again (${shortKey(id)}): its worker is gone`));
  worker.on('error', ({ message }) => {
    const id = /Missing (?:lock|key) for job (\w+)/.exec(message)?.[1];
    if (id === undefined || !underWay.has(id)) return;
    onNotice(`a run is left to another worker (${shortKey(id)}): Redis heard nothing from here for too long`);
    ended(id);
  });
  const self = presence(`${hostname()}-${process.pid}`, jobs);
  const told = new Set<string>();
  const stop = withTimer(SIGN_SECONDS, async () => {
    await signLife(redis, options.queue, 'workers', self);
    for (const tag of otherTags(await whoIsThere(redis, options.queue, 'sweeps'))) {
      if (!told.has(tag))
        onNotice(`a sweep of stepcast ${tag} is left to its own workers; this one is ${TAG}`);
      told.add(tag);
    }
  });
  onProgress(progress());
  await Promise.race([
    whenAborted(signal),
    whenIdle(options.idleSeconds, () => (underWay.size > 0 ? 0 : performance.now() - active)),
  ]);
  stop();
  // Without Redis, only runs are worth waiting for.
  await worker.close(isLost() && underWay.size === 0);
  if (!isLost()) await signOff(redis, options.queue, 'workers', self);
  disconnect();
  return progress();
}

/** Calls now and then again and again; what goes wrong, the connection tells. Returns what ends it. */
function withTimer(seconds: number, call: () => Promise<void>): () => void {
  const tick = (): void => void call().catch(() => {});
  tick();
  const timer = setInterval(tick, 1000 * seconds);
  return () => clearInterval(timer);
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function whenIdle(seconds: number | undefined, idleMs: () => number): Promise<void> {
  if (seconds === undefined) return new Promise(() => {});
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (idleMs() < 1000 * seconds) return;
      clearInterval(timer);
      resolve();
    }, 100).unref();
  });
}

function shortKey(key = ''): string {
  return key.slice(0, 12);
}
