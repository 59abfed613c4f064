import type { OpGroup, OpGroups } from '../groups.ts';

/** Groups of tasks that a policy places, in topological order of their first tasks. */
export interface CappedGroups {
  readonly groups: readonly Pick<OpGroup, 'feasible'>[];
  /** Per task: its group; −1 where its constraints leave no choice. */
  readonly groupOf: Int32Array;
}

/**
 * The op groups, or where there are more than `most` of them, runs of consecutive ones with the same feasible devices, all
 * of about the same length: a network over sequences takes time and memory by the square of their length. About `most`
 * are left: one more per distinct choice of devices at the most.
 */
export function cappedGroups({ groups, groupOf }: OpGroups, most: number): CappedGroups {
  const length = Math.ceil(groups.length / most);
  if (length <= 1) return { groups, groupOf };
  const runs: { readonly feasible: readonly number[]; size: number }[] = [];
  const open = new Map<string, number>();
  const runOf = groups.map(({ feasible }) => {
    const key = feasible.join();
    let run = open.get(key);
    if (run === undefined || runs[run]!.size === length) {
      run = runs.push({ feasible, size: 0 }) - 1;
      open.set(key, run);
    }
    runs[run]!.size++;
    return run;
  });
  return { groups: runs, groupOf: groupOf.map((g) => (g < 0 ? -1 : runOf[g]!)) };
}
