import type { PlacementProblem } from './problem.ts';
import { downwardRanks, meanSeconds } from './ranks.ts';
import { ReadyQueue } from './ready-queue.ts';

/**
 * Orders of colocation groups along which stages may be cut: as the tasks are numbered; by the time at which they could
 * begin; and each branch to its end before the next. Groups come where their first forward task comes; what reads nothing
 * (variables, with their updates) where it is first read, and gradients do not count.
 */
export function stageOrders(problem: PlacementProblem): readonly Int32Array[] {
  const work = meanSeconds(problem);
  const asNumbered = Float64Array.from({ length: problem.taskCount }, (_, task) => task);
  const keys = [asNumbered, downwardRanks(problem, work), depthFirst(problem)];
  const distinct = new Map<string, Int32Array>();
  for (const key of keys) {
    const order = groupOrder(problem, key);
    if (!distinct.has(order.join())) distinct.set(order.join(), order);
  }
  return [...distinct.values()];
}

function groupOrder(problem: PlacementProblem, key: Float64Array): Int32Array {
  const { taskCount, groupCount, group, inputStart, outputStart, readerStart, reader, forward } = problem;
  const first = new Float64Array(groupCount).fill(Number.POSITIVE_INFINITY);
  for (let task = 0; task < taskCount; task++) {
    if (forward[task]! >= 0) continue;
    const g = group[task]!;
    let comes = key[task]!;
    if (inputStart[task] === inputStart[task + 1]) {
      let read = Number.POSITIVE_INFINITY;
      for (let r = readerStart[outputStart[task]!]!; r < readerStart[outputStart[task + 1]!]!; r++) {
        if (group[reader[r]!] !== g) read = Math.min(read, key[reader[r]!]!);
      }
      if (read < Number.POSITIVE_INFINITY) comes = read;
    }
    first[g] = Math.min(first[g]!, comes);
  }
  // Infinity − Infinity is no number.
  return Int32Array.from({ length: groupCount }, (_, g) => g).sort((a, b) =>
    first[a] === first[b] ? a - b : first[a]! - first[b]!,
  );
}

/** Per task: its place in a topological order that goes on with what it has just made ready, where it can. */
function depthFirst({
  taskCount,
  inputStart,
  outputStart,
  readerStart,
  reader,
}: PlacementProblem): Float64Array {
  const pending = Int32Array.from(
    { length: taskCount },
    (_, task) => inputStart[task + 1]! - inputStart[task]!,
  );
  const ready = new ReadyQueue(taskCount);
  for (let task = 0; task < taskCount; task++) if (pending[task] === 0) ready.push(0, task);
  const place = new Float64Array(taskCount);
  for (let at = 1; ready.length > 0; at++) {
    const task = ready.pop();
    place[task] = at;
    for (let r = readerStart[outputStart[task]!]!; r < readerStart[outputStart[task + 1]!]!; r++) {
      if (--pending[reader[r]!]! === 0) ready.push(-at, reader[r]!);
    }
  }
  return place;
}
