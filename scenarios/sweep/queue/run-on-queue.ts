import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { SweepJob } from '../job.ts';
import { checkRedis, redisProblem } from './connection.ts';
import type { JobMessage } from './job-message.ts';
import { queuePackages } from './packages.ts';
import { otherTags, presence, SIGN_SECONDS, signLife, whoIsThere } from './presence.ts';
import { DEFAULT_QUEUE, PREFIX, queueName, TAG } from './queue-name.ts';
import { type Outcomes, QueuedSweep } from './queued-sweep.ts';
import { parseRedisAddress } from './redis-address.ts';
import { watchedRedis } from './watched-redis.ts';

export interface QueueOptions extends Outcomes {
  /** URL of the Redis. */
  readonly redis: string;
  /** Workers of the same name take its jobs. */
  readonly queue: string;
  /** Ends this process's part; workers finish what is in the queue. */
  readonly signal: AbortSignal;
  /** Called every few seconds: worker processes that are there, and how many runs they do at once. */
  readonly onWorkers?: (workers: number, atOnce: number) => void;
  /** Of what goes wrong, or is worth knowing, while the sweep goes on. */
  readonly onNotice?: (notice: string) => void;
}

/** Between looks for finished jobs, in milliseconds. */
const LOOK_MS = 100;
/** Between looks for jobs that Redis has lost. */
const LOST_MS = 10_000;

/** @throws UserError where there is no such Redis, it cannot hold queues, or their packages are not installed. */
export async function checkQueue(options: Pick<QueueOptions, 'redis' | 'queue'>): Promise<void> {
  const address = parseRedisAddress(options.redis);
  queueName(options.queue);
  await checkRedis(await queuePackages(), address);
}

/**
 * Has jobs run by the workers of a queue, in any order; returns whether all were run, rather than ended by the signal.
 * Every job is run at least once, and has one outcome. Redis holds a window of the jobs, however many there are. It is waited for
 * as long as it does not answer: checkQueue() says whether there is one.
 *
 * @throws UserError where Redis takes no jobs, or a job needs files of this machine.
 */
export async function runOnQueue(jobs: Iterator<SweepJob>, options: QueueOptions): Promise<boolean> {
  const { signal, onWorkers = () => {}, onNotice = () => {} } = options;
  const address = parseRedisAddress(options.redis);
  const name = queueName(options.queue);
  const packages = await queuePackages();
  const { redis, disconnect } = watchedRedis(packages, address, onNotice);
  const queue = new packages.bullmq.Queue<JobMessage>(name, {
    connection: redis,
    prefix: PREFIX,
    // Nobody reads events: they are trimmed, and lost with a connection, while finished jobs stay.
    streams: { events: { maxLen: 100 } },
  });
  // The connection tells of its errors itself.
  queue.on('error', () => {});
  const sweep = new QueuedSweep(queue, jobs, options);
  try {
    // A Redis that does not answer keeps nobody from ending.
    return await Promise.race([work(), whenAborted(signal)]);
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') throw redisProblem(address, error);
    throw error;
  } finally {
    disconnect();
  }

  async function work(): Promise<boolean> {
    const self = presence(`${hostname()}-${process.pid}`);
    let [checked, looked, isAlone] = [performance.now(), Number.NEGATIVE_INFINITY, false];
    while (!sweep.isDone && !signal.aborted) {
      await sweep.send();
      const taken = await sweep.collect();
      const now = performance.now();
      if (now - checked > LOST_MS) {
        checked = now;
        const lost = await sweep.sendLost();
        if (lost > 0) onNotice(`${lost} runs were no longer in Redis, and were sent again`);
      }
      if (now - looked > 1000 * SIGN_SECONDS) {
        looked = now;
        await signLife(redis, options.queue, 'sweeps', self);
        const present = await whoIsThere(redis, options.queue, 'workers');
        const own = present.filter(({ tag }) => tag === TAG);
        if (own.length === 0 && !isAlone) onNotice(alone(otherTags(present)));
        isAlone = own.length === 0;
        onWorkers(
          own.length,
          own.reduce((sum, { atOnce }) => sum + atOnce, 0),
        );
      }
      if (taken === 0) await pause(LOOK_MS);
    }
    return sweep.isDone;
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
