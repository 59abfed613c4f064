import type { ListScheduleOptions, Schedule } from './list-schedule.ts';
import type { Placer } from './placer.ts';
import { scheduleByPriority } from './priority-list.ts';
import type { PlacementProblem } from './problem.ts';
import { meanSeconds, meanTransferSeconds, upwardRanks } from './ranks.ts';
import { schedulingPlacer } from './scheduling-placer.ts';

/**
 * Heterogeneous Earliest Finish Time (Topcuoglu, Hariri & Wu 2002, IEEE TPDS 13(3), section 4.1).
 *
 *     rank(v) = mean seconds(v) + max over readers w of (mean transfer(v, w) + rank(w))
 *
 * By descending rank, each task goes to the device on which it would finish first, in a gap between tasks that are
 * scheduled already where one is wide enough. On graphs with colocation groups, with sources that take no time, and with
 * memory, as ListSchedule and BoundGroups say; without them, as published.
 *
 * Known weaknesses:
 * - it looks only one task ahead, so that tasks with much communication scatter (at communication ten times the work,
 *   60 % above the optimum in the mean; use PEFT, clustering or a search there);
 * - means over unequal devices rank tasks badly;
 * - transfers are estimated on an idle network: it does not see that its own share links (`heftContended` does).
 */
export const heft: Placer = schedulingPlacer(
  'heft',
  'by longest way to the end, each task where it would finish first (HEFT with insertion, 2002)',
  heftSchedule,
);

/**
 * HEFT that sees transfers queue up behind each other where they leave a device (see SendQueues): what HEFT itself, on an
 * idle network, takes for parallel and the simulator then runs one after another.
 */
export const heftContended: Placer = schedulingPlacer(
  'heft-contended',
  'HEFT with insertion where each device sends one tensor at a time',
  (problem) => heftSchedule(problem, { contention: true }),
);

export function heftSchedule(problem: PlacementProblem, options?: ListScheduleOptions): Schedule {
  const ranks = upwardRanks(problem, meanSeconds(problem), meanTransferSeconds(problem));
  return scheduleByPriority(
    problem,
    ranks,
    (schedule, task) => schedule.best(task, (d) => schedule.finishOn(task, d)),
    options,
  );
}
