import { expect, test } from 'vitest';
import { lostTime } from '../../sim/lost-time.ts';
import { type CheckpointPolicy, type Loss, NO_CHECKPOINTS } from '../../sim/recovery.ts';
import { failure, NEVER, SERVER, train, WORKER } from './fail.ts';
import { asynchronousProgram } from './tiny-training.ts';

const restart = (seconds: number, lostSince: number, downSeconds: number): Loss => ({
  seconds,
  what: 'ps/0',
  outcome: 'restarted',
  updatesLost: 0,
  lostSince,
  downSeconds,
});

test('one restart: the work since the checkpoint, and the time until the job runs again', () => {
  expect(lostTime({ losses: [restart(20, 15, 17)], seconds: 100 })).toEqual({ undone: 5, down: 17 });
});

test('a failure while the job is down prolongs that, and undoes nothing more', () => {
  const losses = [restart(20, 15, 17), restart(30, 15, 17)];
  expect(lostTime({ losses, seconds: 100 })).toEqual({ undone: 5, down: 27 });
  // A shorter one does not.
  expect(lostTime({ losses: [restart(20, 15, 17), restart(22, 15, 1)], seconds: 100 })).toEqual({
    undone: 5,
    down: 17,
  });
});

test('what a second failure undoes counts from when the job ran again', () => {
  // Back at 37, lost again at 40, still with the checkpoint of 15.
  const losses = [restart(20, 15, 17), restart(40, 15, 1)];
  expect(lostTime({ losses, seconds: 100 })).toEqual({ undone: 5 + 3, down: 18 });
  // With a checkpoint that was written at 39.
  expect(lostTime({ losses: [losses[0]!, restart(40, 39, 1)], seconds: 100 }).undone).toBe(5 + 1);
});

test('the end of the run ends the time that it is down; losses without variables take nothing of all', () => {
  expect(lostTime({ losses: [restart(20, 15, NEVER)], seconds: 20 })).toEqual({ undone: 5, down: 0 });
  const other: Loss = { ...restart(20, 20, 10), outcome: 'continued' };
  expect(lostTime({ losses: [other], seconds: 100 })).toEqual({ undone: 0, down: 0 });
});

test('of one machine that stands still while it writes, working, writing, doing in vain and being down make up all time', () => {
  // 10 updates of 4 s, a checkpoint of 3 s after every second one but the last: 40 + 4 · 3 = 52 s without failures.
  const job = asynchronousProgram({ compute: [4], deliver: 0, update: 0 }, 10);
  const checkpoints: CheckpointPolicy = {
    ...NO_CHECKPOINTS,
    everyUpdates: 2,
    writeSeconds: 3,
    restartSeconds: 2,
  };
  const changes = [
    failure(7, SERVER, 1), // in the second update: 7 s in vain, back at 10
    failure(19, SERVER, 1), // in the first checkpoint, 18 … 21: 9 s in vain, back at 22
    failure(40, SERVER, 1), // written at 33: 7 s in vain, back at 43
    failure(41, SERVER, 2), // and again while it is down: back at 45
    failure(50, WORKER[0]!, 1), // the worker alone loses its step; that is waited for
  ];
  const { seconds, losses, checkpointsWritten, updateSeconds } = train(job, changes, { checkpoints });
  expect(losses.map(({ lostSince }) => lostSince)).toEqual([0, 0, 33, 33, 50]);
  const { undone, down } = lostTime({ losses, seconds });
  expect(undone).toBe(7 + 9 + 7);
  expect(down).toBe(3 + 3 + 5);
  expect(checkpointsWritten).toBe(4);
  expect(updateSeconds).toHaveLength(10);
  // The worker: 1 s of its second update of then (49 …) in vain, and 3 s away.
  expect(seconds).toBe(40 + 4 * 3 + undone + down + 1 + 3);
});
