import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../base/errors.ts';

/**
 * Keeps two sweeps of this machine from doing the same work twice; returns what ends that. The results do not depend
 * on it: each process writes files of its own. So a lock whose process is gone, or is on another machine and may be
 * gone, is taken over.
 *
 * @throws UserError where a process of this machine has it.
 */
export function lockFolder(folder: string, part: string): () => void {
  const path = join(folder, 'runs', `${part === '' ? 'all' : part}.lock`);
  const holder = holderOf(path);
  if (holder !== undefined) {
    throw new UserError(
      `${folder}: another sweep (process ${holder}) is writing here; wait for it, or choose another folder with -o`,
    );
  }
  const own = `${process.pid} ${startOf(process.pid)} ${hostname()}\n`;
  writeFileSync(path, own);
  return () => {
    if (contents(path) === own) rmSync(path, { force: true });
  };
}

/** The process that holds a lock; undefined where none does, as far as can be told here. */
function holderOf(path: string): number | undefined {
  const [pid, start, host] = (contents(path) ?? '').trim().split(' ');
  const holder = Number(pid);
  if (!Number.isInteger(holder) || holder < 1 || holder === process.pid || host !== hostname())
    return undefined;
  return isAlive(holder) && startOf(holder) === start ? holder : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process began, in ticks of the kernel since it started (field 22 of Linux' /proc/pid/stat); `-` elsewhere. */
function startOf(pid: number): string {
  const stat = contents(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-';
}

function contents(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
