import { type CollectiveAlgorithm, ceilLog2 } from './algorithm.ts';

const SOURCE = 'Bruck et al., IEEE Trans. Parallel Distrib. Syst. 8 (1997) 1143–1156';

/** As few rounds as recursive doubling, for any number of ranks. */
export const bruckAllGather: CollectiveAlgorithm = {
  summary: 'what each has so far, sent around by doubling distances',
  source: SOURCE,
  plan: ({ ranks, bytes }) => ({
    kind: 'rounds',
    ranks,
    rounds: Array.from({ length: ceilLog2(ranks) }, (_, k) => {
      const blocks = Math.min(2 ** k, ranks - 2 ** k);
      const distance = ranks - 2 ** k;
      return {
        times: 1,
        moves: [{ to: 'shift', distance, bytes: (bytes / ranks) * blocks, reduces: false }],
      };
    }),
  }),
  seconds: ({ ranks, bytes }, { latencySeconds, secondsPerByte }) =>
    ceilLog2(ranks) * latencySeconds + ((ranks - 1) / ranks) * bytes * secondsPerByte,
};

/** How many of the numbers 0 … n − 1 have bit k set. */
function withBit(n: number, k: number): number {
  const period = 2 ** (k + 1);
  return Math.floor(n / period) * 2 ** k + Math.max(0, (n % period) - 2 ** k);
}

/**
 * Few messages, each of about half of the data: for short ones. A block for the rank d further on travels by the
 * powers of two that make up d.
 */
export const bruckAllToAll: CollectiveAlgorithm = {
  summary: 'blocks travel by the powers of two that make up their distance',
  source: SOURCE,
  plan: ({ ranks, bytes }) => ({
    kind: 'rounds',
    ranks,
    rounds: Array.from({ length: ceilLog2(ranks) }, (_, k) => ({
      times: 1,
      moves: [{ to: 'shift', distance: 2 ** k, bytes: (bytes / ranks) * withBit(ranks, k), reduces: false }],
    })),
  }),
  seconds: ({ ranks, bytes }, { latencySeconds, secondsPerByte }) => {
    const rounds = ceilLog2(ranks);
    let blocks = 0;
    for (let k = 0; k < rounds; k++) blocks += withBit(ranks, k);
    return rounds * latencySeconds + (bytes / ranks) * blocks * secondsPerByte;
  },
};
