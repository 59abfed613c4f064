import type { ActivityGraph } from './activity-graph.ts';

/** Activities, each behind all that it waits for; those in a circle, and what waits for them, are left out. */
export function activityOrder({ count, pending, successor, successorStart }: ActivityGraph): Int32Array {
  const left = pending.slice();
  const order = new Int32Array(count);
  let length = 0;
  for (let i = 0; i < count; i++) if (left[i] === 0) order[length++] = i;
  for (let next = 0; next < length; next++) {
    const done = order[next]!;
    for (let e = successorStart[done]!; e < successorStart[done + 1]!; e++) {
      const behind = successor[e]!;
      if (--left[behind]! === 0) order[length++] = behind;
    }
  }
  return order.subarray(0, length);
}
