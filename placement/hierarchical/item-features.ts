import { type GroupFeatures, OUTPUT_SIZES } from '../policy/group-features.ts';
import type { PlacementProblem } from '../problem.ts';

/** Neighbours of an item in either direction that are features, the lowest numbers first. */
const NEIGHBOURS = 12;

/** Columns of an item's features beside its kinds of ops. */
export const ITEM_COLUMNS = OUTPUT_SIZES + 2 * NEIGHBOURS;

/** What the grouper sorts into groups: the colocation groups that have a choice of devices. */
export interface Items {
  readonly count: number;
  /** Per task: its item; −1 where its constraints leave no choice. */
  readonly itemOf: Int32Array;
  readonly feasible: readonly (readonly number[])[];
}

export function itemsOf({ feasible, group }: PlacementProblem): Items {
  const number = new Int32Array(feasible.length).fill(-1);
  const choices = feasible.filter((devices) => devices.length > 1);
  let count = 0;
  for (const [g, devices] of feasible.entries()) if (devices.length > 1) number[g] = count++;
  return { count, itemOf: group.map((g) => number[g]!), feasible: choices };
}

/**
 * `[item, ITEM_COLUMNS]`: the mean sizes of its tasks' outputs; then the numbers of the items that it reads from and of those
 * that read from it, over the number of items, −1 where there are fewer (ICLR'18, section 2).
 */
export function itemColumns(
  { taskCount, outputStart, readerStart, reader }: PlacementProblem,
  { count, itemOf }: Items,
  { sizes, tasks }: Pick<GroupFeatures, 'sizes' | 'tasks'>,
): Float32Array {
  const before = Array.from({ length: count }, () => new Set<number>());
  const after = Array.from({ length: count }, () => new Set<number>());
  for (let task = 0; task < taskCount; task++) {
    const from = itemOf[task]!;
    if (from < 0) continue;
    for (let r = readerStart[outputStart[task]!]!; r < readerStart[outputStart[task + 1]!]!; r++) {
      const to = itemOf[reader[r]!]!;
      if (to < 0 || to === from) continue;
      before[to]!.add(from);
      after[from]!.add(to);
    }
  }
  const out = new Float32Array(count * ITEM_COLUMNS).fill(-1);
  for (let item = 0; item < count; item++) {
    const row = item * ITEM_COLUMNS;
    for (let i = 0; i < OUTPUT_SIZES; i++) out[row + i] = sizes[item * OUTPUT_SIZES + i]! / tasks[item]!;
    for (const [side, neighbours] of [before[item]!, after[item]!].entries()) {
      const first = row + OUTPUT_SIZES + side * NEIGHBOURS;
      const lowest = [...neighbours].sort((a, b) => a - b).slice(0, NEIGHBOURS);
      for (const [i, other] of lowest.entries()) out[first + i] = other / count;
    }
  }
  return out;
}
