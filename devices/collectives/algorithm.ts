import { UserError } from '../../base/errors.ts';
import type { CollectivePlan } from './rounds.ts';

/** What is to be done, whoever does it. */
export interface CollectiveTask {
  readonly ranks: number;
  /**
   * all-reduce, reduce, broadcast: the vector; reduce-scatter: the vector that each rank brings; all-gather: the
   * vector that each rank ends with; all-to-all: what each rank has for all ranks, itself included.
   */
  readonly bytes: number;
  /** Pieces that pipelined algorithms send one after another: 1 unless given. */
  readonly chunks?: number;
  /** Consecutive ranks that sit on one host; hierarchical algorithms need it. */
  readonly groupSize?: number;
  /** Where a broadcast starts or a reduction ends: 0 unless given. */
  readonly root?: number;
}

/**
 * The linear model of Hockney (1994): a message of n bytes takes α + n·β on an idle network, and adding n bytes up
 * takes n·γ. A full-duplex switch: what goes in and out of a rank shares its own link in that direction and no other.
 */
export interface LinearCost {
  /** α: latency of the route between two ranks. */
  readonly latencySeconds: number;
  /** β: the inverse of the bandwidth of a rank's link. */
  readonly secondsPerByte: number;
  /** γ: 0 unless given. */
  readonly reduceSecondsPerByte?: number;
}

/** An algorithm is a row: its messages, its cost, and where both come from. */
export interface CollectiveAlgorithm {
  readonly summary: string;
  /** Paper, and what in it where it has several; or program. */
  readonly source: string;
  /** Whether `chunks` make a difference. */
  readonly pipelined?: boolean;
  /** Why it cannot do the task, if so. */
  refusal?(task: Required<CollectiveTask>): string | undefined;
  plan(task: Required<CollectiveTask>): CollectivePlan;
  /** Seconds on one full-duplex switch with nothing else on it. */
  seconds(task: Required<CollectiveTask>, cost: Required<LinearCost>): number;
}

/** Why an algorithm for powers of two cannot do the task. */
export function powerOfTwoOnly({ ranks }: CollectiveTask): string | undefined {
  return 2 ** Math.floor(Math.log2(ranks)) === ranks
    ? undefined
    : `needs a power of two of ranks, got ${ranks}`;
}

/** ⌈log₂ n⌉, exactly. */
export function ceilLog2(n: number): number {
  return 32 - Math.clz32(n - 1);
}

/** The task with its defaults. @throws UserError where a number makes no sense. */
export function checkedTask(task: CollectiveTask): Required<CollectiveTask> {
  const { ranks, bytes, chunks = 1, groupSize = 1, root = 0 } = task;
  for (const [what, value] of [
    ['ranks', ranks],
    ['chunks', chunks],
    ['group size', groupSize],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < 1 || value > 2 ** 24) {
      throw new UserError(
        `a collective's ${what}: expected a whole number from 1 to ${2 ** 24}, got ${value}`,
      );
    }
  }
  if (!(bytes >= 0 && bytes < Number.POSITIVE_INFINITY)) {
    throw new UserError(`a collective's size: expected 0 or more bytes, got ${bytes}`);
  }
  if (!(Number.isInteger(root) && root >= 0 && root < ranks)) {
    throw new UserError(`a collective's root: expected a rank from 0 to ${ranks - 1}, got ${root}`);
  }
  return { ranks, bytes, chunks, groupSize, root };
}
