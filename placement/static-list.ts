import { ListSchedule, type Schedule } from './list-schedule.ts';
import type { Placer } from './placer.ts';
import { inputCounts, type PlacementProblem } from './problem.ts';
import { leastSeconds, upwardRanks } from './ranks.ts';
import { schedulingPlacer } from './scheduling-placer.ts';

/**
 * List scheduling by static levels (Graham 1969; with the level as priority: HLFET, Adam, Chandy & Dickson 1974).
 *
 *     level(v) = least seconds(v) + max over readers w of level(w)
 *
 * Time goes forward from one finish of a task to the next. At each, the tasks whose inputs are all *done* are asked by
 * descending level (ties: lowest task): each takes the device on which it would finish first, its inputs' transfers
 * counted, where that device is idle now, and waits otherwise. On equal devices without communication that is Graham's
 * list scheduling, at most 2 − 1/m times the optimum.
 *
 * Known weaknesses: levels know no communication; no insertion. A reference for plain task graphs rather than a placer
 * for real ones.
 */
export const staticList: Placer = schedulingPlacer(
  'static-list',
  'idle devices take the ready task with the longest way to the end (static levels, 1974)',
  staticListSchedule,
);

export function staticListSchedule(problem: PlacementProblem): Schedule {
  const { taskCount, deviceCount: D, inputStart, outputStart, readerStart, reader } = problem;
  const schedule = new ListSchedule(problem, { insertion: false });
  const level = upwardRanks(problem, leastSeconds(problem));
  const pending = inputCounts(problem);
  /** By descending level. */
  let ready: number[] = [];
  let running: number[] = [];
  const release = (task: number): void => {
    if (schedule.leaveOpen(task)) releaseReaders(task);
    else ready.push(task);
  };
  const releaseReaders = (task: number): void => {
    for (let t = outputStart[task]!; t < outputStart[task + 1]!; t++) {
      for (let r = readerStart[t]!; r < readerStart[t + 1]!; r++) {
        if (--pending[reader[r]!]! === 0) release(reader[r]!);
      }
    }
  };

  for (let task = 0; task < taskCount; task++) {
    if (inputStart[task] === inputStart[task + 1]) release(task);
  }
  for (let now = 0; ready.length + running.length > 0; ) {
    ready.sort((a, b) => level[b]! - level[a]! || a - b);
    let idle = 0;
    for (let d = 0; d < D; d++) if (schedule.freeAt(d) <= now) idle++;
    const waiting: number[] = [];
    for (const task of ready) {
      const device = idle > 0 ? schedule.best(task, (d) => schedule.finishOn(task, d)) : -1;
      if (device < 0 || schedule.freeAt(device) > now) {
        waiting.push(task);
        continue;
      }
      schedule.assign(task, device);
      running.push(task);
      if (schedule.freeAt(device) > now) idle--;
    }
    ready = waiting;
    now = Number.POSITIVE_INFINITY;
    for (const task of running) now = Math.min(now, schedule.finish[task]!);
    const done = running.filter((task) => schedule.finish[task]! <= now);
    running = running.filter((task) => schedule.finish[task]! > now);
    for (const task of done.sort((a, b) => a - b)) releaseReaders(task);
  }
  return schedule.complete();
}
