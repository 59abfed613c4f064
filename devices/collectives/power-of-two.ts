import type { CollectivePlan } from './rounds.ts';
import { receiverOf, type SymmetricRounds } from './rounds.ts';
import { ScheduleBuilder } from './schedule.ts';

/** The largest power of two that is not above `n`. */
export function powerOfTwoBelow(n: number): number {
  return 2 ** (31 - Math.clz32(n));
}

/**
 * An all-reduce whose rounds are written for a power of two, for any number of ranks: of the first 2 r ranks, where r
 * is what is too much, each even one adds its vector to its odd neighbour's, sits out, and is sent the result (Thakur,
 * Rabenseifner & Gropp 2005, all-reduce).
 */
export function allReduceByPowerOfTwo(
  ranks: number,
  bytes: number,
  roundsFor: (power: number) => SymmetricRounds['rounds'],
): CollectivePlan {
  const power = powerOfTwoBelow(ranks);
  const rounds = roundsFor(power);
  if (power === ranks) return { kind: 'rounds', ranks, rounds };

  const excess = ranks - power;
  const write = new ScheduleBuilder(ranks);
  for (let pair = 0; pair < excess; pair++) write.send(2 * pair, 2 * pair + 1, bytes, true);
  write.endRound();
  /** The rank that plays the part `i` of the power of two. */
  const player = (i: number): number => (i < excess ? 2 * i + 1 : i + excess);
  for (const { times, moves } of rounds) {
    for (let again = 0; again < times; again++) {
      for (const move of moves) {
        for (let i = 0; i < power; i++) {
          write.send(player(i), player(receiverOf(move, i, power)), move.bytes, move.reduces);
        }
      }
      write.endRound();
    }
  }
  for (let pair = 0; pair < excess; pair++) write.send(2 * pair + 1, 2 * pair, bytes, false);
  return write.finish();
}
