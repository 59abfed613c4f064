import { ListSchedule, type Schedule } from './list-schedule.ts';
import type { Placer } from './placer.ts';
import { inputCounts, type PlacementProblem } from './problem.ts';
import { leastSeconds, upwardRanks } from './ranks.ts';
import { schedulingPlacer } from './scheduling-placer.ts';

/**
 * Earliest Task First (Hwang, Chow, Anger & Lee 1989, SIAM J. Comput. 18(2)).
 *
 * Of all pairs of a ready task and a device, the one with the earliest start comes next, after what the device runs
 * already (no insertion); ties: the longest way to the end without transfers, then the lowest task, the lowest device.
 * At most (2 − 1/m) times the optimum without communication, plus the most that a chain communicates.
 *
 * The paper's devices are all alike. On unequal ones a device that is idle because it is slow would take everything, so
 * a pair here counts by
 *
 *     start(v, d) + seconds(v, d) − min over devices of seconds(v, ·)
 *
 * the latest start at which v's best device would still finish it as soon; on equal devices, that is the start.
 *
 * Known weaknesses: it never waits for a better device or a more urgent task; the way to the end decides only ties;
 * time grows with tasks × ready tasks × devices; the network is idle.
 */
export const etf: Placer = schedulingPlacer(
  'etf',
  'of all ready tasks and devices the pair that starts earliest (ETF, 1989)',
  etfSchedule,
);

export function etfSchedule(problem: PlacementProblem): Schedule {
  const { taskCount, deviceCount: D, seconds, inputStart, outputStart, readerStart, reader } = problem;
  const schedule = new ListSchedule(problem, { insertion: false });
  const least = leastSeconds(problem);
  const level = upwardRanks(problem, least);
  const pending = inputCounts(problem);
  const ready: number[] = [];
  /** `[task * D + d]`: when the task's inputs can be there; for good once all inputs have a device. */
  const inputs = new Float64Array(taskCount * D).fill(-1);

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
  const startOf = (task: number, d: number): number => {
    let arrived = inputs[task * D + d]!;
    if (arrived < 0) {
      arrived = schedule.inputsOn(task, d);
      if (!schedule.hasOpenInputs(task)) inputs[task * D + d] = arrived;
    }
    const begin = Math.max(schedule.freeAt(d), arrived);
    return begin + seconds[task * D + d]! - least[task]! + schedule.bindingSeconds(task, d);
  };

  for (let task = 0; task < taskCount; task++) {
    if (inputStart[task] === inputStart[task + 1]) release(task);
  }
  while (ready.length > 0) {
    let place = -1;
    let device = -1;
    let earliest = Number.POSITIVE_INFINITY;
    for (let isLast = false; place < 0; isLast = true) {
      for (const [i, task] of ready.entries()) {
        for (const d of isLast ? schedule.candidates(task) : schedule.feasible(task)) {
          const start = startOf(task, d);
          if (start > earliest) continue;
          if (start === earliest && place >= 0 && !goesFirst(task, ready[place]!, level)) continue;
          if (!isLast && schedule.overflow(task, d) > 0) continue;
          place = i;
          device = d;
          earliest = start;
        }
      }
    }
    const task = ready[place]!;
    ready[place] = ready.at(-1)!;
    ready.pop();
    schedule.assign(task, device);
    releaseReaders(task);
  }
  return schedule.complete();
}

const goesFirst = (task: number, other: number, level: Float64Array): boolean =>
  level[task]! > level[other]! || (level[task] === level[other] && task < other);
