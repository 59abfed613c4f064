import { Action, type ActivityGraph } from '../activity-graph.ts';
import type { ActivityTimes } from './activity-times.ts';

/** How a device spent its time; the three sum to the time of the whole. */
export interface DeviceBreakdown {
  /** It computed, whatever it communicated meanwhile. */
  readonly computeSeconds: number;
  /** It communicated and did not compute. */
  readonly communicationSeconds: number;
  readonly idleSeconds: number;
}

/**
 * Per device, from 0 to `seconds`. Transfers are communication at both their ends, and so is the work for which
 * `isCommunication` says so (NCCL kernels, sums of collectives).
 */
export function breakdown(
  graph: ActivityGraph,
  { start, end }: ActivityTimes,
  devices: number,
  seconds: number,
  isCommunication: (activity: number) => boolean,
): DeviceBreakdown[] {
  const { count, action, subject, pairs, streamDevice } = graph;
  const compute = Array.from({ length: devices }, (): [number, number][] => []);
  const busy = Array.from({ length: devices }, (): [number, number][] => []);
  for (let i = 0; i < count; i++) {
    if (!(end[i]! > start[i]!)) continue;
    const interval: [number, number] = [start[i]!, end[i]!];
    if (action[i] === Action.transfer) {
      busy[pairs.from[subject[i]!]!]!.push(interval);
      busy[pairs.to[subject[i]!]!]!.push(interval);
    } else if (action[i] === Action.compute) {
      const device = streamDevice[subject[i]!]!;
      busy[device]!.push(interval);
      if (!isCommunication(i)) compute[device]!.push(interval);
    }
  }
  return busy.map((all, device) => {
    const computeSeconds = covered(compute[device]!);
    const busySeconds = covered(all);
    return {
      computeSeconds,
      communicationSeconds: busySeconds - computeSeconds,
      idleSeconds: Math.max(0, seconds - busySeconds),
    };
  });
}

/** Length of the union of intervals. */
function covered(intervals: [number, number][]): number {
  intervals.sort((a, b) => a[0] - b[0]);
  let total = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const [from, until] of intervals) {
    if (until <= reached) continue;
    total += until - Math.max(from, reached);
    reached = until;
  }
  return total;
}
