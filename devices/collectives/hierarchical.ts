import type { CollectiveAlgorithm, CollectiveTask } from './algorithm.ts';
import type { Move, SymmetricRounds } from './rounds.ts';

const SOURCE =
  'Jia et al., arXiv:1807.11205 (2018), hierarchical all-reduce; Cho et al. (BlueConnect), MLSys 2019';

/** The rounds within groups of consecutive ranks (hosts), and those between ranks of the same place in all groups. */
function stages({ ranks, bytes, groupSize }: Required<CollectiveTask>, reduces: boolean) {
  const inside: Move = { to: 'shift', distance: 1, within: groupSize, bytes: bytes / groupSize, reduces };
  const between: Move = { to: 'shift', distance: groupSize, bytes: bytes / ranks, reduces };
  return {
    inside: { times: groupSize - 1, moves: [inside] },
    between: { times: ranks / groupSize - 1, moves: [between] },
  };
}

function inRounds(ranks: number, rounds: SymmetricRounds['rounds']): SymmetricRounds {
  return { kind: 'rounds', ranks, rounds: rounds.filter(({ times }) => times > 0) };
}

function refusal({ ranks, groupSize }: Required<CollectiveTask>): string | undefined {
  return ranks % groupSize === 0
    ? undefined
    : `needs groups of equal size: ${ranks} ranks in groups of ${groupSize}`;
}

/** Rounds of one pass over all ranks: those of a group, and those of as many ranks as there are groups. */
const roundsOf = ({ ranks, groupSize }: Required<CollectiveTask>): number =>
  groupSize - 1 + ranks / groupSize - 1;

/**
 * Reduce-scatter around the ranks of a group (a host), all-reduce of each share around the ranks of the same place in
 * all groups, and all-gather around the group: all but 1 / group size of the bytes stay inside groups.
 */
export const hierarchicalAllReduce: CollectiveAlgorithm = {
  summary: 'reduce-scatter within hosts, all-reduce between them, all-gather within them, all by rings',
  source: SOURCE,
  refusal,
  plan: (task) => {
    const [up, down] = [stages(task, true), stages(task, false)];
    return inRounds(task.ranks, [up.inside, up.between, down.between, down.inside]);
  },
  seconds: (task, { latencySeconds, secondsPerByte, reduceSecondsPerByte }) =>
    2 * roundsOf(task) * latencySeconds +
    ((task.ranks - 1) / task.ranks) * task.bytes * (2 * secondsPerByte + reduceSecondsPerByte),
};

/** The first half of the hierarchical all-reduce. */
export const hierarchicalReduceScatter: CollectiveAlgorithm = {
  summary: 'reduce-scatter within hosts, then of each share between them, by rings',
  source: SOURCE,
  refusal,
  plan: (task) => {
    const { inside, between } = stages(task, true);
    return inRounds(task.ranks, [inside, between]);
  },
  seconds: (task, { latencySeconds, secondsPerByte, reduceSecondsPerByte }) =>
    roundsOf(task) * latencySeconds +
    ((task.ranks - 1) / task.ranks) * task.bytes * (secondsPerByte + reduceSecondsPerByte),
};

/** The second half of the hierarchical all-reduce. */
export const hierarchicalAllGather: CollectiveAlgorithm = {
  summary: 'all-gather between hosts, of each place in them, then within hosts, by rings',
  source: SOURCE,
  refusal,
  plan: (task) => {
    const { inside, between } = stages(task, false);
    return inRounds(task.ranks, [between, inside]);
  },
  seconds: (task, { latencySeconds, secondsPerByte }) =>
    roundsOf(task) * latencySeconds + ((task.ranks - 1) / task.ranks) * task.bytes * secondsPerByte,
};
