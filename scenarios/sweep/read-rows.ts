import { closeSync, openSync, readSync } from 'node:fs';
import { UserError } from '../../base/errors.ts';
import { readingError } from '../regular-file.ts';
import type { SweepRow } from './job.ts';
import { rowSchema } from './row-schema.ts';

/** A row as it stands in a file. */
export interface StoredRow {
  readonly row: SweepRow;
  /** Where its line begins, and how many bytes it has without its end. */
  readonly offset: number;
  readonly bytes: number;
}

/** A line longer than this is no row: nobody waits for its end. */
const LONGEST_LINE = 64_000_000;
const CHUNK = 1 << 20;
const NEWLINE = 0x0a;

/**
 * The rows of a file of results, one line of JSON each. A last line without an end is a write that was cut off: it is
 * ignored. Of other lines that are no rows `onBroken` is told, as `file:line: why`; they are left out too.
 *
 * @throws UserError where the file cannot be read; without `onBroken`, at the first broken line.
 */
export function* readRows(path: string, onBroken?: (message: string) => void): Generator<StoredRow> {
  const broken = onBroken ?? throwUserError;
  let number = 0;
  for (const { line, offset } of linesOf(path)) {
    number++;
    const row = parseRow(line);
    if (typeof row === 'string') broken(`${path}:${number}: ${row}`);
    else yield { row, offset, bytes: line.length };
  }
}

/** The row of which a line begins at `offset`. */
export function readRowAt(path: string, offset: number, bytes: number): SweepRow {
  const file = openSync(path, 'r');
  try {
    const line = Buffer.alloc(bytes);
    readSync(file, line, 0, bytes, offset);
    const row = parseRow(line);
    if (typeof row === 'string') throw new UserError(`${path}: changed while it was read: ${row}`);
    return row;
  } finally {
    closeSync(file);
  }
}

function throwUserError(message: string): never {
  throw new UserError(message);
}

/** The row that a line says, or why it is none. */
export function parseRow(line: Buffer): SweepRow | string {
  let value: unknown;
  try {
    value = JSON.parse(line.toString('utf8'));
  } catch {
    return 'expected one line of JSON per run of a sweep';
  }
  const { data, error } = rowSchema.safeParse(value);
  if (data !== undefined) return data;
  const [issue] = error!.issues;
  const path = issue!.path.join('.');
  return `expected a run of a sweep${path === '' ? '' : `; ${path}`}: ${issue!.message}`;
}

function* linesOf(path: string): Generator<{ line: Buffer; offset: number }> {
  const file = opened(path);
  try {
    let offset = 0;
    let rest: Buffer = Buffer.alloc(0);
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK);
      const read = readSync(file, chunk, 0, CHUNK, null);
      if (read === 0) return;
      rest = rest.length === 0 ? chunk.subarray(0, read) : Buffer.concat([rest, chunk.subarray(0, read)]);
      let from = 0;
      for (;;) {
        const end = rest.indexOf(NEWLINE, from);
        if (end < 0) break;
        yield { line: rest.subarray(from, end), offset: offset + from };
        from = end + 1;
      }
      offset += from;
      rest = rest.subarray(from);
      if (rest.length > LONGEST_LINE)
        throw new UserError(`${path}: a line is longer than any run of a sweep`);
    }
  } finally {
    closeSync(file);
  }
}

function opened(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw readingError(path, error);
  }
}
