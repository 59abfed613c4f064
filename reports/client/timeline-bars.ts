// Hot: a report may hold 100 000 bars, drawn again on every move of the pointer.
import type { Timeline } from '../../scenarios/results.ts';

/** Bars by lane, each lane sorted by time, so that what a view shows is found by bisection. */
export interface LaneBars {
  /** Index into Timeline.lanes of each shown lane: those with bars. */
  readonly lanes: readonly number[];
  /** Per shown lane: bars as indices into the timeline's columns, by start. */
  readonly bars: readonly Uint32Array[];
  readonly from: number;
  readonly to: number;
}

export function laneBars({ lanes, lane, start, end }: Timeline): LaneBars {
  const lists: number[][] = lanes.map(() => []);
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < lane.length; i++) {
    lists[lane[i]!]!.push(i);
    if (start[i]! < from) from = start[i]!;
    if (end[i]! > to) to = end[i]!;
  }
  const shown = lists.flatMap((list, index) => (list.length > 0 ? [index] : []));
  const bars = shown.map((index) =>
    Uint32Array.from(lists[index]!).sort((a, b) => start[a]! - start[b]! || a - b),
  );
  return { lanes: shown, bars, from, to: to > from ? to : from + 1e-9 };
}

/** Position in `bars` of the first bar that ends after `time`: `bars.length` where none does. */
export function firstAfter(bars: Uint32Array, end: readonly number[], time: number): number {
  let low = 0;
  let high = bars.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (end[bars[middle]!]! > time) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Position in `bars` of the bar at `time`, or of the nearest one at most `reach` seconds away; −1 where none is. */
export function barAt(bars: Uint32Array, { start, end }: Timeline, time: number, reach: number): number {
  const after = firstAfter(bars, end, time);
  let found = -1;
  let nearest = reach;
  for (const position of [after - 1, after]) {
    const bar = bars[position];
    if (bar === undefined) continue;
    const distance = Math.max(start[bar]! - time, time - end[bar]!, 0);
    if (distance <= nearest) {
      nearest = distance;
      found = position;
    }
  }
  return found;
}
