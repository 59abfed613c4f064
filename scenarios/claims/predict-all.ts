import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { InternalError } from '../../base/errors.ts';
import { getOrMake } from '../../base/get-or-make.ts';
import { builtFile } from '../../executor/wasm/built-file.ts';
import { type PointOutcome, pointPredictor } from './predict-point.ts';
import { LEDGER_PREDICTOR } from './predictor.ts';
import type { PointTask } from './tasks.ts';

export interface PredictAllOptions {
  /** Threads. */
  readonly jobs: number;
  /** Told after each point: how many are done, of how many, and of which source the last was. */
  readonly onProgress?: (done: number, total: number, source: string) => void;
}

/** Outcomes of all tasks in their order, whatever the number of threads. */
export async function predictAll(
  tasks: readonly PointTask[],
  { jobs, onProgress = () => {} }: PredictAllOptions,
): Promise<PointOutcome[]> {
  const outcomes = new Array<PointOutcome>(tasks.length);
  let done = 0;
  const finish = (i: number, outcome: PointOutcome): void => {
    outcomes[i] = outcome;
    done++;
    onProgress(done, tasks.length, tasks[i]!.point.source);
  };
  const batches = batchesOf(tasks);
  if (jobs === 1) {
    const predict = pointPredictor(LEDGER_PREDICTOR);
    for (const batch of batches) {
      for (const i of batch) finish(i, predict(tasks[i]!));
      // Signals are delivered only when nothing else runs.
      await setImmediate();
    }
    return outcomes;
  }
  const next = batches.values();
  const threads = Math.min(jobs, batches.length);
  await Promise.all(Array.from({ length: threads }, () => workOff(next, tasks, finish)));
  return outcomes;
}

/** One thread after another takes batches until none is left; a point that ends its thread fails, and the next begins behind it. */
async function workOff(
  batches: Iterator<readonly number[]>,
  tasks: readonly PointTask[],
  finish: (i: number, outcome: PointOutcome) => void,
): Promise<void> {
  const left: number[] = [];
  const current = (): number | undefined => {
    if (left.length === 0) left.push(...(batches.next().value ?? []));
    return left[0];
  };
  while (current() !== undefined) {
    await new Promise<void>((resolve, reject) => {
      const thread = new Worker(builtFile('claims-thread.js'));
      const sendNext = (): void => {
        const i = current();
        if (i === undefined) thread.terminate().then(() => resolve(), reject);
        else thread.postMessage(tasks[i]);
      };
      thread.on('message', (outcome: PointOutcome) => {
        finish(left.shift()!, outcome);
        sendNext();
      });
      thread.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') {
          reject(new InternalError(`a thread of the ledger ended: ${error.message}`));
          return;
        }
        finish(left.shift()!, { why: 'it takes more memory than there is to predict this' });
        resolve();
      });
      sendNext();
    });
  }
}

/** Points of a batch: enough to share what they have in common, few enough that no thread is left with the last one alone. */
const MOST_IN_BATCH = 24;

/** Places of tasks that one thread takes at a time: neighbours that share a claim and a model. */
export function batchesOf(tasks: readonly PointTask[]): number[][] {
  const shared = ({ point: { source, claim, fields } }: PointTask): string =>
    JSON.stringify([source, claim, fields.model ?? [fields.hidden, fields.layers]]);
  const groups = new Map<string, number[]>();
  for (const [i, task] of tasks.entries()) getOrMake(groups, shared(task), () => []).push(i);
  return [...groups.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / MOST_IN_BATCH) }, (_, b) =>
      group.slice(b * MOST_IN_BATCH, (b + 1) * MOST_IN_BATCH),
    ),
  );
}
