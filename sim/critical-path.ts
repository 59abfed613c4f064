import type { Cluster } from '../devices/cluster.ts';
import { idleRoute, idleSeconds } from '../devices/idle-route.ts';
import { Action } from './activity-graph.ts';
import { exchangeTime } from './exchange-times.ts';
import type { Program } from './program.ts';
import type { Simulation } from './simulation.ts';
import { Row } from './trace.ts';

/** What a stretch of the critical path is spent on. */
export type PathPart =
  /** An op, for as long as it takes undisturbed. */
  | 'compute'
  /** What an op takes beyond that: noise, stragglers, slow devices. */
  | 'slowdown'
  /** A transfer or an exchange, for as long as it takes on an idle network. */
  | 'transfer'
  /** What a transfer takes beyond that: others on its links, copy engines. */
  | 'contention'
  /** An op waits until its host has dispatched it. */
  | 'dispatch'
  /** Delays, and time in which nothing recorded ran: checkpoints, restarts, what began before. */
  | 'other';

/** One stretch of the critical path, in order of time. The stretches of a path follow each other without gaps. */
export interface PathStretch {
  readonly part: PathPart;
  /** Row of the trace: for `dispatch`, that of the op that waits; −1 for `other`. */
  readonly row: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The chain of activities that the recorded end could not have come before: from the last row back through the cause
 * of each. The stretches sum to the recorded time, since every row starts when its cause ends, but for time in which
 * the host dispatches or the job is down. `dispatchSeconds`: the simulation's, per device.
 */
export function criticalPath(
  program: Program,
  cluster: Cluster,
  simulation: Simulation,
  dispatchSeconds?: Float64Array,
): PathStretch[] {
  const { trace, recorded } = simulation;
  const path: PathStretch[] = [];
  let row = lastRow(simulation);
  let until = recorded.until;
  let later = -1;
  while (row >= 0 && until > recorded.from) {
    const start = Math.max(recorded.from, Math.min(trace.start[row]!, until));
    const end = Math.min(trace.end[row]!, until);
    if (end < until) path.push({ ...gapBefore(later), start: Math.max(start, end), end: until });
    if (end > start) addRow(path, row, start, end);
    until = Math.min(start, until);
    later = row;
    row = trace.cause[row]!;
  }
  if (until > recorded.from) path.push({ part: 'other', row: -1, start: recorded.from, end: until });
  return path.reverse();

  /** What a row waited for that its cause does not explain. */
  function gapBefore(of: number): Pick<PathStretch, 'part' | 'row'> {
    const isOp = of >= 0 && trace.kind[of] === Row.node && trace.place[of]! >= 0;
    return isOp && (dispatchSeconds?.[trace.place[of]!] ?? 0) > 0
      ? { part: 'dispatch', row: of }
      : { part: 'other', row: -1 };
  }

  function addRow(into: PathStretch[], of: number, start: number, end: number): void {
    const { action } = program.loops[trace.loop[of]!]!.activities;
    if (action[trace.node[of]!] === Action.delay) {
      into.push({ part: 'other', row: -1, start, end });
      return;
    }
    const undisturbed = undisturbedSeconds(of);
    const isTransfer = trace.kind[of] === Row.transfer || trace.kind[of] === Row.exchange;
    const middle = Math.max(start, Math.min(end, trace.start[of]! + undisturbed));
    // Backwards: the rest first.
    if (end > middle)
      into.push({ part: isTransfer ? 'contention' : 'slowdown', row: of, start: middle, end });
    if (middle > start) into.push({ part: isTransfer ? 'transfer' : 'compute', row: of, start, end: middle });
  }

  function undisturbedSeconds(of: number): number {
    const { activities, route, resource, use } = program.loops[trace.loop[of]!]!;
    const activity = trace.node[of]!;
    if (trace.kind[of] === Row.exchange)
      return exchangeTime(program.exchanges![resource[use[activity]!]!]!, cluster).seconds;
    const amount = activities.amount[activity]!;
    if (activities.action[activity] !== Action.transfer) return amount;
    return idleSeconds(idleRoute(cluster.links, route[activities.subject[activity]!]!), amount);
  }
}

/** The row that ended last within what was recorded; among equals the one that began last. */
function lastRow({ trace, recorded }: Simulation): number {
  let last = -1;
  for (let row = 0; row < trace.length; row++) {
    const end = trace.end[row]!;
    if (end > recorded.until || trace.kind[row] === Row.dropped) continue;
    if (last < 0 || end >= trace.end[last]!) last = row;
  }
  return last;
}
