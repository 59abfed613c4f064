import {
  closeSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { invariant, UserError } from '../../base/errors.ts';
import { lockFolder } from './folder-lock.ts';
import type { SweepJob, SweepRow } from './job.ts';
import type { SweepPlan } from './plan.ts';
import { readRowAt, readRows } from './read-rows.ts';
import { type Shard, shardName, WHOLE } from './shard.ts';
import { headerOf, type SweepHeader } from './sweep-header.ts';

/** What is made of the rows when all are there. */
export const MERGED = ['results.ndjson', 'results.csv', 'sweep.html'] as const;

/** What part of a row a job says before it is run. */
type Label = Pick<SweepRow, 'sweep' | 'index' | 'values'>;

export interface StoreOptions {
  /** Whose points this process runs: names its files. All, if absent. */
  readonly shard?: Shard;
  /** Removes what earlier runs of the sweep, or of this shard of it, left. */
  readonly fresh?: boolean;
  /** Rows without figures count as not there. */
  readonly retryFailed?: boolean;
}

interface Stored {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
}

/**
 * The results of a sweep in a folder, in which a sweep that was killed goes on where it was.
 *
 *     sweep.json              what the sweep is
 *     runs/1.ndjson           one line per finished run, in the order in which they finished
 *     runs/2-of-8.1.ndjson    the same of a shard
 *     results.ndjson, …       made of them when all are there (MERGED)
 *
 * Every process writes files of its own, each line by one write, and never touches a line again: no other process and
 * no sudden end can spoil what is there. A last line that was cut off is ignored. Rows of an earlier form of the sweep
 * stay; where a point of this one is the same run, its figures are copied.
 */
export class SweepStore {
  readonly folder: string;
  readonly header: SweepHeader;
  /** Lines that are no rows, as messages: their runs are run again. */
  readonly broken: readonly string[];
  readonly #shard: Shard;
  readonly #prefix: string;
  readonly #unlock: () => void;
  /** By index of a point of this sweep: the key of its row. */
  readonly #done = new Map<number, string>();
  #doneHere = 0;
  /** By key, of this sweep or an earlier form of it. */
  readonly #stored = new Map<string, Stored>();
  /** Keys that are being run, with the other points that ask for the same. */
  readonly #running = new Map<string, Label[]>();
  #file: { readonly path: string; readonly descriptor: number; bytes: number } | undefined;
  #synced = performance.now();
  #isSyncing = false;

  /** @throws UserError where the folder cannot be used, or another process of this machine writes in it. */
  constructor(
    folder: string,
    plan: SweepPlan,
    { shard = WHOLE, fresh = false, retryFailed = false }: StoreOptions = {},
  ) {
    this.folder = folder;
    this.header = headerOf(plan);
    this.#shard = shard;
    this.#prefix = shardName(shard) === '' ? '' : `${shardName(shard)}.`;
    const broken: string[] = [];
    this.broken = broken;
    attempt(folder, () => mkdirSync(join(folder, 'runs'), { recursive: true }));
    this.#unlock = lockFolder(folder, shardName(shard));
    try {
      if (fresh) this.#forget();
      for (const path of runFiles(folder)) this.#index(path, retryFailed, broken);
      this.#writeHeader();
    } catch (error) {
      this.#unlock();
      throw error;
    }
  }

  /** Points of this sweep that have their row; of all shards, as far as their files are here. */
  get done(): number {
    return this.#done.size;
  }

  /** The same of the shard. */
  get doneHere(): number {
    return this.#doneHere;
  }

  /** Whether figures of this run are stored. */
  has(key: string): boolean {
    return this.#stored.has(key);
  }

  /**
   * True where the caller must run the job. False where its row is there, or will come with that of an equal job that
   * was taken; figures of an equal run that are stored are copied at once.
   */
  take(job: SweepJob): boolean {
    if (this.#done.get(job.index) === job.key) return false;
    // A file that the scenario refers to has changed since.
    this.#unmark(job.index);
    const twins = this.#running.get(job.key);
    if (twins !== undefined) {
      twins.push(job);
      return false;
    }
    const stored = this.#stored.get(job.key);
    if (stored !== undefined) {
      this.#write(labelled(readRowAt(stored.path, stored.offset, stored.bytes), job));
      return false;
    }
    this.#running.set(job.key, []);
    return true;
  }

  /**
   * Stores a row, and that of each other point which asks for the same run. False, and nothing written, where the row
   * is there already or is of another sweep.
   */
  append(row: SweepRow): boolean {
    const twins = this.#running.get(row.key) ?? [];
    this.#running.delete(row.key);
    const isNew = row.sweep === this.header.sweep && this.#done.get(row.index) !== row.key;
    if (isNew) this.#write(row);
    for (const twin of twins) if (!this.#done.has(twin.index)) this.#write(labelled(row, twin));
    return isNew;
  }

  /** All rows are on the disk when this returns. */
  close(): void {
    if (this.#file !== undefined) {
      fdatasyncSync(this.#file.descriptor);
      closeSync(this.#file.descriptor);
      this.#file = undefined;
    }
    this.#unlock();
  }

  #index(path: string, retryFailed: boolean, broken: string[]): void {
    for (const { row, offset, bytes } of readRows(path, (message) => broken.push(message))) {
      if (retryFailed && row.error !== null) continue;
      if (row.sweep === this.header.sweep) this.#mark(row);
      const isBest = row.error === null || !this.#stored.has(row.key);
      if (isBest) this.#stored.set(row.key, { path, offset, bytes });
    }
  }

  #mark({ index, key }: SweepRow): void {
    if (!this.#done.has(index) && this.#isHere(index)) this.#doneHere++;
    this.#done.set(index, key);
  }

  #unmark(index: number): void {
    if (this.#done.delete(index) && this.#isHere(index)) this.#doneHere--;
  }

  #isHere(index: number): boolean {
    return index % this.#shard.of === this.#shard.index;
  }

  #forget(): void {
    const own = runFiles(this.folder).filter((path) => basename(path).startsWith(this.#prefix));
    for (const path of own) attempt(path, () => rmSync(path));
  }

  /** Says what the runs are of. What was merged of an earlier form of the sweep is not of them. */
  #writeHeader(): void {
    const path = join(this.folder, 'sweep.json');
    const text = `${JSON.stringify(this.header, undefined, 2)}\n`;
    if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
    for (const name of MERGED) attempt(name, () => rmSync(join(this.folder, name), { force: true }));
    writeWhole(path, text);
  }

  #write(row: SweepRow): void {
    this.#file ??= this.#newFile();
    const file = this.#file;
    const line = Buffer.from(`${JSON.stringify(row)}\n`);
    attempt(file.path, () => {
      for (let from = 0; from < line.length; ) from += writeSync(file.descriptor, line, from);
    });
    this.#stored.set(row.key, { path: file.path, offset: file.bytes, bytes: line.length - 1 });
    file.bytes += line.length;
    this.#mark(row);
    this.#sync(file.descriptor);
  }

  /** What a crash of the process cannot lose, a crash of the machine can: at most about a second of it. */
  #sync(descriptor: number): void {
    if (this.#isSyncing || performance.now() - this.#synced < 1000) return;
    this.#isSyncing = true;
    fdatasync(descriptor, () => {
      this.#synced = performance.now();
      this.#isSyncing = false;
    });
  }

  #newFile(): { path: string; descriptor: number; bytes: number } {
    for (let number = 1; ; number++) {
      const path = join(this.folder, 'runs', `${this.#prefix}${number}.ndjson`);
      if (existsSync(path)) continue;
      try {
        return { path, descriptor: openSync(path, 'ax'), bytes: 0 };
      } catch (error) {
        // Another machine was faster.
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw writingError(path, error);
      }
    }
  }
}

/** Paths of the files of runs of a folder, those of one shard in the order in which they were begun; empty where it has none. */
export function runFiles(folder: string): string[] {
  const runs = join(folder, 'runs');
  if (!existsSync(runs)) return [];
  return readdirSync(runs)
    .filter((name) => name.endsWith('.ndjson'))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => join(runs, name));
}

/** The same figures, as the row of another point. */
function labelled(row: SweepRow, { sweep, index, values }: Label): SweepRow {
  return { ...row, sweep, index, values };
}

function writeWhole(path: string, text: string): void {
  attempt(path, () => {
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, text);
    renameSync(draft, path);
  });
}

function attempt<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw writingError(path, error);
  }
}

function writingError(path: string, error: unknown): UserError {
  const { code } = error as NodeJS.ErrnoException;
  invariant(code !== undefined, `${path}: ${String(error)}`);
  return new UserError(`${path}: cannot be written (${code}); choose another place with -o`);
}
