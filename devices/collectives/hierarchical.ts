import type { CollectiveAlgorithm } from './algorithm.ts';
import type { Move, SymmetricRounds } from './rounds.ts';

/**
 * Reduce-scatter around the ranks of a group (a host), all-reduce of each share around the ranks of the same place in
 * all groups, and all-gather around the group: all but 1 / group size of the bytes stay inside groups.
 */
export const hierarchicalAllReduce: CollectiveAlgorithm = {
  summary: 'reduce-scatter within hosts, all-reduce between them, all-gather within them, all by rings',
  source:
    'Jia et al., arXiv:1807.11205 (2018), hierarchical all-reduce; Cho et al. (BlueConnect), MLSys 2019',
  refusal: ({ ranks, groupSize }) =>
    ranks % groupSize === 0
      ? undefined
      : `needs groups of equal size: ${ranks} ranks in groups of ${groupSize}`,
  plan: ({ ranks, bytes, groupSize }) => {
    const groups = ranks / groupSize;
    const inside: Move = {
      to: 'shift',
      distance: 1,
      within: groupSize,
      bytes: bytes / groupSize,
      reduces: true,
    };
    const between: Move = { to: 'shift', distance: groupSize, bytes: bytes / ranks, reduces: true };
    const rounds: SymmetricRounds['rounds'] = [
      { times: groupSize - 1, moves: [inside] },
      { times: groups - 1, moves: [between] },
      { times: groups - 1, moves: [{ ...between, reduces: false }] },
      { times: groupSize - 1, moves: [{ ...inside, reduces: false }] },
    ];
    return { kind: 'rounds', ranks, rounds: rounds.filter(({ times }) => times > 0) };
  },
  seconds: ({ ranks, bytes, groupSize }, { latencySeconds, secondsPerByte, reduceSecondsPerByte }) =>
    2 * (groupSize - 1 + ranks / groupSize - 1) * latencySeconds +
    ((ranks - 1) / ranks) * bytes * (2 * secondsPerByte + reduceSecondsPerByte),
};
