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
  { problem, evaluator, leastScore }: PlacementSetting,
  { choice, seed, trial }: PlacementTask,
  progress?: TaskProgress,
): PlacementOutcome {
  const { kind, evaluations } = choice;
  const began = performance.now();
  const result = placerOf(choice).place(problem, {
    evaluate: evaluator.evaluate,
    failing: evaluator.failing,
    bound: leastScore,
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
  const outcomes = new Array<PlacementOutcome>(tasks.length);
  const performHere = (i: number): void => {
    outcomes[i] = performTask(setting, tasks[i]!, (share, best) => onProgress(i, share, best));
    onProgress(i, 1, outcomes[i]!.result.history?.at(-1)?.[1] ?? Number.NaN);
  };
  const all = tasks.map((_, i) => i);
  // What is wrong with a file is told before searches begin; and standard input can be read only once.
  const [files, others] = [all.filter(isFile), all.filter((i) => !isFile(i))];
  files.forEach(performHere);
  if (jobs === 1 || others.length <= 1) {
    others.forEach(performHere);
    return outcomes;
  }
  // The longest first: nobody waits for the last one.
  const searches = tasks.map(({ choice }) => Number(placerOf(choice).searches === true));
  const next = others.sort((a, b) => searches[b]! - searches[a]! || a - b).values();
  const threads = Array.from(
    { length: Math.min(jobs, others.length) },
    () => new Worker(builtFile('placement-thread.js'), { workerData: question }),
  );
  try {
    await Promise.all(
      threads.map(async (thread) => {
        for (const i of next)
          outcomes[i] = await answerOf(thread, tasks[i]!, (share, best) => onProgress(i, share, best));
      }),
    );
  } finally {
    // Where one fails, nobody waits for what the others still search.
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
  return outcomes;

  function isFile(i: number): boolean {
    return tasks[i]!.choice.kind === 'file';
  }
}

/** What a thread answers: progress now and then, then an outcome or why there is none. */
export type ThreadMessage =
  | { readonly share: number; readonly best: number }
  | { readonly outcome: PlacementOutcome }
  | { readonly refused: string };

function answerOf(thread: Worker, task: PlacementTask, progress: TaskProgress): Promise<PlacementOutcome> {
  let ignore = (): void => {};
  return new Promise<PlacementOutcome>((resolve, reject) => {
    const ended = (why: string): void =>
      reject(new InternalError(`the thread of ${placerLabel(task.choice)} ended: ${why}`));
    const listeners = {
      message: (message: ThreadMessage): void => {
        if ('refused' in message) reject(new UserError(message.refused));
        else if ('share' in message) progress(message.share, message.best);
        else {
          progress(1, message.outcome.result.history?.at(-1)?.[1] ?? Number.NaN);
          resolve(message.outcome);
        }
      },
      error: (error: Error): void => ended(error.message),
      exit: (code: number): void => ended(`exit code ${code}`),
    };
    for (const [event, listener] of Object.entries(listeners)) thread.on(event, listener);
    ignore = () => {
      for (const [event, listener] of Object.entries(listeners)) thread.off(event, listener);
    };
    thread.postMessage(task);
  }).finally(() => ignore());
}
