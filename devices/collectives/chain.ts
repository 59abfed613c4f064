import type { CollectiveAlgorithm } from './algorithm.ts';
import { ScheduleBuilder } from './schedule.ts';

const SOURCE =
  'Patarasuk, Faraj & Yuan, Int. Parallel and Distributed Processing Symp. 2006 (pipelined broadcast); NCCL ring';

/** Rounds until the last of `chunks` has passed all ranks. */
function roundsOf(ranks: number, chunks: number): number {
  return ranks === 1 ? 0 : ranks - 2 + chunks;
}

/** In round t, the link between positions i and i + 1 from its beginning carries chunk t − i. */
function writeChain(
  write: ScheduleBuilder,
  ranks: number,
  chunks: number,
  send: (position: number) => void,
): void {
  for (let round = 0; round < roundsOf(ranks, chunks); round++) {
    const first = Math.max(0, round - chunks + 1);
    const last = Math.min(round, ranks - 2);
    for (let position = first; position <= last; position++) send(position);
    write.endRound();
  }
}

export const chainBroadcast: CollectiveAlgorithm = {
  summary: 'from rank to rank, in chunks that follow each other',
  source: SOURCE,
  pipelined: true,
  plan: ({ ranks, bytes, chunks, root }) => {
    const write = new ScheduleBuilder(ranks);
    writeChain(write, ranks, chunks, (position) => {
      write.send((root + position) % ranks, (root + position + 1) % ranks, bytes / chunks, false);
    });
    return write.finish();
  },
  seconds: ({ ranks, bytes, chunks }, { latencySeconds, secondsPerByte }) =>
    roundsOf(ranks, chunks) * (latencySeconds + (bytes / chunks) * secondsPerByte),
};

export const chainReduce: CollectiveAlgorithm = {
  summary: 'from rank to rank towards the root, in chunks that follow each other',
  source: SOURCE,
  pipelined: true,
  plan: ({ ranks, bytes, chunks, root }) => {
    const write = new ScheduleBuilder(ranks);
    writeChain(write, ranks, chunks, (position) => {
      const sender = root + ranks - 1 - position;
      write.send(sender % ranks, (sender - 1) % ranks, bytes / chunks, true);
    });
    return write.finish();
  },
  seconds: ({ ranks, bytes, chunks }, { latencySeconds, secondsPerByte, reduceSecondsPerByte }) =>
    roundsOf(ranks, chunks) * (latencySeconds + (bytes / chunks) * (secondsPerByte + reduceSecondsPerByte)),
};
