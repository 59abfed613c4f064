import { UserError } from '../../base/errors.ts';
import type { CollectiveSchedule } from './schedule.ts';

/** A message that every rank sends in a round: to whom follows from the sender's number. */
export interface Move {
  /** `shift`: to the rank `distance` after it, around the end; `xor`: to rank XOR `distance`. */
  readonly to: 'shift' | 'xor';
  readonly distance: number;
  /** Shifts go around in blocks of so many consecutive ranks; all ranks are one block unless given. */
  readonly within?: number;
  readonly bytes: number;
  /** Whether the receiver adds the message to its own elements. */
  readonly reduces: boolean;
}

/**
 * A collective operation in which all ranks do the same in every round: what a schedule says message by message, said
 * once per round. On a cluster as symmetric as it, one rank stands for all.
 */
export interface SymmetricRounds {
  readonly kind: 'rounds';
  readonly ranks: number;
  readonly rounds: readonly { readonly times: number; readonly moves: readonly Move[] }[];
}

/** What an algorithm does: in rounds that are alike for all ranks, or message by message where they are not. */
export type CollectivePlan = SymmetricRounds | CollectiveSchedule;

/** More messages than this are refused: their columns would not fit the memory of a usual machine. */
const MOST_MESSAGES = 2 ** 27;

/** The rank that `rank` sends to. */
export function receiverOf(move: Move, rank: number, ranks: number): number {
  if (move.to === 'xor') return rank ^ move.distance;
  const block = move.within ?? ranks;
  const first = rank - (rank % block);
  return first + ((rank - first + move.distance) % block);
}

/** Messages of the plan, all ranks and rounds together. */
export function messageCount(plan: CollectivePlan): number {
  if (plan.kind === 'messages') return plan.from.length;
  return plan.ranks * plan.rounds.reduce((sum, { times, moves }) => sum + times * moves.length, 0);
}

/**
 * The plan message by message: in a round, move by move, then by sender.
 *
 * @throws UserError where there are more messages than memory could hold.
 */
export function messagesOf(plan: CollectivePlan): CollectiveSchedule {
  if (plan.kind === 'messages') return plan;
  const { ranks } = plan;
  const count = messageCount(plan);
  if (count > MOST_MESSAGES) {
    throw new UserError(
      `a collective of ${count} messages; at most ${MOST_MESSAGES} are simulated one by one`,
    );
  }
  const roundStart = [0];
  const from = new Int32Array(count);
  const to = new Int32Array(count);
  const bytes = new Float64Array(count);
  const reduces = new Uint8Array(count);
  let end = 0;
  for (const { times, moves } of plan.rounds) {
    const first = end;
    for (const move of moves) {
      for (let rank = 0; rank < ranks; rank++) {
        from[end + rank] = rank;
        to[end + rank] = receiverOf(move, rank, ranks);
      }
      bytes.fill(move.bytes, end, end + ranks);
      reduces.fill(move.reduces ? 1 : 0, end, end + ranks);
      end += ranks;
    }
    const length = end - first;
    if (length > 0) roundStart.push(end);
    for (let again = 1; again < times; again++) {
      for (const column of [from, to, bytes, reduces]) column.copyWithin(end, first, first + length);
      end += length;
      if (length > 0) roundStart.push(end);
    }
  }
  return { kind: 'messages', ranks, roundStart: Int32Array.from(roundStart), from, to, bytes, reduces };
}
