import { ListSchedule, type ListScheduleOptions, type Schedule } from './list-schedule.ts';
import { inputCounts, type PlacementProblem } from './problem.ts';
import { ReadyQueue } from './ready-queue.ts';

/**
 * List scheduling by static priorities, the frame of HEFT, CPOP and PEFT: of the tasks whose inputs are all scheduled,
 * the one with the highest priority (ties: lowest task) goes to the device that `choose` names.
 */
export function scheduleByPriority(
  problem: PlacementProblem,
  priority: ArrayLike<number>,
  choose: (schedule: ListSchedule, task: number) => number,
  options?: ListScheduleOptions,
): Schedule {
  const { taskCount, outputStart, readerStart, reader } = problem;
  const schedule = new ListSchedule(problem, options);
  const ready = new ReadyQueue(taskCount);
  const pending = inputCounts(problem);
  for (let task = 0; task < taskCount; task++) if (pending[task] === 0) ready.push(-priority[task]!, task);
  while (ready.length > 0) {
    const task = ready.pop();
    if (!schedule.leaveOpen(task)) schedule.assign(task, choose(schedule, task));
    for (let t = outputStart[task]!; t < outputStart[task + 1]!; t++) {
      for (let r = readerStart[t]!; r < readerStart[t + 1]!; r++) {
        if (--pending[reader[r]!]! === 0) ready.push(-priority[reader[r]!]!, reader[r]!);
      }
    }
  }
  return schedule.complete();
}
