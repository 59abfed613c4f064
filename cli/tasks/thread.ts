import { parentPort, workerData } from 'node:worker_threads';
import { UserError } from '../../base/errors.ts';
import type { ThreadMessage } from '../in-thread.ts';
import { perform, type Task } from './index.ts';
import type { TaskProgress } from './progress.ts';

/* What the thread of `run` and `place` does. */

const tell = (message: ThreadMessage<Task>): void => parentPort!.postMessage(message);

/** Eyes see no more often. */
const INTERVAL_MS = 50;
let told = Number.NEGATIVE_INFINITY;
let last = '';

function tellProgress(progress: TaskProgress): void {
  const { experiment, done, message } = progress;
  const line = `${experiment} ${Math.floor(done)} ${message}`;
  const now = performance.now();
  if (line === last && now - told < INTERVAL_MS) return;
  [last, told] = [line, now];
  tell({ progress });
}

try {
  tell({ result: await perform(workerData as Task, tellProgress) });
} catch (error) {
  if (error instanceof UserError) tell({ userError: error.message });
  else {
    const { message, stack } = error as Error;
    tell({ internalError: { message: String(message ?? error), stack } });
  }
}
