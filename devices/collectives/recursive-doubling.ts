import { type CollectiveAlgorithm, powerOfTwoOnly } from './algorithm.ts';
import { allReduceByPowerOfTwo, powerOfTwoBelow } from './power-of-two.ts';
import type { SymmetricRounds } from './rounds.ts';

const SOURCE = 'Thakur, Rabenseifner & Gropp, Int. J. High Perform. Comput. Appl. 19 (2005) 49–66';

/** Rounds with partners at distance 1, 2, 4, …. */
function doublings(
  ranks: number,
  bytesAt: (distance: number) => number,
  reduces: boolean,
): SymmetricRounds['rounds'] {
  const rounds: SymmetricRounds['rounds'][number][] = [];
  for (let distance = 1; distance < ranks; distance *= 2) {
    rounds.push({ times: 1, moves: [{ to: 'xor', distance, bytes: bytesAt(distance), reduces }] });
  }
  return rounds;
}

/** Few messages, each of the whole vector: for short ones. */
export const recursiveDoublingAllReduce: CollectiveAlgorithm = {
  summary: 'whole vectors exchanged with partners at doubling distance',
  source: `${SOURCE}, all-reduce`,
  plan: ({ ranks, bytes }) =>
    allReduceByPowerOfTwo(ranks, bytes, (power) => doublings(power, () => bytes, true)),
  seconds: ({ ranks, bytes }, { latencySeconds, secondsPerByte, reduceSecondsPerByte }) => {
    const power = powerOfTwoBelow(ranks);
    const even = Math.log2(power) * (latencySeconds + bytes * (secondsPerByte + reduceSecondsPerByte));
    if (power === ranks) return even;
    return even + 2 * latencySeconds + bytes * (2 * secondsPerByte + reduceSecondsPerByte);
  },
};

export const recursiveDoublingAllGather: CollectiveAlgorithm = {
  summary: 'what each has so far, exchanged with partners at doubling distance',
  source: `${SOURCE}, all-gather`,
  refusal: powerOfTwoOnly,
  plan: ({ ranks, bytes }) => ({
    kind: 'rounds',
    ranks,
    rounds: doublings(ranks, (distance) => (bytes / ranks) * distance, false),
  }),
  seconds: ({ ranks, bytes }, { latencySeconds, secondsPerByte }) =>
    Math.log2(ranks) * latencySeconds + ((ranks - 1) / ranks) * bytes * secondsPerByte,
};

export const recursiveHalvingReduceScatter: CollectiveAlgorithm = {
  summary: 'half of what is left, exchanged with partners at halving distance',
  source: `${SOURCE}, reduce-scatter`,
  refusal: powerOfTwoOnly,
  plan: ({ ranks, bytes }) => ({
    kind: 'rounds',
    ranks,
    rounds: doublings(ranks, (distance) => (bytes / ranks) * distance, true).toReversed(),
  }),
  seconds: ({ ranks, bytes }, { latencySeconds, secondsPerByte, reduceSecondsPerByte }) =>
    Math.log2(ranks) * latencySeconds +
    ((ranks - 1) / ranks) * bytes * (secondsPerByte + reduceSecondsPerByte),
};
