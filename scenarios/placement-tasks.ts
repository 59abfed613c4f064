import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { InternalError, UserError } from '../base/errors.ts';
import { stream } from '../base/random.ts';
import { builtFile } from '../executor/wasm/built-file.ts';
import type { PlacerResult } from '../placement/placer.ts';
import type { PlacementQuestion, PlacementSetting } from './placement-question.ts';
import { type PlacerChoice, placerLabel, placerOf } from './placer-schema.ts';
import { policySession } from './policy-session.ts';

/** One placer, once: plain data that goes to threads as it is. */
export interface PlacementTask {
  readonly choice: PlacerChoice;
  readonly seed: number;
  /** Which of the draws of a placer that draws: 0, 1, … */
  readonly trial: number;
}

export interface PlacementOutcome {
  readonly result: PlacerResult;
  /** Of wall-clock time; it depends on the machine, and nothing else does. */
  readonly searchSeconds: number;
}

/** Share of the work that is done, and the best score so far. */
export type TaskProgress = (share: number, best: number) => void;

/** Places by one placer. Its draws come from a stream of its own: equal whoever else places, and on which thread. */
export function performTask(
  { problem, evaluator }: PlacementSetting,
  { choice, seed, trial }: PlacementTask,
  progress?: TaskProgress,
): PlacementOutcome {
  const { kind, evaluations } = choice;
  const began = performance.now();
  const result = placerOf(choice).place(problem, {
    evaluate: evaluator.evaluate,
    failing: evaluator.failing,
    random: stream(seed, 'placer', kind, ...(trial === 0 ? [] : [trial])),
    session: policySession,
    ...(evaluations !== undefined && { evaluations }),
    ...(progress !== undefined && { progress }),
  });
  return { result, searchSeconds: (performance.now() - began) / 1000 };
}

export interface TasksOptions {
  /** Threads; 1: this one. */
  readonly jobs: number;
  readonly onProgress?: (task: number, share: number, best: number) => void;
}

/** Outcomes of all tasks in their order, whatever the number of threads. */
export async function performTasks(
  question: PlacementQuestion,
  setting: PlacementSetting,
  tasks: readonly PlacementTask[],
  { jobs, onProgress = () => {} }: TasksOptions,
): Promise<PlacementOutcome[]> {
  if (jobs === 1 || tasks.length === 1) {
    return tasks.map((task, i) => {
      const outcome = performTask(setting, task, (share, best) => onProgress(i, share, best));
      onProgress(i, 1, outcome.result.history?.at(-1)?.[1] ?? Number.NaN);
      return outcome;
    });
  }
  const outcomes = new Array<PlacementOutcome>(tasks.length);
  // The longest first: nobody waits for the last one.
  const order = tasks.map((_, i) => i).sort((a, b) => weight(tasks[b]!) - weight(tasks[a]!) || a - b);
  const next = order.values();
  await Promise.all(
    Array.from({ length: Math.min(jobs, tasks.length) }, async () => {
      const thread = new Worker(builtFile('placement-thread.js'), { workerData: question });
      try {
        for (const i of next)
          outcomes[i] = await answerOf(thread, tasks[i]!, (share, best) => onProgress(i, share, best));
      } finally {
        await thread.terminate();
      }
    }),
  );
  return outcomes;
}

const weight = ({ choice }: PlacementTask): number => (placerOf(choice).searches === true ? 1 : 0);

/** What a thread answers: progress now and then, then an outcome or why there is none. */
export type ThreadMessage =
  | { readonly share: number; readonly best: number }
  | { readonly outcome: PlacementOutcome }
  | { readonly refused: string };

async function answerOf(
  thread: Worker,
  task: PlacementTask,
  progress: TaskProgress,
): Promise<PlacementOutcome> {
  thread.postMessage(task);
  for (;;) {
    let message: ThreadMessage;
    try {
      [message] = (await once(thread, 'message')) as [ThreadMessage];
    } catch (error) {
      throw new InternalError(`the thread of ${placerLabel(task.choice)} ended: ${(error as Error).message}`);
    }
    if ('outcome' in message) {
      progress(1, message.outcome.result.history?.at(-1)?.[1] ?? Number.NaN);
      return message.outcome;
    }
    if ('refused' in message) throw new UserError(message.refused);
    progress(message.share, message.best);
  }
}
