import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../base/errors.ts';
import { readingError } from '../regular-file.ts';
import type { SweepRow } from './job.ts';
import { parseRow, readRows } from './read-rows.ts';
import { runFiles } from './store.ts';
import { readHeader, type SweepHeader } from './sweep-header.ts';

export interface MergeOptions {
  /** Also of different sweeps: all rows, those of one sweep together. */
  readonly force?: boolean;
  /** Told of lines that are no rows, as `file:line: why`, which are left out; the first is an error if absent. */
  readonly onBroken?: (message: string) => void;
}

/** Where the line of a row is: files by number. */
interface Place {
  readonly file: number;
  readonly offset: number;
  readonly bytes: number;
  readonly failed: boolean;
  /** Number of the folder or file that it was given as. */
  readonly source: number;
}

/**
 * The rows of folders of sweeps and of files of rows as one: sorted by their points, each point once. However a sweep
 * was cut up, interrupted and repeated, its merged rows are the same. Of a folder only rows of its last sweep count,
 * not those of earlier forms of it; of several rows of a point, the last one where a file that the scenario refers to
 * was changed between them, else one that has figures.
 */
export class MergedRows {
  /** Rows in all, and points of which some had several. */
  readonly count: number;
  readonly duplicates: number;
  /** Rows without figures. */
  readonly failed: number;
  /** What the folders say of their sweep; undefined where only files were given. */
  readonly header: SweepHeader | undefined;
  readonly #files: string[] = [];
  /** By sweep, in the order in which they were met, then by point. */
  readonly #places = new Map<string, Map<number, Place>>();

  /** @throws UserError where a source is none, rows are of different sweeps, or two rows contradict each other. */
  constructor(sources: readonly string[], { force = false, onBroken }: MergeOptions = {}) {
    let duplicates = 0;
    for (const [number, source] of sources.entries()) {
      const { files, header } = filesOf(source);
      this.header ??= header;
      for (const path of files) {
        const file = this.#files.push(path) - 1;
        for (const { row, offset, bytes } of readRows(path, onBroken)) {
          if (header !== undefined && row.sweep !== header.sweep) continue;
          if (!this.#add(row, { file, offset, bytes, failed: row.error !== null, source: number }))
            duplicates++;
        }
      }
    }
    if (this.#places.size > 1 && !force) {
      throw new UserError(
        `these are runs of ${this.#places.size} different sweeps, or of different versions of stepcast; merge each by itself, or all with --force`,
      );
    }
    const all = [...this.#places.values()];
    this.duplicates = duplicates;
    this.count = all.reduce((sum, { size }) => sum + size, 0);
    this.failed = all.reduce((sum, places) => sum + [...places.values()].filter((p) => p.failed).length, 0);
  }

  /** In order; read again from the files, so that none is kept in memory. */
  *[Symbol.iterator](): Generator<SweepRow> {
    const open = new Map<number, number>();
    try {
      for (const places of this.#places.values()) {
        for (const index of [...places.keys()].sort((a, b) => a - b)) {
          yield this.#read(places.get(index)!, open);
        }
      }
    } finally {
      for (const descriptor of open.values()) closeSync(descriptor);
    }
  }

  /** False where the point has a row already: then the better one is kept. */
  #add(row: SweepRow, place: Place): boolean {
    const places = this.#places.get(row.sweep) ?? new Map<number, Place>();
    this.#places.set(row.sweep, places);
    const known = places.get(row.index);
    if (known === undefined) {
      places.set(row.index, place);
      return true;
    }
    const open = new Map<number, number>();
    const other = this.#read(known, open);
    for (const descriptor of open.values()) closeSync(descriptor);
    const isLater = row.key !== other.key && place.source === known.source;
    if (isLater || isBetter(row, other)) places.set(row.index, place);
    else if (contradicts(row, other)) {
      throw new UserError(
        `${this.#files[known.file]} and ${this.#files[place.file]}: figures of run ${row.index} differ, which are of one scenario and version: one of these files was changed`,
      );
    }
    return false;
  }

  #read({ file, offset, bytes }: Place, open: Map<number, number>): SweepRow {
    const path = this.#files[file]!;
    const descriptor = open.get(file) ?? openSync(path, 'r');
    open.set(file, descriptor);
    const line = Buffer.alloc(bytes);
    readSync(descriptor, line, 0, bytes, offset);
    const row = parseRow(line);
    if (typeof row === 'string') throw new UserError(`${path}: changed while it was read: ${row}`);
    return row;
  }
}

/** One with figures; of two of one key without, the first by the words of the reason, so that order of files decides nothing. */
function isBetter(row: SweepRow, other: SweepRow): boolean {
  if (row.error === null || other.error === null) return row.error === null && other.error !== null;
  return row.error < other.error;
}

function contradicts(row: SweepRow, other: SweepRow): boolean {
  if (row.error !== null || other.error !== null) return false;
  return row.key !== other.key || JSON.stringify(row) !== JSON.stringify(other);
}

/** A folder of a sweep, or a file of rows. */
function filesOf(source: string): { files: readonly string[]; header: SweepHeader | undefined } {
  let isFolder: boolean;
  try {
    isFolder = statSync(source).isDirectory();
  } catch (error) {
    throw readingError(source, error);
  }
  if (!isFolder) return { files: [source], header: undefined };
  if (!existsSync(join(source, 'sweep.json'))) {
    throw new UserError(`${source}: is no folder of a sweep: it has no sweep.json`);
  }
  return { files: runFiles(source), header: readHeader(source) };
}
