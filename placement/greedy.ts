import type { Placement, Placer } from './placer.ts';
import { type PlacementProblem, transferSeconds } from './problem.ts';
import { ReadyQueue } from './ready-queue.ts';

/**
 * The greedy placement algorithm of TensorFlow's white paper (2015, section 3.2.1; constraints as in 4.3).
 *
 * It simulates one execution, from the sources on. The ready node with the smallest ready time comes next (ties:
 * lowest id). It goes to the feasible device on which it would *finish* soonest, counting its inputs' transfers
 *
 *     finish(d) = max(free(d), max over inputs u of done(u) + transfer(u, d)) + seconds(node, d)
 *
 * and that binds its whole colocation group. The simulated placement is the real one.
 *
 * The paper leaves ties between devices open. Here the device on which the group's summed work is least wins, then
 * the lowest index: a variable, which costs nothing anywhere, otherwise drags its update to the CPU.
 *
 * Known weaknesses, all of them in the paper's algorithm and kept:
 * - it never looks ahead: a chain hops to another device to finish one node a little sooner, and pays for the way
 *   back later;
 * - a group is bound by whichever member is reached first, however little work that member has;
 * - transfers are estimated on an idle network, so it does not see that its own transfers will share links;
 * - it does not know memory.
 */
export const greedy: Placer = {
  name: 'greedy',
  description: "each node where it would finish soonest (TensorFlow's white paper, 2015)",
  place(problem) {
    return { placement: simulateGreedily(problem), evaluations: 0 };
  },
};

function simulateGreedily(problem: PlacementProblem): Placement {
  const { taskCount: n, deviceCount, feasible, group, groupCount, seconds } = problem;
  const { inputStart, input, producer, bytes, outputStart, readerStart, reader } = problem;
  const work = groupWork(problem);
  const bound = new Int32Array(groupCount).fill(-1);
  const placement = new Int32Array(n);
  const free = new Float64Array(deviceCount);
  const done = new Float64Array(n);
  const readyAt = new Float64Array(n);
  const ready = new ReadyQueue(n);
  const pending = Int32Array.from({ length: n }, (_, task) => inputStart[task + 1]! - inputStart[task]!);

  const finishOn = (task: number, d: number): number => {
    let start = free[d]!;
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      const from = producer[input[e]!]!;
      const arrives = done[from]! + transferSeconds(problem, bytes[input[e]!]!, placement[from]!, d);
      if (arrives > start) start = arrives;
    }
    return start + seconds[task * deviceCount + d]!;
  };

  for (let task = 0; task < n; task++) if (pending[task] === 0) ready.push(0, task);
  while (ready.length > 0) {
    const task = ready.pop();
    const g = group[task]!;
    let device = bound[g]!;
    let finish: number;
    if (device >= 0) {
      finish = finishOn(task, device);
    } else {
      const choice = feasible[g]!;
      device = choice[0]!;
      finish = finishOn(task, device);
      for (let i = 1; i < choice.length; i++) {
        const d = choice[i]!;
        const f = finishOn(task, d);
        const lessWork = work[g * deviceCount + d]! < work[g * deviceCount + device]!;
        if (f < finish || (f === finish && lessWork)) {
          device = d;
          finish = f;
        }
      }
      bound[g] = device;
    }
    placement[task] = device;
    free[device] = finish;
    done[task] = finish;
    for (let t = outputStart[task]!; t < outputStart[task + 1]!; t++) {
      for (let r = readerStart[t]!; r < readerStart[t + 1]!; r++) {
        const next = reader[r]!;
        if (finish > readyAt[next]!) readyAt[next] = finish;
        if (--pending[next]! === 0) ready.push(readyAt[next]!, next);
      }
    }
  }
  return placement;
}

/** `[group * deviceCount + device]`: summed seconds of a colocation group on a device. */
export function groupWork({
  taskCount,
  deviceCount,
  group,
  groupCount,
  seconds,
}: PlacementProblem): Float64Array {
  const work = new Float64Array(groupCount * deviceCount);
  for (let task = 0; task < taskCount; task++) {
    for (let d = 0; d < deviceCount; d++) {
      work[group[task]! * deviceCount + d]! += seconds[task * deviceCount + d]!;
    }
  }
  return work;
}
