import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import seedrandom from 'seedrandom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { program, root, stepcast } from './program.ts';

/** 60 runs of some milliseconds. */
const SCENARIO = `title: Tiny
cluster:
  workers: {cpu: xeon-e5-2699v3, accelerator: k40}
  parameter_servers: {count: 1, cpu: xeon-e5-2699v3}
  network: {link: eth-10g}
noise: {compute: {sigma: 0.05}}
experiments:
  - kind: training
    name: cnn
    model: {name: mnist-cnn, batch: 8}
    workers: [2]
    steps: 15
    strategies: [sync]
sweep:
  kind: grid
  parameters:
    cluster.network.link: [eth-1g, eth-10g, eth-100g]
    noise.compute.sigma: [0, 0.1]
  seeds: 10
`;
const RUNS = 60;

const folder = mkdtempSync(join(tmpdir(), 'stepcast-sweep-cli-'));
const at = (name: string): string => join(folder, name);
const scenario = at('tiny.yaml');
/** What an uninterrupted sweep gives. */
let expected = '';

beforeAll(() => {
  writeFileSync(scenario, SCENARIO);
  const { code, stdout, stderr } = stepcast(['sweep', scenario, '-o', at('whole')]);
  expect({ code, stderr: stderr.split('\n').at(-2) }).toEqual({ code: 0, stderr: 'tiny 100 %' });
  expect(stdout).toContain('60 of 60 runs are done');
  expected = readFileSync(at('whole/results.ndjson'), 'utf8');
  expect(expected.split('\n')).toHaveLength(RUNS + 1);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The lines of all files of runs, as they were written. */
function linesOf(output: string): string[] {
  const runs = join(output, 'runs');
  if (!existsSync(runs)) return [];
  return readdirSync(runs)
    .filter((name) => name.endsWith('.ndjson'))
    .flatMap((name) => readFileSync(join(runs, name), 'utf8').split('\n').slice(0, -1));
}

/** Starts a sweep; `until` says when it gets the signal. Returns its exit code, null where it was killed. */
async function interrupted(output: string, signal: NodeJS.Signals, until: () => Promise<void>) {
  const child = spawn(process.execPath, [program, 'sweep', scenario, '-o', output, '--jobs', '1'], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  await Promise.race([until(), ended]);
  try {
    // The whole group: nothing of it may go on.
    process.kill(-child.pid!, signal);
  } catch {
    // It was done before.
  }
  return { code: await ended, stderr };
}

async function rowsBeyond(output: string, most: number): Promise<void> {
  while (linesOf(output).length <= most) await pause(2);
}

describe('stepcast sweep', () => {
  it('killed at twenty random moments and resumed gives the bytes of an uninterrupted one', {
    timeout: 240_000,
  }, async () => {
    const random = seedrandom('kill -9');
    const output = at('killed');
    let kills = 0;
    while (kills < 20) {
      const before = linesOf(output).length;
      if (before >= RUNS - 4) break;
      const { code } = await interrupted(output, 'SIGKILL', async () => {
        // While it starts, or so many rows later, or amid the next one.
        if (random() < 0.2) await pause(400 * random());
        else {
          await rowsBeyond(output, before + Math.floor(3 * random()));
          await pause(15 * random());
        }
      });
      expect(code, 'it was killed, and not done').toBeNull();
      kills++;
    }
    expect(kills).toBe(20);
    const { code, stdout } = stepcast(['sweep', scenario, '-o', output]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/60 of 60 runs are done, of which \d+ were done before/);
    expect(readFileSync(join(output, 'results.ndjson'), 'utf8')).toBe(expected);
    const whole = linesOf(output).filter((line) => line.endsWith('}'));
    expect(whole, 'no run is there twice').toHaveLength(RUNS);
    expect(new Set(whole.map((line) => JSON.parse(line).key)).size).toBe(RUNS);
  });

  it('says at Ctrl-C how to go on, and goes on', { timeout: 60_000 }, async () => {
    const output = at('interrupted');
    const { code, stderr } = await interrupted(output, 'SIGINT', () => rowsBeyond(output, 3));
    expect(code).toBe(130);
    const [, done] = /interrupted: (\d+) of 60 runs are done; the same command goes on where it was\n$/.exec(
      stderr,
    )!;
    expect(linesOf(output)).toHaveLength(Number(done));
    const { stdout } = stepcast(['sweep', scenario, '-o', output, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ points: 60, done: 60, failed: 0, crashed: [] });
    expect(readFileSync(join(output, 'results.ndjson'), 'utf8')).toBe(expected);
  });

  it('in shards gives the same, merged', { timeout: 60_000 }, () => {
    const parts = ['1/3', '2/3'].map((shard) => {
      const output = at(`part${shard[0]}`);
      const { code, stdout } = stepcast(['sweep', scenario, '-o', output, '--shard', shard]);
      expect(code).toBe(0);
      expect(stdout).toContain(`20 of 20 runs of shard ${shard[0]} of 3 are done`);
      return output;
    });
    const some = stepcast(['merge', ...parts, '-o', at('some.ndjson'), '--json']);
    expect(JSON.parse(some.stdout)).toMatchObject({ runs: 40, failed: 0, missing: 20 });
    // As an array job is told; into the folder of another shard, which then is whole but for one.
    const env = { SLURM_ARRAY_TASK_ID: '3', SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_COUNT: '3' };
    const last = stepcast(['sweep', scenario, '-o', parts[0]!, '--shard', 'auto'], env);
    expect(last.code).toBe(0);
    const merged = stepcast(['merge', parts[1]!, parts[0]!]);
    expect(merged.stderr).toBe('60 runs to standard output\n');
    expect(merged.stdout).toBe(expected);
  });

  it('exports tables, and answers SQL', { timeout: 60_000 }, () => {
    const csv = stepcast(['export', at('whole')]);
    expect(csv.code).toBe(0);
    expect(csv.stdout).toBe(readFileSync(at('whole/results.csv'), 'utf8'));
    const parquet = stepcast(['export', at('whole'), '-o', at('runs.parquet'), '--json']);
    expect(JSON.parse(parquet.stdout)).toMatchObject({ runs: 60 });
    expect(readFileSync(at('runs.parquet')).subarray(0, 4).toString()).toBe('PAR1');
    const query = 'SELECT "noise.compute.sigma" AS sigma, count(*) AS n FROM runs GROUP BY 1 ORDER BY 1';
    const { stdout } = stepcast(['sql', at('whole'), query]);
    expect(stdout).toBe('sigma   n\n    0  30\n  0.1  30\n');
  });

  it('keeps what failed, and says so', { timeout: 60_000 }, () => {
    const failing = [
      'sweep',
      scenario,
      '-o',
      at('failing'),
      '--vary',
      'experiments.cnn.strategies=[[sync], [ring]]',
    ];
    const { code, stdout } = stepcast([...failing, '--set', 'sweep.seeds=1', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ points: 12, done: 12, failed: 6 });
    const again = stepcast([...failing, '--set', 'sweep.seeds=1']);
    expect(again.code).toBe(1);
    expect(again.stdout).toContain('12 of 12 runs are done, of which 12 were done before; 6 without figures');
  });

  it('refuses what makes no sweep, and leaves nothing behind', { timeout: 60_000 }, () => {
    const refused = (args: string[], message: string): void => {
      const { code, stdout, stderr } = stepcast(args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(message);
    };
    refused(
      ['sweep', scenario, '-o', at('no'), '--set', 'cluster.workers.accelerator=k41'],
      'did you mean "k40"?',
    );
    refused(['sweep', scenario, '-o', at('no'), '--shard', '9/8'], '--shard: expected i/n');
    refused(['sweep', scenario, '-o', at('no'), '--shard', 'auto'], 'no array job is known here');
    refused(['merge', at('none')], 'there is no such file');
    refused(['export', scenario], 'tiny.yaml:1: expected one line of JSON per run');
    refused(['merge', at('whole'), '--json'], 'write the runs to a file with -o');
    expect(existsSync(at('no'))).toBe(false);
  });
});
