import type { ActivityGraph } from '../../../sim/activity-graph.ts';

/**
 * When each activity ends if it waits for nothing but the activities before it: an oracle for graphs whose streams are
 * chained anyway. NaN where an activity never starts.
 */
export function longestPathEnds(graph: ActivityGraph): Float64Array {
  const { count, amount, successor, successorStart } = graph;
  const pending = graph.pending.slice();
  const start = new Float64Array(count);
  const end = new Float64Array(count).fill(Number.NaN);
  const ready: number[] = [];
  for (let i = 0; i < count; i++) if (pending[i] === 0) ready.push(i);
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    end[next] = start[next]! + amount[next]!;
    for (let e = successorStart[next]!; e < successorStart[next + 1]!; e++) {
      const after = successor[e]!;
      start[after] = Math.max(start[after]!, end[next]!);
      if (--pending[after]! === 0) ready.push(after);
    }
  }
  return end;
}

export function longestPathSeconds(graph: ActivityGraph): number {
  return longestPathEnds(graph).reduce((a, b) => Math.max(a, b), 0);
}
