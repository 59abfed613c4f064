import type { Cluster } from '../devices/cluster.ts';
import { idleRoute, idleSeconds } from '../devices/idle-route.ts';
import { Action } from './activity-graph.ts';
import { activityOrder } from './activity-order.ts';
import type { Program, ProgramLoop } from './program.ts';

/**
 * Per activity of a program: undisturbed seconds from its start to the end of its step along the longest way, transfers
 * as on an idle network (the "upward rank" of list scheduling: Topcuoglu, Hariri and Wu 2002, section 4.1). The
 * critical-path ready policy runs the largest first.
 */
export function criticalPathPriorities({ loops }: Program, cluster: Cluster): Float64Array {
  const parts = loops.map((loop) => upwardRanks(loop, cluster));
  const ranks = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let base = 0;
  for (const part of parts) {
    ranks.set(part, base);
    base += part.length;
  }
  return ranks;
}

function upwardRanks({ activities, route }: ProgramLoop, cluster: Cluster): Float64Array {
  const { count, action, subject, amount, successorStart, successor } = activities;
  const order = activityOrder(activities);
  const idle = route.map((links) => idleRoute(cluster.links, links));
  const rank = new Float64Array(count);
  for (let at = order.length - 1; at >= 0; at--) {
    const i = order[at]!;
    let longest = 0;
    for (let e = successorStart[i]!; e < successorStart[i + 1]!; e++)
      longest = Math.max(longest, rank[successor[e]!]!);
    const own = action[i] === Action.transfer ? idleSeconds(idle[subject[i]!]!, amount[i]!) : amount[i]!;
    rank[i] = own + longest;
  }
  return rank;
}
