import type { RandomStream } from '../base/random.ts';
import { ListTimer } from './list-timer.ts';
import { MemoryLedger } from './memory-ledger.ts';
import type { Placement, PlacerContext } from './placer.ts';
import type { PlacementProblem } from './problem.ts';

/**
 * A context that scores by the problem alone: step time by list scheduling, first ready first run, with the sends of a
 * device one after another; memory by a ledger in the order of the starts. For learning on generated problems, where the
 * simulator is not at hand.
 */
export function listContext(problem: PlacementProblem, random: RandomStream): PlacerContext {
  const timer = new ListTimer(problem, 'by sender');
  const { taskCount, capacityBytes } = problem;
  const isLimited = capacityBytes.some((bytes) => bytes !== Number.POSITIVE_INFINITY);
  const order = Int32Array.from({ length: taskCount }, (_, task) => task);
  const failing = 100 * longestPossible(problem);
  const evaluate = (placement: Placement): number => {
    const seconds = timer.seconds(placement);
    if (!isLimited) return seconds;
    order.sort((a, b) => timer.start[a]! - timer.start[b]! || a - b);
    const excess = memoryExcess(problem, placement, order);
    return excess > 0 ? failing * (1 + excess) : seconds;
  };
  return { evaluate, failing, random };
}

/** Bytes beyond the capacities over the capacities' sum, where tasks run in this (topological) order. */
function memoryExcess(problem: PlacementProblem, placement: Placement, order: ArrayLike<number>): number {
  const ledger = new MemoryLedger(problem);
  for (let i = 0; i < order.length; i++) ledger.assign(order[i]!, placement[order[i]!]!);
  let excess = 0;
  let capacity = 0;
  for (const [d, bytes] of problem.capacityBytes.entries()) {
    if (bytes === Number.POSITIVE_INFINITY) continue;
    excess += Math.max(0, ledger.peak[d]! - bytes);
    capacity += bytes;
  }
  return capacity > 0 ? excess / capacity : excess;
}

/** Every task on its slowest device and every tensor between the two most distant devices, one after another. */
function longestPossible(problem: PlacementProblem): number {
  const { seconds, bytes, latencySeconds, secondsPerByte, deviceCount: D, taskCount } = problem;
  let longest = 1e-9;
  for (let task = 0; task < taskCount; task++) {
    let most = 0;
    for (let d = 0; d < D; d++) {
      const s = seconds[task * D + d]!;
      if (s !== Number.POSITIVE_INFINITY && s > most) most = s;
    }
    longest += most;
  }
  // A number per pair of devices is more than a call takes as arguments.
  const latency = latencySeconds.reduce((a, b) => Math.max(a, b), 0);
  const perByte = secondsPerByte.reduce((a, b) => Math.max(a, b), 0);
  for (const size of bytes) longest += (D - 1) * (latency + size * perByte);
  return longest;
}
