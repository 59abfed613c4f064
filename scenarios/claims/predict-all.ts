import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { InternalError } from '../../base/errors.ts';
import { getOrMake } from '../../base/get-or-make.ts';
import { builtFile } from '../../executor/wasm/built-file.ts';
import type { PointOutcome } from './predict-point.ts';
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
  const next = batches.values();
  const threads = Math.min(jobs, batches.length);
  await Promise.all(Array.from({ length: threads }, () => workOff(next, tasks, finish)));
  return outcomes;
}

/** Many times as long as the slowest points of the ledger take: whatever takes longer would not end. */
const PATIENCE_MS = 600_000;

/** Takes batches until none is left, in one thread; a point that ends it fails, and another goes on behind that point. */
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
    const thread = new Worker(builtFile('claims-thread.js'));
    try {
      for (let i = current(); i !== undefined; i = current()) {
        const outcome = await answerOf(thread, tasks[i]!);
        finish(
          left.shift()!,
          outcome ?? { why: 'it takes more memory or time than there is to predict this' },
        );
        if (outcome === undefined) break;
      }
    } finally {
      await thread.terminate();
    }
  }
}

/** The thread's answer; undefined where it runs out of memory or time. */
async function answerOf(thread: Worker, task: PointTask): Promise<PointOutcome | undefined> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), PATIENCE_MS);
  try {
    const answer = once(thread, 'message', { signal: late.signal });
    thread.postMessage(task);
    const [outcome] = (await answer) as [PointOutcome];
    return outcome;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_WORKER_OUT_OF_MEMORY' || code === 'ABORT_ERR') return undefined;
    throw new InternalError(`a thread of the ledger ended: ${message}`);
  } finally {
    clearTimeout(timer);
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
