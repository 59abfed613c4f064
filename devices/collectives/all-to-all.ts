import type { CollectiveAlgorithm } from './algorithm.ts';

/** One partner at a time, so that no link is ever shared. */
export const pairwiseAllToAll: CollectiveAlgorithm = {
  summary: 'one partner after another, at distance 1, 2, 3, …',
  source: 'Thakur, Rabenseifner & Gropp, Int. J. High Perform. Comput. Appl. 19 (2005) 49–66, all-to-all',
  plan: ({ ranks, bytes }) => ({
    kind: 'rounds',
    ranks,
    rounds: Array.from({ length: ranks - 1 }, (_, i) => ({
      times: 1,
      moves: [{ to: 'shift', distance: i + 1, bytes: bytes / ranks, reduces: false }],
    })),
  }),
  seconds: ({ ranks, bytes }, { latencySeconds, secondsPerByte }) =>
    (ranks - 1) * (latencySeconds + (bytes / ranks) * secondsPerByte),
};

/** Along neighbours only: what is not yet there travels on, one block less each round. */
export const ringAllToAll: CollectiveAlgorithm = {
  summary: 'around a ring: all blocks that are not yet there go on to the next rank together',
  source: 'Bertsekas & Tsitsiklis, Parallel and Distributed Computation (1989), total exchange on a ring',
  plan: ({ ranks, bytes }) => ({
    kind: 'rounds',
    ranks,
    rounds: Array.from({ length: ranks - 1 }, (_, i) => ({
      times: 1,
      moves: [{ to: 'shift', distance: 1, bytes: (ranks - 1 - i) * (bytes / ranks), reduces: false }],
    })),
  }),
  seconds: ({ ranks, bytes }, { latencySeconds, secondsPerByte }) =>
    (ranks - 1) * (latencySeconds + (bytes / 2) * secondsPerByte),
};

/** The same with a message of its own for each block and hop: ranks (ranks − 1) / 2 messages per rank, in turn. */
export const blockwiseRingAllToAll: CollectiveAlgorithm = {
  summary: 'around a ring: block by block, hop by hop, each a message of its own',
  source: 'ASTRA-sim 2.0 (Won et al., ISPASS 2023), native ring all-to-all',
  plan: ({ ranks, bytes }) => ({
    kind: 'rounds',
    ranks,
    rounds: [
      {
        times: (ranks * (ranks - 1)) / 2,
        moves: ranks === 1 ? [] : [{ to: 'shift', distance: 1, bytes: bytes / ranks, reduces: false }],
      },
    ],
  }),
  seconds: ({ ranks, bytes }, { latencySeconds, secondsPerByte }) =>
    ((ranks * (ranks - 1)) / 2) * (latencySeconds + (bytes / ranks) * secondsPerByte),
};
