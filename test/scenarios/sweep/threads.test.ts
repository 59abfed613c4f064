import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { SweepJob, SweepRow } from '../../../scenarios/sweep/job.ts';
import { openJobs } from '../../../scenarios/sweep/open-jobs.ts';
import { runInThreads } from '../../../scenarios/sweep/run-in-threads.ts';
import { SweepStore } from '../../../scenarios/sweep/store.ts';
import { fakePlan, temporaryFolder } from './fake.ts';

/** What threads do: by `x`, a row, an error that is thrown, or the end of the thread. */
const PROGRAM = `export default async function run(jobs) {
  const outcomes = [];
  for (const { sweep, key, index, values } of jobs) {
    const { x } = values;
    if (x === 13) setImmediate(() => { throw new Error('out of luck'); });
    if (x === 13) await new Promise(() => {});
    if (x === 7) outcomes.push({ crash: 'a broken promise' });
    else if (x === 5) await new Promise(() => {});
    else outcomes.push({ row: { sweep, key, index, seed: 1, values, error: null, figures: [] } });
  }
  return { outcomes, milliseconds: 0.1 * jobs.length };
}`;

function program(): URL {
  const path = join(temporaryFolder(), 'program.mjs');
  writeFileSync(path, PROGRAM);
  return pathToFileURL(path);
}

function jobsOf(values: readonly number[]): SweepJob[] {
  const plan = fakePlan(values);
  const store = new SweepStore(temporaryFolder(), plan);
  const jobs = [...openJobs(plan, store)];
  store.close();
  return jobs;
}

async function run(values: readonly number[], signal = new AbortController().signal, onRow = () => {}) {
  const rows: SweepRow[] = [];
  const crashes: [x: unknown, why: string][] = [];
  const isDone = await runInThreads(jobsOf(values).values(), {
    threads: 2,
    signal,
    program: program(),
    onRow: (row) => {
      rows.push(row);
      onRow();
    },
    onCrash: ({ values }, why) => crashes.push([values.x, why]),
  });
  return { isDone, ran: rows.map(({ index }) => index).sort((a, b) => a - b), crashes };
}

describe('threads of a sweep', () => {
  it('run all jobs, each once', async () => {
    const { isDone, ran, crashes } = await run(Array.from({ length: 300 }, (_, i) => 1000 + i));
    expect([isDone, crashes]).toEqual([true, []]);
    expect(ran).toEqual(Array.from({ length: 300 }, (_, i) => i));
  });

  it('go on when one of them dies, or a job is our own fault: the others of its task are not lost', async () => {
    const values = Array.from({ length: 100 }, (_, i) => (i === 40 ? 13 : i === 60 ? 7 : 1000 + i));
    const { isDone, ran, crashes } = await run(values);
    expect(isDone).toBe(true);
    expect(ran).toEqual(values.flatMap((x, i) => (x > 999 ? [i] : [])));
    expect(crashes.toSorted()).toEqual([
      [13, 'out of luck'],
      [7, 'a broken promise'],
    ]);
  });

  it('are stopped where they are, even if they would never end', async () => {
    const stop = new AbortController();
    const values = [1000, 5, 5, 5];
    const { isDone, ran } = await run(values, stop.signal, () => setTimeout(() => stop.abort(), 50));
    expect(isDone).toBe(false);
    expect(ran).toEqual([0]);
  });

  it('end with the sweep where a row cannot be stored', async () => {
    const full = (): void => {
      throw new Error('no space left');
    };
    await expect(run([1000, 1001, 1002], undefined, full)).rejects.toThrow('no space left');
  });

  it('that cannot start end the sweep', async () => {
    const options = {
      threads: 1,
      signal: new AbortController().signal,
      program: new URL('file:///nowhere/program.mjs'),
      onRow: () => {},
    };
    await expect(runInThreads(jobsOf([1]).values(), { ...options, onCrash: () => {} })).rejects.toThrow(
      'threads end: Cannot find module',
    );
  });
});
