import type { Schedule } from './list-schedule.ts';
import type { Placer } from './placer.ts';
import { scheduleByPriority } from './priority-list.ts';
import type { PlacementProblem } from './problem.ts';
import { meanTransferSeconds, optimisticCosts } from './ranks.ts';
import { schedulingPlacer } from './scheduling-placer.ts';

/**
 * Predict Earliest Finish Time (Arabnejad & Barbosa 2014, IEEE TPDS 25(3), section 4).
 *
 * With the optimistic cost table OCT(v, d), the longest way from v's end on d to the end if each task that follows
 * could take the best device for it (see `optimisticCosts`):
 *
 *     rank(v) = mean over devices of OCT(v, d);   v goes to the d with the least finish(v, d) + OCT(v, d)
 *
 * The ready task with the highest rank comes next; insertion as in HEFT. Colocation groups, sources without work and
 * memory: as ListSchedule says. Means are over the devices that the task may run on.
 *
 * Known weaknesses: the table takes the best device for every later task, as if nothing else ran there; a transfer costs
 * its mean over all pairs of devices; the network is idle.
 */
export const peft: Placer = schedulingPlacer(
  'peft',
  'like HEFT, but looks ahead by a table of optimistic costs (PEFT, 2014)',
  peftSchedule,
);

export function peftSchedule(problem: PlacementProblem): Schedule {
  const { taskCount, deviceCount, feasible, group } = problem;
  const table = optimisticCosts(problem, meanTransferSeconds(problem));
  const rank = Float64Array.from({ length: taskCount }, (_, task) => {
    const devices = feasible[group[task]!]!;
    return devices.reduce((sum, d) => sum + table[task * deviceCount + d]!, 0) / devices.length;
  });
  return scheduleByPriority(problem, rank, (schedule, task) =>
    schedule.best(task, (d) => schedule.finishOn(task, d) + table[task * deviceCount + d]!),
  );
}
