import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { UserError } from '../base/errors.ts';

/**
 * Makes `folder` and sees whether files of these names can be written in it: better said before a long run than after
 * it. `remove` takes away again what was made and is still empty.
 */
export function prepareFolder(folder: string, names: readonly string[]): { remove(): void } {
  const made: string[] = [];
  const remove = (): void => {
    for (const path of made.toReversed()) {
      if (readdirSync(path).length > 0) return;
      rmdirSync(path);
    }
  };
  try {
    makeFolder(folder, made);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    remove();
    throw unwritable(folder, error as NodeJS.ErrnoException);
  }
  for (const name of names) {
    const path = join(folder, name);
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw new UserError(`${path}: cannot be written: ${WHY.EISDIR}; ${REMEDY}`);
    }
  }
  return { remove };
}

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
 * Writes each file to a draft beside its place, then, when all are written, renames the drafts. A reader sees the old
 * file or the new one, never half of it; a failure leaves no drafts. An interrupt waits for the end of it.
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
  try {
    for (const { path, text } of files) {
      attempt(path, () => {
        const draft = join(dirname(path), `.stepcast-${process.pid}-${drafts.length}.tmp`);
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
  const why = WHY[error.code ?? ''] ?? error.code ?? error.message;
  return new UserError(`${path}: cannot be written: ${why}; ${REMEDY}`);
}
