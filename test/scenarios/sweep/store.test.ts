import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../base/errors.ts';
import type { SweepJob } from '../../../scenarios/sweep/job.ts';
import { MergedRows } from '../../../scenarios/sweep/merge.ts';
import { ndjsonPieces } from '../../../scenarios/sweep/ndjson.ts';
import { openJobs } from '../../../scenarios/sweep/open-jobs.ts';
import type { SweepPlan } from '../../../scenarios/sweep/plan.ts';
import { runFiles, SweepStore } from '../../../scenarios/sweep/store.ts';
import { fakePlan, fakeRow, temporaryFolder } from './fake.ts';

/** Runs what is open, at most so many, and leaves as a process that is killed does: without closing. */
function runSome(plan: SweepPlan, store: SweepStore, most = Number.POSITIVE_INFINITY): SweepJob[] {
  const ran: SweepJob[] = [];
  for (const job of openJobs(plan, store)) {
    if (ran.length === most) break;
    ran.push(job);
    store.append(fakeRow(job));
  }
  return ran;
}

function runAll(plan: SweepPlan, folder: string): SweepJob[] {
  const store = new SweepStore(folder, plan);
  const ran = runSome(plan, store);
  store.close();
  return ran;
}

const mergedText = (...sources: string[]): string => [...ndjsonPieces(new MergedRows(sources))].join('');

describe('a store of a sweep', () => {
  it('has one line per run, in the order in which they came, and says what they are of', () => {
    const folder = temporaryFolder();
    const plan = fakePlan([3, 1, 2]);
    const store = new SweepStore(folder, plan);
    const [a, b, c] = [...openJobs(plan, store)];
    expect(store.append(fakeRow(c!))).toBe(true);
    expect(store.append(fakeRow(a!))).toBe(true);
    expect(store.append(fakeRow(a!)), 'once more').toBe(false);
    expect(store.append({ ...fakeRow(b!), sweep: '0'.repeat(16) }), 'of another sweep').toBe(false);
    expect([store.done, store.has(a!.key), store.has(b!.key)]).toEqual([2, true, false]);
    store.close();
    const lines = readFileSync(join(folder, 'runs', '1.ndjson'), 'utf8').split('\n');
    expect(lines.map((line) => (line === '' ? '' : JSON.parse(line).index))).toEqual([2, 0, '']);
    expect(JSON.parse(readFileSync(join(folder, 'sweep.json'), 'utf8'))).toMatchObject({
      format: 'stepcast sweep',
      sweep: a!.sweep,
      parameters: ['x'],
      count: 3,
    });
    expect(readdirSync(join(folder, 'runs')), 'no lock is left').toEqual(['1.ndjson']);
  });

  it('goes on where it was, without the line that was cut off', () => {
    const folder = temporaryFolder();
    const plan = fakePlan([5, 6, 7, 8]);
    const store = new SweepStore(folder, plan);
    runSome(plan, store, 2);
    appendFileSync(join(folder, 'runs', '1.ndjson'), '{"sweep":"…');
    store.close();
    expect(runAll(plan, folder).map(({ index }) => index)).toEqual([2, 3]);
    expect(runAll(plan, folder)).toEqual([]);
    expect(readdirSync(join(folder, 'runs'))).toEqual(['1.ndjson', '2.ndjson']);
    const whole = temporaryFolder();
    runAll(plan, whole);
    expect(mergedText(folder)).toBe(mergedText(whole));
  });

  it('runs equal points once, and counts each', () => {
    const folder = temporaryFolder();
    const ran = runAll(fakePlan([4, 9, 4, 4]), folder);
    expect(ran.map(({ index }) => index)).toEqual([0, 1]);
    const rows = [...new MergedRows([folder])];
    expect(rows.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(rows[2]).toEqual({ ...rows[0], index: 2 });
  });

  it('waits with equal points for the one that is under way', () => {
    const folder = temporaryFolder();
    const plan = fakePlan([4, 4]);
    const store = new SweepStore(folder, plan);
    const [job, ...others] = [...openJobs(plan, store)];
    expect([others.length, store.done]).toEqual([0, 0]);
    store.append(fakeRow(job!));
    expect(store.done).toBe(2);
    store.close();
  });

  it('keeps what an earlier form of the sweep has run, and counts only the points of this one', () => {
    const folder = temporaryFolder();
    runAll(fakePlan([1, 2, 3]), folder);
    expect(runAll(fakePlan([0, 2, 3]), folder).map(({ values }) => values.x)).toEqual([0]);
    expect([...new MergedRows([folder])].map(({ index, values }) => [index, values.x])).toEqual([
      [0, 0],
      [1, 2],
      [2, 3],
    ]);
  });

  it('gives points that make no scenario a row with the reason', () => {
    const folder = temporaryFolder();
    expect(runAll(fakePlan([1, null]), folder)).toHaveLength(1);
    expect(runAll(fakePlan([1, null]), folder)).toHaveLength(0);
    const rows = new MergedRows([folder]);
    expect([rows.count, rows.failed]).toEqual([2, 1]);
    expect([...rows][1]).toMatchObject({ index: 1, seed: null, error: 'x: is missing', figures: [] });
  });

  it('runs failed points again when it is asked to, and prefers what has figures', () => {
    const folder = temporaryFolder();
    const plan = fakePlan([1, 2]);
    const store = new SweepStore(folder, plan);
    for (const job of openJobs(plan, store))
      store.append({ ...fakeRow(job), error: 'no worker survived it', figures: [] });
    store.close();
    expect(runAll(plan, folder)).toEqual([]);
    const again = new SweepStore(folder, plan, { retryFailed: true });
    expect(runSome(plan, again)).toHaveLength(2);
    again.close();
    expect(new MergedRows([folder]).failed).toBe(0);
  });

  it('runs a point again when a file that it refers to has changed, and then forgets the old figures', () => {
    const folder = temporaryFolder();
    const before = fakePlan([1, 2]);
    runAll(before, folder);
    const after = { ...fakePlan([1, 5]), fingerprint: before.fingerprint };
    expect(runAll(after, folder).map(({ index }) => index)).toEqual([1]);
    const rows = [...new MergedRows([folder])];
    expect(rows.map(({ figures }) => figures[0]!.stepSeconds)).toEqual([1 / 7, 5 / 7]);
  });

  it('forgets everything when it is asked to', () => {
    const folder = temporaryFolder();
    const plan = fakePlan([1, 2]);
    runAll(plan, folder);
    const store = new SweepStore(folder, plan, { fresh: true });
    expect(store.done).toBe(0);
    store.close();
  });

  it('leaves out lines that are no rows, says which, and runs these again', () => {
    const folder = temporaryFolder();
    const plan = fakePlan([1, 2]);
    runAll(plan, folder);
    const path = join(folder, 'runs', '1.ndjson');
    const [first, second] = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, `${first}\n${second!.replace('"seed":1', '"seed":"one"')}\n\0\0\0\n`);
    const store = new SweepStore(folder, plan);
    expect(store.broken).toEqual([
      expect.stringMatching(/runs\/1\.ndjson:2: expected a run of a sweep; seed: /),
      expect.stringMatching(/runs\/1\.ndjson:3: expected one line of JSON/),
    ]);
    expect(runSome(plan, store).map(({ index }) => index)).toEqual([1]);
    store.close();
    expect(() => new MergedRows([folder])).toThrow(/1\.ndjson:2: expected a run/);
    expect(new MergedRows([folder], { onBroken: () => {} }).count).toBe(2);
  });

  it('refuses a folder in which another process writes, and takes over from one that is gone', () => {
    const folder = temporaryFolder();
    const plan = fakePlan([1]);
    const lock = join(folder, 'runs', 'all.lock');
    mkdirSync(join(folder, 'runs'));
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    writeFileSync(lock, `${process.ppid} ${start} ${hostname()}\n`);
    expect(() => new SweepStore(folder, plan)).toThrow(`another sweep (process ${process.ppid})`);
    // Another process has the number by now; no process has it; the process is on another machine.
    for (const text of [`${process.ppid} 1 ${hostname()}`, `4194305 1 ${hostname()}`, `1 1 elsewhere`, '']) {
      writeFileSync(lock, text);
      runAll(plan, folder);
    }
  });

  it('refuses what cannot be written', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'runs'), '');
    expect(() => new SweepStore(folder, fakePlan([1]))).toThrow(UserError);
  });
});

describe('merged rows', () => {
  it('are the same however a sweep was cut into shards, killed, repeated and torn', () => {
    const whole = temporaryFolder();
    const values = Array.from({ length: 23 }, (_, i) => (i % 7 === 6 ? null : i % 11));
    const plan = fakePlan(values);
    runAll(plan, whole);
    const expected = mergedText(whole);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.tuple(fc.nat(5), fc.nat(9), fc.boolean(), fc.boolean()), { maxLength: 12 }),
        (of, kills) => {
          const folders = [temporaryFolder(), temporaryFolder()];
          const work = (index: number, folder: string, most: number, isTorn: boolean): void => {
            const shard = { index, of };
            const store = new SweepStore(folder, plan, { shard });
            let ran = 0;
            for (const job of openJobs(plan, store, shard)) {
              if (ran++ === most) break;
              store.append(fakeRow(job));
            }
            store.close();
            const last = runFiles(folder).at(-1);
            if (isTorn && last !== undefined) appendFileSync(last, '{"sweep":"1');
          };
          // Torn lines end files: nobody writes behind them.
          for (const [shard, most, isTorn, first] of kills)
            work(shard % of, folders[Number(first)]!, most, isTorn);
          for (let index = 0; index < of; index++)
            work(index, folders[index % 2]!, Number.POSITIVE_INFINITY, false);
          const used = folders.filter((folder) => runFiles(folder).length > 0);
          expect(mergedText(...used)).toBe(expected);
          expect(mergedText(...used.toReversed(), ...runFiles(used[0]!))).toBe(expected);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('of different sweeps are refused, or one after the other', () => {
    const [a, b] = [temporaryFolder(), temporaryFolder()];
    runAll(fakePlan([1, 2]), a);
    runAll(fakePlan([3]), b);
    expect(() => new MergedRows([a, b])).toThrow('2 different sweeps');
    expect([...new MergedRows([a, b], { force: true })].map(({ index }) => index)).toEqual([0, 1, 0]);
  });

  it('that contradict each other are refused', () => {
    const folder = temporaryFolder();
    runAll(fakePlan([1, 2]), folder);
    const copy = join(folder, 'changed.ndjson');
    const text = readFileSync(join(folder, 'runs', '1.ndjson'), 'utf8');
    writeFileSync(copy, text.replace('"workers":2', '"workers":3'));
    expect(() => new MergedRows([folder, copy])).toThrow('figures of run 0 differ');
    expect(new MergedRows([folder, ...runFiles(folder)])).toMatchObject({ count: 2, duplicates: 2 });
  });

  it('come of folders of sweeps and files of rows only', () => {
    const folder = temporaryFolder();
    expect(() => new MergedRows([folder])).toThrow('it has no sweep.json');
    expect(() => new MergedRows([join(folder, 'none')])).toThrow('there is no such file');
    writeFileSync(join(folder, 'sweep.json'), '{"format":"else"}');
    expect(() => new MergedRows([folder])).toThrow('is not what stepcast sweep writes');
    writeFileSync(join(folder, 'rows.ndjson'), '{}\n');
    expect(() => new MergedRows([join(folder, 'rows.ndjson')])).toThrow('rows.ndjson:1: expected a run');
  });
});
