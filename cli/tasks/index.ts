import { type PlaceTask, placeTask } from './place.ts';
import type { TaskProgress } from './progress.ts';
import { type RunTask, runTask } from './run.ts';

/** What is done on a thread: plain data, told apart by `command`. */
export type Task = RunTask | PlaceTask;

export type TaskResult<T extends Task> = T extends RunTask
  ? Awaited<ReturnType<typeof runTask>>
  : Awaited<ReturnType<typeof placeTask>>;

/** Does one of them. */
export async function perform(
  task: Task,
  onProgress: (progress: TaskProgress) => void,
): Promise<TaskResult<Task>> {
  return task.command === 'run' ? runTask(task, onProgress) : placeTask(task, onProgress);
}
