import type { HostThread } from './trace.ts';

/** Thread `from` comes to rest at `at`, and thereby lets thread `to` go on at `start`. */
export interface HandOver {
  readonly from: number;
  readonly at: number;
  readonly to: number;
  readonly start: number;
}

/**
 * Where threads of the host take turns, as with a backward pass that has a thread of its own: a thread goes on because
 * another has come to rest if that happened while the first was at rest, and the other still is when it goes on; of
 * several, the one that came last. The profiler does not record who wakes whom; Liang et al., "Lumos: Efficient
 * performance modeling and estimation for large-scale LLM training" (MLSys 2025, arXiv 2504.09307), read
 * it off the rests too.
 */
export function handOvers(threads: readonly HostThread[]): HandOver[] {
  const found: HandOver[] = [];
  threads.forEach(({ busyFrom, busyUntil }, to) => {
    for (let next = 0; next < busyFrom.length; next++) {
      const start = busyFrom[next]!;
      const rested = next === 0 ? Number.NEGATIVE_INFINITY : busyUntil[next - 1]!;
      let from = -1;
      let at = rested;
      threads.forEach((other, thread) => {
        if (thread === to) return;
        const begun = countUpTo(other.busyFrom, start);
        const ended = begun === 0 ? Number.NEGATIVE_INFINITY : other.busyUntil[begun - 1]!;
        if (ended > start || ended <= at) return;
        from = thread;
        at = ended;
      });
      if (from >= 0) found.push({ from, at, to, start });
    }
  });
  return found;
}

/** How many values of `sorted` are at most `limit`. */
function countUpTo(sorted: Float64Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
