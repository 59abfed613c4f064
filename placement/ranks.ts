import type { PlacementProblem } from './problem.ts';

/** Per task: mean seconds over the devices that it may run on. */
export function meanSeconds({ taskCount, deviceCount, seconds }: PlacementProblem): Float64Array {
  return Float64Array.from({ length: taskCount }, (_, task) => {
    let sum = 0;
    let count = 0;
    for (let d = 0; d < deviceCount; d++) {
      const s = seconds[task * deviceCount + d]!;
      if (s === Number.POSITIVE_INFINITY) continue;
      sum += s;
      count++;
    }
    return sum / count;
  });
}

/** Per task: least seconds over the devices that it may run on. */
export function leastSeconds({ taskCount, deviceCount, seconds }: PlacementProblem): Float64Array {
  return Float64Array.from({ length: taskCount }, (_, task) => {
    let least = Number.POSITIVE_INFINITY;
    for (let d = 0; d < deviceCount; d++) least = Math.min(least, seconds[task * deviceCount + d]!);
    return least;
  });
}

/** Per tensor: mean seconds of its transfer over all pairs of different devices (Topcuoglu et al. 2002, section 3). */
export function meanTransferSeconds(problem: PlacementProblem): Float64Array {
  const { deviceCount, latencySeconds, secondsPerByte, bytes } = problem;
  const pairs = Math.max(1, deviceCount * (deviceCount - 1));
  const latency = latencySeconds.reduce((sum, s) => sum + s, 0) / pairs;
  const perByte = secondsPerByte.reduce((sum, s) => sum + s, 0) / pairs;
  return bytes.map((size) => latency + size * perByte);
}

/** Upward rank: the longest way from a task's start to the end, the task included. `transfers`: seconds per tensor. */
export function upwardRanks(
  { taskCount, outputStart, readerStart, reader }: PlacementProblem,
  work: Float64Array,
  transfers?: Float64Array,
): Float64Array {
  const rank = new Float64Array(taskCount);
  for (let task = taskCount - 1; task >= 0; task--) {
    let longest = 0;
    for (let t = outputStart[task]!; t < outputStart[task + 1]!; t++) {
      const transfer = transfers?.[t] ?? 0;
      for (let r = readerStart[t]!; r < readerStart[t + 1]!; r++) {
        longest = Math.max(longest, transfer + rank[reader[r]!]!);
      }
    }
    rank[task] = work[task]! + longest;
  }
  return rank;
}

/** Downward rank: the longest way from the beginning to a task's start. */
export function downwardRanks(
  { taskCount, inputStart, input, producer }: PlacementProblem,
  work: Float64Array,
  transfers?: Float64Array,
): Float64Array {
  const rank = new Float64Array(taskCount);
  for (let task = 0; task < taskCount; task++) {
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      const from = producer[input[e]!]!;
      rank[task] = Math.max(rank[task]!, rank[from]! + work[from]! + (transfers?.[input[e]!] ?? 0));
    }
  }
  return rank;
}

/**
 * `[task * deviceCount + device]`: the optimistic cost table of PEFT (Arabnejad & Barbosa 2014, equation 4): the longest
 * way from a task's end on a device to the end, if each task that follows could take the best device for it.
 * `transfers`: mean seconds per tensor between different devices.
 */
export function optimisticCosts(problem: PlacementProblem, transfers: Float64Array): Float64Array {
  const { taskCount, deviceCount: D, seconds, outputStart, readerStart, reader } = problem;
  const table = new Float64Array(taskCount * D);
  for (let task = taskCount - 1; task >= 0; task--) {
    for (let t = outputStart[task]!; t < outputStart[task + 1]!; t++) {
      for (let r = readerStart[t]!; r < readerStart[t + 1]!; r++) {
        const next = reader[r]! * D;
        let elsewhere = Number.POSITIVE_INFINITY;
        for (let d = 0; d < D; d++) elsewhere = Math.min(elsewhere, table[next + d]! + seconds[next + d]!);
        elsewhere += transfers[t]!;
        for (let d = 0; d < D; d++) {
          const way = Math.min(table[next + d]! + seconds[next + d]!, elsewhere);
          if (way > table[task * D + d]!) table[task * D + d] = way;
        }
      }
    }
  }
  return table;
}
