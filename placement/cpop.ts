import { groupWork } from './greedy.ts';
import type { Schedule } from './list-schedule.ts';
import type { Placer } from './placer.ts';
import { scheduleByPriority } from './priority-list.ts';
import type { PlacementProblem } from './problem.ts';
import { downwardRanks, meanSeconds, meanTransferSeconds, upwardRanks } from './ranks.ts';
import { schedulingPlacer } from './scheduling-placer.ts';

/**
 * Critical Path On a Processor (Topcuoglu, Hariri & Wu 2002, IEEE TPDS 13(3), section 4.2).
 *
 *     priority(v) = upward rank + downward rank
 *
 * The tasks of one critical path, from the source of the highest priority on to the reader of the highest priority, all
 * go to the one device that runs them in the least sum; of the others, by descending priority, each goes where it
 * finishes first, with insertion. Where a task of the path may not run on that device, has no room there, or would bind
 * a group with more work than the device can do in the step's least time (BoundGroups), it counts as one of the others.
 * Colocation groups (all groups on the path go along, so their whole work counts in the sum), sources without work and
 * memory: as ListSchedule says.
 *
 * Known weaknesses: the path is that of mean costs, not of the schedule that comes out; a wide graph with many paths of
 * almost the same length gains nothing from one of them; the network is idle.
 */
export const cpop: Placer = schedulingPlacer(
  'cpop',
  'the critical path on one device, other tasks where they finish first (CPOP, 2002)',
  cpopSchedule,
);

export function cpopSchedule(problem: PlacementProblem): Schedule {
  const { path, device, priority } = criticalPath(problem);
  const isCritical = new Uint8Array(problem.taskCount);
  for (const task of path) isCritical[task] = 1;
  return scheduleByPriority(problem, priority, (schedule, task) =>
    isCritical[task] === 1 &&
    schedule.candidates(task).includes(device) &&
    schedule.groups.overload(task, device) === 0
      ? device
      : schedule.best(task, (d) => schedule.finishOn(task, d)),
  );
}

/** The tasks of a critical path by mean costs, and the device that runs them in the least sum. */
export function criticalPath(problem: PlacementProblem): {
  readonly path: readonly number[];
  readonly device: number;
  readonly priority: Float64Array;
} {
  const { taskCount, inputStart, outputStart, readerStart, reader } = problem;
  const work = meanSeconds(problem);
  const transfers = meanTransferSeconds(problem);
  const down = downwardRanks(problem, work, transfers);
  const priority = upwardRanks(problem, work, transfers).map((up, task) => up + down[task]!);
  let next = -1;
  for (let task = 0; task < taskCount; task++) {
    if (inputStart[task] === inputStart[task + 1] && !(priority[task]! <= priority[next]!)) next = task;
  }
  const path: number[] = [];
  while (next >= 0) {
    const task = next;
    path.push(task);
    next = -1;
    for (let t = outputStart[task]!; t < outputStart[task + 1]!; t++) {
      for (let r = readerStart[t]!; r < readerStart[t + 1]!; r++) {
        if (next < 0 || priority[reader[r]!]! > priority[next]!) next = reader[r]!;
      }
    }
  }
  return { path, device: fastestFor(problem, path), priority };
}

/** The device with the least sum of seconds of the tasks' groups. A group that it may not run counts as on its best. */
function fastestFor(problem: PlacementProblem, tasks: readonly number[]): number {
  const { deviceCount: D, group } = problem;
  const work = groupWork(problem);
  const sums = new Float64Array(D);
  for (const g of new Set(tasks.map((task) => group[task]!))) {
    const row = work.subarray(g * D, (g + 1) * D);
    const least = row.reduce((a, b) => Math.min(a, b));
    for (let d = 0; d < D; d++) sums[d]! += row[d] === Number.POSITIVE_INFINITY ? least : row[d]!;
  }
  return sums.indexOf(sums.reduce((a, b) => Math.min(a, b)));
}
