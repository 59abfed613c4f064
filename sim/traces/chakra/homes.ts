import { Action, type ActivityGraph } from '../../activity-graph.ts';
import { activityOrder } from '../../activity-order.ts';

/**
 * Per activity: the device in whose trace it stands. Work stands where it is done and transfers where they leave. What
 * occupies nothing stands where most of what it waits for is known to be done (a transfer is at both its ends), or else
 * where something that waits for it stands.
 */
export function homes(graph: ActivityGraph): Int32Array {
  const { count, action, subject, successor, successorStart, pairs, streamDevice } = graph;
  const home = new Int32Array(count).fill(-1);
  for (let i = 0; i < count; i++) {
    if (subject[i]! < 0) continue;
    home[i] = action[i] === Action.transfer ? pairs.from[subject[i]!]! : streamDevice[subject[i]!]!;
  }
  const order = activityOrder(graph);
  const { start, before } = predecessors(graph);
  const votes = new Map<number, number>();
  for (const i of order) {
    if (home[i] !== -1) continue;
    votes.clear();
    const vote = (device: number): void => {
      if (device >= 0) votes.set(device, (votes.get(device) ?? 0) + 1);
    };
    for (let e = start[i]!; e < start[i + 1]!; e++) {
      const done = before[e]!;
      vote(home[done]!);
      if (action[done] === Action.transfer) vote(pairs.to[subject[done]!]!);
    }
    let most = 0;
    for (const [device, count] of votes) {
      if (count < most || (count === most && device > home[i]!)) continue;
      most = count;
      home[i] = device;
    }
  }
  for (const i of order.reverse()) {
    for (let e = successorStart[i]!; home[i] === -1 && e < successorStart[i + 1]!; e++) {
      home[i] = home[successor[e]!]!;
    }
  }
  return home.map((device) => Math.max(0, device));
}

/** What activity i waits for: before[start[i]] up to before[start[i + 1]]. */
function predecessors({ count, pending, successor, successorStart }: ActivityGraph) {
  const start = new Int32Array(count + 1);
  for (let i = 0; i < count; i++) start[i + 1] = start[i]! + pending[i]!;
  const before = new Int32Array(successor.length);
  const cursor = start.slice(0, count);
  for (let i = 0; i < count; i++) {
    for (let e = successorStart[i]!; e < successorStart[i + 1]!; e++) before[cursor[successor[e]!]!++] = i;
  }
  return { start, before };
}
