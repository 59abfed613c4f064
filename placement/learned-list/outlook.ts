import { groupWork } from '../greedy.ts';
import { MemoryLedger } from '../memory-ledger.ts';
import type { PlacementProblem } from '../problem.ts';
import { meanSeconds, meanTransferSeconds, optimisticCosts, upwardRanks } from '../ranks.ts';

/** What the learned list scheduler knows of a problem before it places anything. */
export interface Outlook {
  /** Tasks by descending upward rank (ties: lowest task): a topological order. */
  readonly order: Int32Array;
  readonly rank: Float64Array;
  /** Position in the order, per task. */
  readonly place: Int32Array;
  readonly largestRank: number;
  /** Mean seconds per task over its devices. */
  readonly mean: Float64Array;
  /** Mean seconds of the tasks that take any: the unit of time. */
  readonly unit: number;
  /** Mean seconds of all tasks together. */
  readonly total: number;
  /** Mean transfer seconds of what a task makes, each tensor once. */
  readonly outgoing: Float64Array;
  /** Mean transfer over mean task time. */
  readonly communication: number;
  /** `[task * deviceCount + device]`: see optimisticCosts. */
  readonly optimistic: Float64Array;
  /** `[group * deviceCount + device]` */
  readonly work: Float64Array;
  readonly groupBytes: Float64Array;
  /** Sources that take no time, such as variables: they come with the first task that reads them. */
  readonly floats: Uint8Array;
  /** Bytes by which one device that ran all in this order would still grow, per position in the order. */
  readonly growth: Float64Array;
  readonly predecessors: Int32Array;
  /** The only predecessor of a task that is its only reader; −1 where there is none. */
  readonly chainedTo: Int32Array;
  /** Colocation groups with a choice: decisions of a roll-out at most. */
  readonly decisions: number;
}

export function outlookOn(problem: PlacementProblem): Outlook {
  const { taskCount: n, groupCount, group, residentBytes, inputStart, seconds, deviceCount: D } = problem;
  const { outputStart, feasible } = problem;
  const mean = meanSeconds(problem);
  const transfers = meanTransferSeconds(problem);
  const rank = upwardRanks(problem, mean, transfers);
  const order = Int32Array.from({ length: n }, (_, i) => i).sort((a, b) => rank[b]! - rank[a]! || a - b);
  const place = new Int32Array(n);
  for (const [at, task] of order.entries()) place[task] = at;
  const total = mean.reduce((sum, s) => sum + s, 0);
  const busy = mean.reduce((count, s) => count + (s > 0 ? 1 : 0), 0);
  const unit = total > 0 ? total / busy : 1;
  const outgoing = new Float64Array(n);
  for (let task = 0; task < n; task++) {
    for (let t = outputStart[task]!; t < outputStart[task + 1]!; t++) outgoing[task]! += transfers[t]!;
  }
  const groupBytes = new Float64Array(groupCount);
  for (let task = 0; task < n; task++) groupBytes[group[task]!]! += residentBytes[task]!;
  const floats = new Uint8Array(n);
  for (let task = 0; task < n; task++) {
    const isSource = inputStart[task + 1] === inputStart[task];
    let most = 0;
    for (const d of feasible[group[task]!]!) most = Math.max(most, seconds[task * D + d]!);
    floats[task] = isSource && most === 0 ? 1 : 0;
  }
  return {
    order,
    rank,
    place,
    largestRank: Math.max(0, ...rank) || 1,
    mean,
    unit,
    total: total > 0 ? total : 1,
    outgoing,
    communication: (n === 0 ? 0 : outgoing.reduce((sum, s) => sum + s, 0) / n) / unit,
    optimistic: optimisticCosts(problem, transfers),
    work: groupWork(problem),
    groupBytes,
    floats,
    growth: growthAhead(problem, order),
    ...predecessors(problem),
    decisions: feasible.reduce((count, devices) => count + (devices.length > 1 ? 1 : 0), 0),
  };
}

/** Where memory is not modelled: zeros. */
function growthAhead(problem: PlacementProblem, order: Int32Array): Float64Array {
  const growth = new Float64Array(order.length);
  if (problem.capacityBytes.every((bytes) => bytes === Number.POSITIVE_INFINITY)) return growth;
  const ledger = new MemoryLedger(problem);
  const live = new Float64Array(order.length);
  for (const [at, task] of order.entries()) {
    live[at] = ledger.live[0]!;
    ledger.assign(task, 0);
  }
  let peak = ledger.live[0] ?? 0;
  for (let at = order.length - 1; at >= 0; at--) {
    growth[at] = Math.max(0, peak - live[at]!);
    peak = Math.max(peak, live[at]!);
  }
  return growth;
}

function predecessors({ taskCount: n, inputStart, input, producer, ...rest }: PlacementProblem) {
  const { outputStart, readerStart, reader } = rest;
  const count = new Int32Array(n);
  const only = new Int32Array(n).fill(-1);
  const distinctReader = (task: number): number => {
    let found = -1;
    for (let r = readerStart[outputStart[task]!]!; r < readerStart[outputStart[task + 1]!]!; r++) {
      if (found >= 0 && reader[r] !== found) return -1;
      found = reader[r]!;
    }
    return found;
  };
  for (let task = 0; task < n; task++) {
    const from = new Set<number>();
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) from.add(producer[input[e]!]!);
    count[task] = from.size;
    const [first] = from;
    if (from.size === 1 && distinctReader(first!) === task) only[task] = first!;
  }
  return { predecessors: count, chainedTo: only };
}
