import { once } from 'node:events';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../base/errors.ts';
import { checkFolder } from './write-files.ts';

/** Characters that are gathered before they are written. */
const CHUNK = 1 << 20;

/**
 * Writes a long text piece by piece, to a draft that is renamed when all is there; undefined or `-`: to standard
 * output. Returns what it was written to, for people.
 *
 * @throws UserError where it cannot be written. Errors of the pieces leave no draft.
 */
export async function writePieces(path: string | undefined, pieces: Iterable<string>): Promise<string> {
  if (path === undefined || path === '-') {
    for (const chunk of chunks(pieces)) {
      if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
    }
    return 'standard output';
  }
  checkFolder(dirname(path), [basename(path)]);
  const draft = join(dirname(path), `.stepcast-${process.pid}-${basename(path)}.tmp`);
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(draft, 'w');
    try {
      for (const chunk of chunks(pieces)) {
        const bytes = Buffer.from(chunk);
        for (let from = 0; from < bytes.length; ) from += writeSync(file, bytes, from);
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new UserError(`${path}: cannot be written (${code}); choose another place with -o`);
  } finally {
    rmSync(draft, { force: true });
  }
  return path;
}

function* chunks(pieces: Iterable<string>): Generator<string> {
  let gathered = '';
  for (const piece of pieces) {
    gathered += piece;
    if (gathered.length < CHUNK) continue;
    yield gathered;
    gathered = '';
  }
  if (gathered !== '') yield gathered;
}
