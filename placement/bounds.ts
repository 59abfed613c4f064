import { fractionalMakespan } from './bounds/fractional.ts';
import { classWork, headTailBound } from './bounds/head-tail.ts';
import { type MemoryBound, memoryBound } from './bounds/memory.ts';
import { longestWay, pathBounds } from './bounds/paths.ts';
import type { PlacementProblem } from './problem.ts';
import { leastSeconds, upwardRanks } from './ranks.ts';

/**
 * Step times that no placement can beat, in seconds. They bound how far a placement is from the optimum; they do not
 * measure it. They hold for devices that run one task at a time, in the time that the cost model says, and for
 * transfers that are no faster than on an idle network; memory is unlimited in all of them.
 */
export interface Bounds {
  /** The longest path, each task in its least feasible time; communication is free. */
  readonly criticalPath: number;
  /** The work divided among the devices as well as fractions allow; communication is free. */
  readonly area: number;
  /** The colocation group that takes longest on its best device: its members run one after another. */
  readonly group: number;
  /** The longest path with the transfers that it cannot avoid (see pathBounds). */
  readonly communication: number;
  /** The largest area bound of tasks that share a window of the step, with what comes before and after them. */
  readonly headTail: number;
  readonly memory: MemoryBound;
  /** The largest of them. */
  readonly seconds: number;
}

/** Seconds that no placement of the problem can beat, by each of several arguments, and by the best of them. */
export function lowerBounds(problem: PlacementProblem): Bounds {
  const work = classWork(problem);
  const divided = fractionalMakespan(work);
  const paths = pathBounds(problem);
  const criticalPath = upwardRanks(problem, leastSeconds(problem)).reduce((a, b) => Math.max(a, b), 0);
  const group = work.rows.reduce((most, row) => Math.max(most, Math.min(...row)), 0);
  const communication = Math.max(criticalPath, longestWay(problem, paths));
  const headTail = headTailBound(problem, paths, work, divided);
  return {
    criticalPath,
    area: divided.seconds,
    group,
    communication,
    headTail,
    memory: memoryBound(problem),
    seconds: Math.max(communication, divided.seconds, group, headTail),
  };
}
