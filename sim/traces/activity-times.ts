import type { ActivityGraph } from '../activity-graph.ts';
import type { Simulation } from '../simulation.ts';

/** When each activity of a graph that ran once started and ended, in seconds; NaN where it did not run. */
export interface ActivityTimes {
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** Per activity: the one that it could not start before; −1 for none. */
  readonly cause: Int32Array;
}

/** From a simulation by `simulateActivities` with `record: { from: 0, to: 1 }`. */
export function activityTimes({ count }: ActivityGraph, { trace }: Simulation): ActivityTimes {
  const start = new Float64Array(count).fill(Number.NaN);
  const end = new Float64Array(count).fill(Number.NaN);
  const cause = new Int32Array(count).fill(-1);
  for (let row = 0; row < trace.length; row++) {
    const activity = trace.node[row]!;
    start[activity] = trace.start[row]!;
    end[activity] = trace.end[row]!;
    cause[activity] = trace.cause[row]! < 0 ? -1 : trace.node[trace.cause[row]!]!;
  }
  return { start, end, cause };
}

/** The activities that made `last` end when it did, first to last. */
export function criticalPath({ cause }: ActivityTimes, last: number): number[] {
  const path: number[] = [];
  for (let activity = last; activity >= 0; activity = cause[activity]!) path.push(activity);
  return path.reverse();
}
