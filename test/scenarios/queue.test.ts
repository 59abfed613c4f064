import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../base/errors.ts';
import { parseScenario } from '../../scenarios/load.ts';
import type { SweepJob, SweepRow } from '../../scenarios/sweep/job.ts';
import { sweepKey } from '../../scenarios/sweep/key.ts';
import { ATTEMPTS } from '../../scenarios/sweep/queue/attempts.ts';
import { otherTags, presence, signLife, signOff, whoIsThere } from '../../scenarios/sweep/queue/presence.ts';
import { PREFIX, queueName } from '../../scenarios/sweep/queue/queue-name.ts';
import { QueuedSweep } from '../../scenarios/sweep/queue/queued-sweep.ts';
import { checkQueue } from '../../scenarios/sweep/queue/run-on-queue.ts';
import { runSweepJob } from '../../scenarios/sweep/run-job.ts';
import { program, root } from '../cli/program.ts';
import { hasRedis, RedisServer } from './redis-server.ts';

const SCENARIO = `
title: Stragglers
cluster:
  workers: { cpu: xeon-e5-2699v3, accelerator: k40 }
  parameter_servers: { count: 2, cpu: xeon-e5-2699v3 }
  network: { link: eth-10g }
noise: { stragglers: { probability: 0.05, slowdown: 4 } }
experiments:
  - { kind: training, name: cnn, model: { name: mnist-cnn, batch: 8 }, workers: [4], steps: STEPS, strategies: [{ kind: sync }] }
`;
const RUNS = 30;

describe.skipIf(!hasRedis)('a sweep on workers of a queue', () => {
  let server: RedisServer;
  const folder = mkdtempSync(join(tmpdir(), 'stepcast-queue-'));
  const scenario = join(folder, 'stragglers.yaml');
  const running = new Set<ChildProcess>();

  beforeAll(async () => {
    server = await RedisServer.started();
    // About a quarter of a second each, so that most kills are in the middle of one.
    writeFileSync(scenario, SCENARIO.replace('STEPS', '500'));
  });
  afterAll(async () => {
    for (const child of running) child.kill('SIGKILL');
    await server.end();
    rmSync(folder, { recursive: true });
  });

  it('loses and doubles nothing when a worker, Redis and the sweep itself are killed', async () => {
    const [local, queued] = [join(folder, 'local'), join(folder, 'queued')];
    const vary = `noise.stragglers.probability={from: 0, to: 0.5, points: ${RUNS}}`;
    const sweep = (output: string, ...more: string[]) =>
      start(['sweep', scenario, '--vary', vary, '-o', output, ...more]);
    const onQueue = () => sweep(queued, '--redis', server.url);
    const worker = () => start(['worker', '--redis', server.url, '--jobs', '1', '--lock', '2']);

    const [doomed, survivor] = [worker(), worker()];
    const first = onQueue();
    const redis = server.client();
    const underWay = () => redis.llen(`${PREFIX}:${queueName('default')}:active`);
    await until(async () => lines(queued).length >= 2 && (await underWay()) === 2, first);
    redis.disconnect();
    await killed(doomed);
    // The process of one run, too, unless it is just between two.
    const hasFailed = () => /a run failed/.test(survivor.stderr());
    await until(async () => {
      killChild(survivor.child);
      for (let wait = 0; wait < 100 && !hasFailed(); wait++) await pause(20);
      return hasFailed();
    }, first);
    await until(() => lines(queued).length >= 8, first);
    await server.kill();
    await pause(300);
    await server.start();
    await until(() => lines(queued).length >= 14, first);
    await killed(first);
    const before = lines(queued).length;
    expect(before).toBeLessThan(RUNS);

    const second = onQueue();
    expect(await second.ended, second.stderr()).toBe(0);
    expect(await sweep(local).ended).toBe(0);
    expect(readFileSync(join(queued, 'results.ndjson'))).toEqual(readFileSync(join(local, 'results.ndjson')));
    const rows = lines(queued).map((line) => JSON.parse(line) as SweepRow);
    expect(rows.map(({ index }) => index).sort((a, b) => a - b)).toEqual([...Array(RUNS).keys()]);
    expect(new Set(rows.map(({ key }) => key)).size).toBe(RUNS);

    survivor.child.kill('SIGTERM');
    expect(await survivor.ended, survivor.stderr()).toBe(0);
    expect(survivor.stderr()).toMatch(/a run failed \(\w{12}\): .*SIGKILL/);
    expect(survivor.stderr()).toMatch(/its worker is gone/);
    expect(survivor.stderr()).toMatch(/the connection is lost; trying again[\s\S]*connected again/);
    expect(survivor.stderr()).toMatch(/finishing \d runs?, then leaving/);
    expect(survivor.stdout()).toMatch(/^\d+ runs done/);
    expect(await jobsInRedis()).toEqual([]);
  }, 240_000);

  it('ends at Ctrl-C, and says that workers go on and how to take it up again', async () => {
    const sweep = start([
      ...['sweep', scenario, '--vary', 'seed=[1, 2, 3]', '-o', join(folder, 'left')],
      ...['--redis', server.url, '--queue', 'nobody'],
    ]);
    await until(() => /start some: stepcast worker --redis \S+ --queue nobody/.test(sweep.stderr()), sweep);
    sweep.child.kill('SIGINT');
    expect(await sweep.ended).toBe(130);
    expect(sweep.stderr()).toMatch(
      /0 of 3 runs are done; workers finish what is in the queue, and the same command goes on where it was\n$/,
    );
    expect(await jobsInRedis()).toHaveLength(3);
  });

  it('sends again what Redis lost, tries again what failed, and gives up after some attempts', async () => {
    const redis = server.client();
    await redis.flushall();
    const connection = { port: server.port, maxRetriesPerRequest: null };
    const queue = new Queue('trials', { connection, prefix: PREFIX });
    const jobs = [1, 2, 3, 4].map(jobOf);
    const [rows, crashes]: [SweepRow[], [number, string][]] = [[], []];
    const sweep = new QueuedSweep(queue, jobs.values(), {
      onRow: (row) => rows.push(row),
      onCrash: ({ index }, why) => crashes.push([index, why]),
    });
    await sweep.send();
    await sweep.send();
    await redis.flushall();
    expect(await sweep.sendLost()).toBe(4);
    expect(await sweep.sendLost()).toBe(0);
    const tries: number[] = [];
    const work = async ({ data }: { readonly data: { readonly index: number } }) => {
      const job = jobs[data.index - 1]!;
      tries.push(job.index);
      if (job.index === 2) throw new Error('out of\nmemory');
      if (job.index === 3 && tries.filter((index) => index === 3).length === 1) throw new Error('once');
      return job.index === 4 ? { rows: 'none' } : await runSweepJob(job);
    };
    const worker = new Worker('trials', work, { connection, prefix: PREFIX });
    await until(async () => {
      await sweep.collect();
      return sweep.isDone;
    });
    expect(rows.map(({ index }) => index).sort()).toEqual([1, 3]);
    expect(tries.filter((index) => index === 2)).toHaveLength(ATTEMPTS);
    expect(crashes.sort()).toEqual([
      [2, 'out of memory'],
      [4, expect.stringMatching(/^a worker's answer is no row: /)],
    ]);
    expect(await jobsInRedis()).toEqual([]);
    await worker.close();
    await queue.close();
    redis.disconnect();
  });

  it('knows who is there, of which version, and forgets who was silent', async () => {
    const redis = server.client();
    const [own, other] = [presence('here-1', 4), { ...presence('there-2', 8), tag: '9.9.9-r1' }];
    await signLife(redis, 'q', 'workers', own);
    await signLife(redis, 'q', 'workers', other);
    await redis.zadd(`${PREFIX}:q:workers`, Date.now(), '\u001b[31m forged');
    expect(await whoIsThere(redis, 'q', 'workers')).toEqual(
      [own, other].sort((a, b) => (a.tag < b.tag ? -1 : 1)),
    );
    expect(otherTags([own, other])).toEqual(['9.9.9-r1']);
    await signOff(redis, 'q', 'workers', own);
    await redis.zadd(`${PREFIX}:q:workers`, 1, '9.9.9-r1 8 there-2');
    expect(await whoIsThere(redis, 'q', 'workers')).toEqual([]);
    redis.disconnect();
  });

  it('is refused in a line where Redis cannot serve', async () => {
    const check = (redis: string) => checkQueue({ redis, queue: 'q' }).catch((error) => error);
    const redis = server.client();
    const address = `127.0.0.1:${server.port}`;
    expect(await check(`${server.url}/99`)).toMatchObject({
      message: expect.stringMatching(/no database of this number/),
    });
    await redis.config('SET', 'maxmemory', '100mb');
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    expect(await check(server.url)).toMatchObject({
      message: expect.stringMatching(/queues need noeviction/),
    });
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
    await redis.config('SET', 'requirepass', 'open-sesame');
    expect(await check(server.url)).toMatchObject({ message: expect.stringMatching(/wants a password/) });
    const wrong = await check(`redis://:not-this-one@${address}`);
    expect(wrong).toBeInstanceOf(UserError);
    expect(wrong.message).toBe(
      `Redis at redis://${address}: the password is wrong, or there is no such user`,
    );
    expect(await check(`redis://:open-sesame@${address}`)).toBeUndefined();
    const worker = start(['worker', '--redis', `redis://:not-this-one@${address}`]);
    expect(await worker.ended).toBe(2);
    expect(worker.stderr()).toBe(`error: ${wrong.message}\n`);
    redis.disconnect();
  });

  /** `stepcast …`, until the tests end. */
  function start(args: readonly string[]) {
    const child = spawn(process.execPath, [program, ...args], { cwd: root });
    running.add(child);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    const ended = new Promise<number | null>((resolve) => {
      child.on('close', (code) => {
        running.delete(child);
        resolve(code);
      });
    });
    return { child, ended, stdout: () => stdout, stderr: () => stderr };
  }

  async function killed({ child, ended }: ReturnType<typeof start>): Promise<void> {
    child.kill('SIGKILL');
    await ended;
  }

  async function until(
    holds: () => boolean | Promise<boolean>,
    needs?: Pick<ReturnType<typeof start>, 'child' | 'stderr'>,
  ): Promise<void> {
    for (const end = Date.now() + 100_000; Date.now() < end; await pause(20)) {
      if (await holds()) return;
      if (needs !== undefined && needs.child.exitCode !== null)
        throw new Error(`it ended: ${needs.stderr()}`);
    }
    throw new Error(`it takes too long${needs === undefined ? '' : `: ${needs.stderr()}`}`);
  }

  /** Keys of jobs, of any queue. */
  async function jobsInRedis(): Promise<string[]> {
    const redis = server.client();
    const keys = await redis.keys(`${PREFIX}:*`);
    redis.disconnect();
    return keys.filter((key) => /:[0-9a-f]{64}$/.test(key));
  }
});

/** The one process in which a worker with `--jobs 1` runs jobs, if it has started it. */
function killChild({ pid }: ChildProcess): void {
  try {
    execFileSync('pkill', ['-KILL', '-P', String(pid)]);
  } catch {
    // There is none at the moment.
  }
}

/** Whole lines of the runs of a folder. */
function lines(folder: string): string[] {
  const runs = join(folder, 'runs');
  try {
    return readdirSync(runs)
      .filter((name) => name.endsWith('.ndjson'))
      .flatMap((name) => readFileSync(join(runs, name), 'utf8').split('\n').slice(0, -1));
  } catch {
    return [];
  }
}

function jobOf(index: number): SweepJob {
  const scenario = parseScenario(SCENARIO.replace('STEPS', String(index)), 'one.yaml');
  return { sweep: '0123456789abcdef', key: sweepKey(scenario), index, values: {}, scenario };
}
