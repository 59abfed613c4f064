import type { CollectiveAlgorithm } from './algorithm.ts';
import type { Move, SymmetricRounds } from './rounds.ts';

const SOURCE = 'Patarasuk & Yuan, J. Parallel Distrib. Comput. 69 (2009) 117–124; Thakur et al. 2005';

/** Every rank passes a share of the vector to the next, ranks − 1 times; with two directions, half of it each way. */
function aroundTheRing(
  ranks: number,
  bytes: number,
  reduces: boolean,
  directions: 1 | 2,
): SymmetricRounds['rounds'] {
  const share = bytes / ranks / directions;
  const onwards: Move = { to: 'shift', distance: 1, bytes: share, reduces };
  const moves = directions === 1 ? [onwards] : [onwards, { ...onwards, distance: ranks - 1 }];
  return ranks === 1 ? [] : [{ times: ranks - 1, moves }];
}

function allReduce(directions: 1 | 2): CollectiveAlgorithm {
  return {
    summary:
      directions === 1 ? 'around a ring, twice' : 'around a ring, half of the vector in each direction',
    source: SOURCE,
    plan: ({ ranks, bytes }) => ({
      kind: 'rounds',
      ranks,
      rounds: [
        ...aroundTheRing(ranks, bytes, true, directions),
        ...aroundTheRing(ranks, bytes, false, directions),
      ],
    }),
    // On a switch both directions of the ring share a rank's one link.
    seconds: ({ ranks, bytes }, { latencySeconds, secondsPerByte, reduceSecondsPerByte }) =>
      2 * (ranks - 1) * (latencySeconds + (bytes / ranks) * secondsPerByte) +
      (ranks - 1) * (bytes / ranks) * reduceSecondsPerByte,
  };
}

export const ringAllReduce = allReduce(1);
export const bidirectionalRingAllReduce = allReduce(2);

export const ringReduceScatter: CollectiveAlgorithm = {
  summary: 'around a ring, once, adding up',
  source: SOURCE,
  plan: ({ ranks, bytes }) => ({ kind: 'rounds', ranks, rounds: aroundTheRing(ranks, bytes, true, 1) }),
  seconds: ({ ranks, bytes }, { latencySeconds, secondsPerByte, reduceSecondsPerByte }) =>
    (ranks - 1) * (latencySeconds + (bytes / ranks) * (secondsPerByte + reduceSecondsPerByte)),
};

export const ringAllGather: CollectiveAlgorithm = {
  summary: 'around a ring, once',
  source: SOURCE,
  plan: ({ ranks, bytes }) => ({ kind: 'rounds', ranks, rounds: aroundTheRing(ranks, bytes, false, 1) }),
  seconds: ({ ranks, bytes }, { latencySeconds, secondsPerByte }) =>
    (ranks - 1) * (latencySeconds + (bytes / ranks) * secondsPerByte),
};
