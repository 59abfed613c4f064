import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { InternalError, UserError } from '../base/errors.ts';
import { onInterrupt } from './interrupt.ts';
import type { Task, TaskResult } from './tasks/index.ts';
import type { TaskProgress } from './tasks/progress.ts';

/** What the thread says. */
export type ThreadMessage<T extends Task> =
  | { readonly progress: TaskProgress }
  | { readonly result: TaskResult<T> }
  | { readonly userError: string }
  | { readonly internalError: { readonly message: string; readonly stack: string | undefined } };

export interface InThreadOptions {
  readonly onProgress: (event: TaskProgress) => void;
  /** On stderr, where a signal ends the program meanwhile. */
  readonly lastWords: () => string;
}

/**
 * Does a task on a thread of its own, so that this one hears Ctrl-C at once however long an experiment takes.
 *
 * @throws UserError or InternalError, as the task did.
 */
export async function inThread<T extends Task>(
  task: T,
  { onProgress, lastWords }: InThreadOptions,
): Promise<TaskResult<T>> {
  const thread = new Worker(threadFile(), { workerData: task });
  const off = onInterrupt(lastWords);
  try {
    return await new Promise<TaskResult<T>>((resolve, reject) => {
      thread.on('message', (message: ThreadMessage<T>) => {
        if ('progress' in message) onProgress(message.progress);
        else if ('result' in message) resolve(message.result);
        else if ('userError' in message) reject(new UserError(message.userError));
        else {
          const error = new InternalError(message.internalError.message);
          reject(Object.assign(error, { stack: message.internalError.stack }));
        }
      });
      thread.on('error', reject);
      thread.on('exit', () => reject(new InternalError('the thread of a scenario ended early')));
    });
  } finally {
    off();
    await thread.terminate();
  }
}

/** Beside the bundled program, or in dist/ of a checkout. */
function threadFile(): string {
  const places = ['./scenario-thread.js', '../dist/scenario-thread.js'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const found = places.find((path) => existsSync(path));
  if (found === undefined) throw new InternalError('dist/ is not built: run `node build.mjs`');
  return found;
}
