import type { ActivityGraph } from '../activity-graph.ts';
import type { Simulation } from '../simulation.ts';

/** When each activity of a graph that ran once started and ended, in seconds; NaN where it did not run. */
export interface ActivityTimes {
  readonly start: Float64Array;
  readonly end: Float64Array;
}

/** From a simulation by `simulateActivities` with `record: { from: 0, to: 1 }`. */
export function activityTimes({ count }: ActivityGraph, { trace }: Simulation): ActivityTimes {
  const start = new Float64Array(count).fill(Number.NaN);
  const end = new Float64Array(count).fill(Number.NaN);
  for (let row = 0; row < trace.length; row++) {
    const activity = trace.node[row]!;
    start[activity] = trace.start[row]!;
    end[activity] = trace.end[row]!;
  }
  return { start, end };
}
