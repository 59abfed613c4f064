import type { KinetoTrace } from './trace.ts';

/** Kernels of several ranks that are one collective operation. */
export interface Meeting {
  /** Per rank: its task. */
  readonly tasks: readonly number[];
  /**
   * Seconds of the transfer itself: the shortest of the ranks' durations, that of the rank that came last and waited
   * least. Clocks of ranks need not agree for it.
   */
  readonly seconds: number;
}

const COLLECTIVE = /^(nccl|rccl)/i;

/**
 * The collectives of ranks that were recorded together: the k-th NCCL kernel of a name is the same on all of them. None
 * where ranks have different numbers of one: then they are of groups that the traces do not name.
 */
export function meetings(traces: readonly KinetoTrace[]): Meeting[] {
  if (traces.length < 2) return [];
  const byName = traces.map(({ tasks }) => {
    const lists = new Map<string, number[]>();
    tasks.forEach(({ name }, task) => {
      if (!COLLECTIVE.test(name)) return;
      const list = lists.get(name);
      if (list === undefined) lists.set(name, [task]);
      else list.push(task);
    });
    return lists;
  });
  const found: Meeting[] = [];
  for (const [name, first] of byName[0]!) {
    const lists = byName.map((names) => names.get(name));
    if (!lists.every((list) => list?.length === first.length)) continue;
    first.forEach((_, k) => {
      const tasks = lists.map((list) => list![k]!);
      const seconds = Math.min(...tasks.map((task, rank) => traces[rank]!.tasks[task]!.seconds));
      found.push({ tasks, seconds });
    });
  }
  return found;
}
