import type { CollectiveAlgorithm } from './algorithm.ts';
import type { Move, SymmetricRounds } from './rounds.ts';
import { type CollectiveSchedule, ScheduleBuilder } from './schedule.ts';

const SOURCE =
  'Thakur, Rabenseifner & Gropp, Int. J. High Perform. Comput. Appl. 19 (2005) 49–66; LogP model';

/** Every rank sends a share of the vector to every other at once. */
function toAllOthers(ranks: number, bytes: number, reduces: boolean): SymmetricRounds['rounds'] {
  const moves = Array.from(
    { length: ranks - 1 },
    (_, i): Move => ({
      to: 'shift',
      distance: i + 1,
      bytes: bytes / ranks,
      reduces,
    }),
  );
  return ranks === 1 ? [] : [{ times: 1, moves }];
}

/** What leaves or reaches a rank shares its link: ranks − 1 shares of the vector, after one latency. */
const onceSeconds: CollectiveAlgorithm['seconds'] = ({ ranks, bytes }, { latencySeconds, secondsPerByte }) =>
  ranks === 1 ? 0 : latencySeconds + (ranks - 1) * (bytes / ranks) * secondsPerByte;

const addingSeconds: CollectiveAlgorithm['seconds'] = ({ ranks, bytes }, { reduceSecondsPerByte }) =>
  (ranks - 1) * (bytes / ranks) * reduceSecondsPerByte;

export const directAllReduce: CollectiveAlgorithm = {
  summary: 'every rank sends each other its share, adds up, and sends the sums to all',
  source: SOURCE,
  plan: ({ ranks, bytes }) => ({
    kind: 'rounds',
    ranks,
    rounds: [...toAllOthers(ranks, bytes, true), ...toAllOthers(ranks, bytes, false)],
  }),
  seconds: (task, cost) => 2 * onceSeconds(task, cost) + addingSeconds(task, cost),
};

export const directReduceScatter: CollectiveAlgorithm = {
  summary: 'every rank sends each other its share at once',
  source: SOURCE,
  plan: ({ ranks, bytes }) => ({ kind: 'rounds', ranks, rounds: toAllOthers(ranks, bytes, true) }),
  seconds: (task, cost) => onceSeconds(task, cost) + addingSeconds(task, cost),
};

/** All-gather too: what differs is whose bytes they are. */
export const directExchange: CollectiveAlgorithm = {
  summary: 'every rank sends to every other at once',
  source: SOURCE,
  plan: ({ ranks, bytes }) => ({ kind: 'rounds', ranks, rounds: toAllOthers(ranks, bytes, false) }),
  seconds: onceSeconds,
};

/** Messages of the whole vector between the root and every other rank at once. */
function star(ranks: number, root: number, bytes: number, inwards: boolean): CollectiveSchedule {
  const write = new ScheduleBuilder(ranks);
  for (let step = 1; step < ranks; step++) {
    const other = (root + step) % ranks;
    if (inwards) write.send(other, root, bytes, true);
    else write.send(root, other, bytes, false);
  }
  return write.finish();
}

export const directBroadcast: CollectiveAlgorithm = {
  summary: 'the root sends to every other rank at once',
  source: SOURCE,
  plan: ({ ranks, bytes, root }) => star(ranks, root, bytes, false),
  seconds: ({ ranks, bytes }, { latencySeconds, secondsPerByte }) =>
    ranks === 1 ? 0 : latencySeconds + (ranks - 1) * bytes * secondsPerByte,
};

export const directReduce: CollectiveAlgorithm = {
  summary: 'every rank sends to the root at once',
  source: SOURCE,
  plan: ({ ranks, bytes, root }) => star(ranks, root, bytes, true),
  seconds: ({ ranks, bytes }, { latencySeconds, secondsPerByte, reduceSecondsPerByte }) =>
    ranks === 1 ? 0 : latencySeconds + (ranks - 1) * bytes * (secondsPerByte + reduceSecondsPerByte),
};
