import type { CollectiveAlgorithm } from './algorithm.ts';
import { allReduceByPowerOfTwo, powerOfTwoBelow } from './power-of-two.ts';
import type { Move, SymmetricRounds } from './rounds.ts';

/** Halves of what is left go to ranks at doubling distance, so that the largest messages stay near. */
function halvings(power: number, bytes: number): Move[] {
  const moves: Move[] = [];
  for (let distance = 1; distance < power; distance *= 2) {
    moves.push({ to: 'xor', distance, bytes: bytes / (2 * distance), reduces: true });
  }
  return moves;
}

function rounds(power: number, bytes: number): SymmetricRounds['rounds'] {
  const scatter = halvings(power, bytes);
  const gather = scatter.map((move) => ({ ...move, reduces: false })).reverse();
  return [...scatter, ...gather].map((move) => ({ times: 1, moves: [move] }));
}

/** Reduce-scatter by recursive vector halving, then all-gather by recursive vector doubling. */
export const halvingDoubling: CollectiveAlgorithm = {
  summary: 'halves, quarters, … to partners at doubling distance, and back',
  source: 'Rabenseifner, ICCS 2004, LNCS 3036, 1–9; Thakur, Rabenseifner & Gropp 2005, all-reduce',
  plan: ({ ranks, bytes }) => allReduceByPowerOfTwo(ranks, bytes, (power) => rounds(power, bytes)),
  seconds: ({ ranks, bytes }, { latencySeconds, secondsPerByte, reduceSecondsPerByte }) => {
    const power = powerOfTwoBelow(ranks);
    const sent = ((power - 1) / power) * bytes;
    const even = 2 * Math.log2(power) * latencySeconds + sent * (2 * secondsPerByte + reduceSecondsPerByte);
    if (power === ranks) return even;
    return even + 2 * latencySeconds + bytes * (2 * secondsPerByte + reduceSecondsPerByte);
  },
};
