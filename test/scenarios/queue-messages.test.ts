import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../base/errors.ts';
import { loadScenario, parseScenario } from '../../scenarios/load.ts';
import type { SweepJob } from '../../scenarios/sweep/job.ts';
import { sweepKey } from '../../scenarios/sweep/key.ts';
import { jobMessage, readJobMessage } from '../../scenarios/sweep/queue/job-message.ts';
import { queuePackages } from '../../scenarios/sweep/queue/packages.ts';
import { queueName } from '../../scenarios/sweep/queue/queue-name.ts';
import { parseRedisAddress } from '../../scenarios/sweep/queue/redis-address.ts';
import { rowOfAnswer } from '../../scenarios/sweep/queue/row-of-answer.ts';
import { writtenScenario } from '../../scenarios/sweep/queue/written-scenario.ts';
import { runSweepJob } from '../../scenarios/sweep/run-job.ts';
import { version } from '../../scenarios/version.ts';

const TEXT = `
title: One worker
cluster:
  workers: { cpu: xeon-e5-2699v3, accelerator: k40 }
  parameter_servers: { count: 1, cpu: xeon-e5-2699v3 }
  network: { link: eth-10g }
experiments:
  - { kind: training, name: cnn, model: { name: mnist-cnn, batch: 8 }, workers: [1], steps: 2, strategies: [{ kind: sync }] }
  - { kind: placement, name: where, model: { name: mnist-cnn, batch: 8 }, placers: [heft] }
`;

const jobOf = (set: readonly string[] = []): SweepJob => {
  const scenario = parseScenario(TEXT, 'one.yaml', { set });
  return { sweep: '0123456789abcdef', key: sweepKey(scenario), index: 3, values: { seed: 7 }, scenario };
};

/** As it is after a queue: JSON. */
const travelled = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('a job that travels through a queue', () => {
  it.each(readdirSync('scenarios').filter((name) => name.endsWith('.yaml') && !name.startsWith('sweep')))(
    'arrives as it was sent: %s',
    (name) => {
      const scenario = loadScenario(`scenarios/${name}`);
      const job = { sweep: '0123456789abcdef', key: sweepKey(scenario), index: 0, values: {}, scenario };
      expect(travelled(readJobMessage(job.key, travelled(jobMessage(job))))).toEqual(travelled(job));
    },
  );

  it.each([
    ['cluster.workers.profile', (at: string) => `cluster.workers.profile=${at}/file.json`],
    [
      'experiments.1.placers.0.path',
      (at: string) => `experiments.where.placers=[{kind: file, path: ${at}/file.json}]`,
    ],
    [
      'experiments.1.placers.0.policy',
      (at: string) => `experiments.where.placers=[{kind: learned-list, policy: ${at}/file.json}]`,
    ],
    ['experiments.1.model.file', (at: string) => `experiments.where.model={file: ${at}/file.onnx}`],
  ])('is not sent, and not run, where %s names a file', (key, set) => {
    const folder = mkdtempSync(join(tmpdir(), 'stepcast-queue-'));
    for (const name of ['file.json', 'file.onnx']) writeFileSync(join(folder, name), '{}');
    const job = jobOf([set(folder)]);
    expect(() => jobMessage(job)).toThrow(new RegExp(`^${key}: ".*" is a file of this machine`));
    const forged = { ...jobMessage(jobOf()), scenario: writtenScenario(job.scenario) };
    expect(() => readJobMessage(job.key, travelled(forged))).toThrow(/is a file of this machine/);
    rmSync(folder, { recursive: true });
  });

  const good = jobMessage(jobOf()) as unknown as Record<string, unknown>;
  const { scenario } = jobOf();
  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /expected object/],
    ['a list', [], /expected object/],
    ['of another version', { ...good, program: '0.0.1' }, /program/],
    ['of other results', { ...good, results: 1 }, /results/],
    ['with more than it has', { ...good, run: 'rm -rf /' }, /run/],
    ['without its sweep', { ...good, sweep: '../..' }, /sweep/],
    ['before the first', { ...good, index: -1 }, /index/],
    ['without a scenario', { ...good, scenario: null }, /expected a map of keys, got nothing/],
    [
      'of an unknown device',
      { ...good, scenario: { ...scenario, cluster: { workers: { cpu: 'x' } } } },
      /unknown/,
    ],
    ['with a misspelt key', { ...good, scenario: { ...scenario, clusters: 1 } }, /did you mean "cluster"/],
    ['of another seed than its key', { ...good, scenario: { ...scenario, seed: 99 } }, /its key is not that/],
    ['that is huge', { ...good, values: { x: 'x'.repeat(3_000_000) } }, /too large/],
    ['that changes prototypes', travelled(JSON.parse('{"__proto__": {"program": 1}}')), /program/],
  ])('is refused where it is one %s', (_, message, why) => {
    const read = (): SweepJob => readJobMessage(jobOf().key, message);
    expect(read).toThrow(UserError);
    expect(read).toThrow(why);
    expect(read).toThrow(`not a job of stepcast ${version}`);
  });
});

describe('the answer of a worker', () => {
  it('is the row that this machine would have made', async () => {
    const job = jobOf();
    const row = await runSweepJob(job);
    expect(row.figures.length).toBeGreaterThan(1);
    const taken = rowOfAnswer(job, travelled(row));
    expect(JSON.stringify(taken)).toBe(JSON.stringify(row));
  });

  it('says only what became of the job, not which job it was', async () => {
    const job = jobOf();
    const row = await runSweepJob(job);
    const lied = { ...row, index: 17, seed: 1234, values: { seed: 'other' }, sweep: 'fedcba9876543210' };
    expect(rowOfAnswer(job, lied)).toEqual(row);
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['text', 'done'],
    ['no figures', { key: jobOf().key }],
    [
      'figures that are none',
      {
        sweep: '0123456789abcdef',
        key: jobOf().key,
        index: 3,
        seed: 1,
        values: {},
        error: null,
        figures: [{ stepSeconds: '1' }],
      },
    ],
    [
      'another run',
      {
        sweep: '0123456789abcdef',
        key: 'f'.repeat(64),
        index: 3,
        seed: 1,
        values: {},
        error: null,
        figures: [],
      },
    ],
  ])('is refused where it is %s', (_, answer) => {
    expect(rowOfAnswer(jobOf(), answer)).toMatch(/^a worker's answer is (no row|that of another run)/);
  });
});

describe('the URL of a Redis', () => {
  it.each([
    ['redis://host', { host: 'host', port: 6379, database: 0, tls: false, shown: 'redis://host:6379' }],
    [
      'redis://10.0.0.5:7000/3',
      { host: '10.0.0.5', port: 7000, database: 3, tls: false, shown: 'redis://10.0.0.5:7000/3' },
    ],
    [
      'rediss://[::1]:6380/',
      { host: '::1', port: 6380, database: 0, tls: true, shown: 'rediss://[::1]:6380/' },
    ],
    [
      'redis://me:p%23w@h',
      {
        host: 'h',
        port: 6379,
        database: 0,
        tls: false,
        username: 'me',
        password: 'p#w',
        shown: 'redis://h:6379',
      },
    ],
  ])('%s', (url, expected) => {
    expect(parseRedisAddress(url, {})).toEqual(expected);
  });

  it('takes its password from a variable where the URL has none', () => {
    const environment = { STEPCAST_REDIS_PASSWORD: 'secret' };
    expect(parseRedisAddress('redis://me@h', environment)).toMatchObject({
      username: 'me',
      password: 'secret',
    });
    expect(parseRedisAddress('redis://:own@h', environment)).toMatchObject({ password: 'own' });
  });

  it.each([
    'localhost:6379',
    'http://:secret@host',
    'redis://:secret#1@host',
    'redis://:secret?@host',
    'redis://:secret%zz@host',
    'redis://:secret@',
    'redis://:secret@host/last',
    'redis://:secret@host:70000',
    '',
  ])('is refused, and no password told: %s', (url) => {
    expect(() => parseRedisAddress(url, {})).toThrow(UserError);
    expect(() => parseRedisAddress(url, {})).toThrow(/^--redis: expected redis:\/\/(?!.*secret)/);
  });
});

it('names queues by version, and refuses names that are no part of a key', () => {
  expect(queueName('nightly')).toMatch(new RegExp(`^nightly@${version.replaceAll('.', '\\.')}-r\\d+$`));
  for (const name of ['', 'a:b', 'a b', '*', 'x'.repeat(65)])
    expect(() => queueName(name)).toThrow(/--queue/);
});

it('says what to install where the packages of queues are missing', async () => {
  const absent = Object.assign(new Error("Cannot find package 'bullmq'"), { code: 'ERR_MODULE_NOT_FOUND' });
  await expect(queuePackages(() => Promise.reject(absent))).rejects.toThrow('npm install bullmq ioredis');
});
