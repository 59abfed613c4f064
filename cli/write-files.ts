import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { UserError } from '../base/errors.ts';

/**
 * Sees whether files of these names can be written in `folder`, which need not be there yet: better said before a long
 * run than after it. Leaves nothing behind.
 *
 * @throws UserError where they cannot.
 */
export function checkFolder(folder: string, names: readonly string[]): void {
  const made: string[] = [];
  try {
    makeFolder(folder, made);
    // Only writing tells: some file systems grant what they refuse then.
    const probe = draftIn(folder, 0);
    closeSync(openSync(probe, 'wx'));
    rmSync(probe);
  } catch (error) {
    throw unwritable(folder, error as NodeJS.ErrnoException);
  } finally {
    removeEmpty(made);
  }
  for (const name of names) {
    const path = join(folder, name);
    attempt(path, () => refuseOthers(path));
  }
}

/** @throws UserError where something that is no file has the name: a draft renamed to /dev/null would take its place. */
function refuseOthers(path: string): void {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there === undefined || there.isFile()) return;
  const why = there.isDirectory() ? WHY.EISDIR : 'a device or pipe of this name is in the way';
  throw new UserError(`${path}: cannot be written: ${why}; ${REMEDY}`);
}

/** Removes folders that were made, the innermost last, as far as nobody has put anything there. */
function removeEmpty(made: readonly string[]): void {
  for (const path of made.toReversed()) {
    try {
      rmdirSync(path);
    } catch {
      return;
    }
  }
}

const draftIn = (folder: string, number: number): string =>
  join(folder, `.stepcast-${process.pid}-${number}.tmp`);

/**
 * With all folders above it; adds those that were not there to `made`. (mkdirSync's `recursive` never ends where a
 * file system refuses, such as in /proc.)
 */
function makeFolder(folder: string, made: string[]): void {
  const above = dirname(folder);
  if (above !== folder && !existsSync(above)) makeFolder(above, made);
  try {
    mkdirSync(folder);
    made.push(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // The error of opening tells a folder from a file.
    readdirSync(folder);
  }
}

/**
 * Writes each file to a draft beside its place, in a folder that is made where there is none, then, when all are
 * written, renames the drafts. A reader sees the old file or the new one, never half of it; a failure leaves neither
 * drafts nor empty folders. An interrupt waits for the end of it.
 */
export async function writeFiles(
  files: readonly { readonly path: string; readonly text: string | Uint8Array }[],
): Promise<void> {
  let exitCode: number | undefined;
  const interrupt = () => {
    exitCode = 130;
  };
  const terminate = () => {
    exitCode = 143;
  };
  process.on('SIGINT', interrupt).on('SIGTERM', terminate);
  try {
    writeOrUndo(files);
    // Signals that came meanwhile are delivered only when nothing else runs.
    await setTimeout(1);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', terminate);
  }
  if (exitCode !== undefined) process.exit(exitCode);
}

function writeOrUndo(files: readonly { readonly path: string; readonly text: string | Uint8Array }[]): void {
  const drafts: string[] = [];
  const made: string[] = [];
  try {
    for (const { path, text } of files) {
      attempt(path, () => {
        refuseOthers(path);
        const folder = dirname(path);
        makeFolder(folder, made);
        const draft = draftIn(folder, drafts.length);
        const file = openSync(draft, 'wx');
        drafts.push(draft);
        try {
          writeFileSync(file, text);
          fsyncSync(file);
        } finally {
          closeSync(file);
        }
      });
    }
    for (const [i, { path }] of files.entries()) attempt(path, () => renameSync(drafts[i]!, path));
  } finally {
    for (const draft of drafts) rmSync(draft, { force: true });
    removeEmpty(made);
  }
}

function attempt(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw unwritable(path, error as NodeJS.ErrnoException);
  }
}

const WHY: { readonly [code: string]: string } = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'a file of this name is in the way',
  ENOTDIR: 'a file is in the way of the folder',
  EISDIR: 'a folder of this name is in the way',
  ENOENT: 'no such folder',
  ENAMETOOLONG: 'the name is too long',
  EFBIG: 'the file would be larger than allowed',
};
const REMEDY = 'choose another place with -o';

function unwritable(path: string, error: NodeJS.ErrnoException): UserError {
  if (error instanceof UserError) return error;
  const why = WHY[error.code ?? ''] ?? error.code ?? error.message;
  return new UserError(`${path}: cannot be written: ${why}; ${REMEDY}`);
}
