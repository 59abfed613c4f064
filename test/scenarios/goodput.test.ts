import { expect, test } from 'vitest';
import { timeShares } from '../../scenarios/goodput.ts';
import { type CheckpointPolicy, NO_CHECKPOINTS } from '../../sim/recovery.ts';
import { failure, NEVER, SERVER, train, WORKER } from '../sim/fail.ts';
import { asynchronousProgram } from '../sim/tiny-training.ts';

test('a run that ends early is compared with what it did until then', () => {
  // 10 updates of 4 s, a checkpoint of 3 s after every second one: written at 11, 22, 33 and 44.
  const job = asynchronousProgram({ compute: [4], deliver: 0, update: 0 }, 10);
  const checkpoints: CheckpointPolicy = { ...NO_CHECKPOINTS, everyUpdates: 2, writeSeconds: 3 };
  const undisturbed = { calm: train(job, []), saving: train(job, [], { checkpoints }) };
  // The worker loses 1 s of its first step and is away for 2 s: all is 3 s later. Later the variables are lost for good.
  const changes = [failure(1, WORKER[0]!, 2), failure(31, SERVER, NEVER)];
  const run = train(job, changes, { checkpoints });
  expect(run.stopped).toBeDefined();
  const { useful, undone, down, waiting, ...others } = timeShares(run, undisturbed);
  // Four updates last; what was done since 25 is lost.
  expect(useful).toBeCloseTo(16 / 31, 12);
  expect(others.checkpoints).toBeCloseTo(6 / 31, 12);
  expect(undone).toBeCloseTo(6 / 31, 12);
  expect(waiting).toBeCloseTo(3 / 31, 12);
  expect(down).toBe(0);
});
