import { type CollectiveAlgorithm, ceilLog2 } from './algorithm.ts';
import { ScheduleBuilder } from './schedule.ts';

const SOURCE =
  'Thakur, Rabenseifner & Gropp, Int. J. High Perform. Comput. Appl. 19 (2005) 49–66, broadcast and reduce';

/**
 * A round of a binomial tree over ranks counted from the root: those that are multiples of 2 · `distance` talk to the
 * ones at that distance.
 */
function writeRound(
  write: ScheduleBuilder,
  { ranks, root, bytes }: { ranks: number; root: number; bytes: number },
  distance: number,
  towardsRoot: boolean,
): void {
  for (let parent = 0; parent + distance < ranks; parent += 2 * distance) {
    const upper = (root + parent) % ranks;
    const lower = (root + parent + distance) % ranks;
    if (towardsRoot) write.send(lower, upper, bytes, true);
    else write.send(upper, lower, bytes, false);
  }
  write.endRound();
}

function writeReduce(write: ScheduleBuilder, task: { ranks: number; root: number; bytes: number }): void {
  for (let k = 0; k < ceilLog2(task.ranks); k++) writeRound(write, task, 2 ** k, true);
}

function writeBroadcast(write: ScheduleBuilder, task: { ranks: number; root: number; bytes: number }): void {
  for (let k = ceilLog2(task.ranks) - 1; k >= 0; k--) writeRound(write, task, 2 ** k, false);
}

export const treeReduce: CollectiveAlgorithm = {
  summary: 'up a binomial tree',
  source: SOURCE,
  plan: (task) => {
    const write = new ScheduleBuilder(task.ranks);
    writeReduce(write, task);
    return write.finish();
  },
  seconds: ({ ranks, bytes }, { latencySeconds, secondsPerByte, reduceSecondsPerByte }) =>
    ceilLog2(ranks) * (latencySeconds + bytes * (secondsPerByte + reduceSecondsPerByte)),
};

export const treeBroadcast: CollectiveAlgorithm = {
  summary: 'down a binomial tree',
  source: SOURCE,
  plan: (task) => {
    const write = new ScheduleBuilder(task.ranks);
    writeBroadcast(write, task);
    return write.finish();
  },
  seconds: ({ ranks, bytes }, { latencySeconds, secondsPerByte }) =>
    ceilLog2(ranks) * (latencySeconds + bytes * secondsPerByte),
};

export const treeAllReduce: CollectiveAlgorithm = {
  summary: 'up a binomial tree, and down again',
  source: SOURCE,
  plan: (task) => {
    const write = new ScheduleBuilder(task.ranks);
    writeReduce(write, task);
    writeBroadcast(write, task);
    return write.finish();
  },
  seconds: ({ ranks, bytes }, { latencySeconds, secondsPerByte, reduceSecondsPerByte }) =>
    ceilLog2(ranks) * (2 * latencySeconds + bytes * (2 * secondsPerByte + reduceSecondsPerByte)),
};
