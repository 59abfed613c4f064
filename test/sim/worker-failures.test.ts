import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ActivityGraphBuilder } from '../../sim/activity-graph.ts';
import { NO_CHECKPOINTS } from '../../sim/recovery.ts';
import { Row } from '../../sim/trace.ts';
import { islands, run } from './activities.ts';
import { failure, NEVER, script, train, WORKER } from './fail.ts';
import { asynchronousProgram, COMPUTE, DELIVER, synchronousProgram } from './tiny-training.ts';

describe('worker failures, synchronous', () => {
  // Two workers of 4 s and 6 s; adding a gradient and applying the sum take 1 s each. A step without failures:
  // worker/0 0 … 4, its gradient 4 … 5; worker/1 0 … 6, its gradient 6 … 7; the update 7 … 8.
  const seconds = { compute: [4, 6], deliver: 1, update: 1 };
  const sync = synchronousProgram(seconds, 2, 3);

  test('none: a step takes 8 s', () => {
    expect([...train(sync, []).updateSeconds]).toEqual([8, 16, 24]);
  });

  test('one that computes begins its step again when it is back; the others wait for it', () => {
    // worker/1 is lost at 3 and back at 13: 13 … 19, its gradient until 20, the update until 21.
    const { updateSeconds, losses, trace, gradientsApplied } = train(sync, [failure(3, WORKER[1]!, 10)]);
    expect([...updateSeconds]).toEqual([21, 29, 37]);
    expect(losses).toEqual([
      { seconds: 3, what: 'worker/1', outcome: 'continued', updatesLost: 0, lostSince: 3, downSeconds: 10 },
    ]);
    expect(gradientsApplied).toBe(6);
    const lost = [...trace.kind.subarray(0, trace.length).keys()].filter(
      (row) => trace.kind[row] === Row.lost,
    );
    expect(lost.map((row) => [trace.node[row], trace.place[row], trace.start[row], trace.end[row]])).toEqual([
      [COMPUTE, WORKER[1], 0, 3],
    ]);
  });

  test('it takes time to notice, and to start again', () => {
    const checkpoints = { ...NO_CHECKPOINTS, detectSeconds: 0.5, restartSeconds: 2, restoreSeconds: 100 };
    const { updateSeconds, losses } = train(sync, [failure(3, WORKER[1]!, 10)], { checkpoints });
    expect(updateSeconds[0]).toBe(21 + 2.5);
    expect(losses[0]!.downSeconds).toBe(12.5);
  });

  test('one that waits for the next step loses nothing', () => {
    // worker/0 is done at 5 and waits for its token until 8; it is away from 5.5 to 6.5.
    expect([...train(sync, [failure(5.5, WORKER[0]!, 1)]).updateSeconds]).toEqual([8, 16, 24]);
    // Away until 9: 9 … 13, its gradient until 14, that of worker/1 14 … 15, the update until 16. No effect still.
    expect([...train(sync, [failure(5.5, WORKER[0]!, 3.5)]).updateSeconds]).toEqual([8, 16, 24]);
    // Away until 15.5: 15.5 … 19.5, its gradient until 20.5, the update until 21.5.
    expect([...train(sync, [failure(5.5, WORKER[0]!, 10)]).updateSeconds]).toEqual([8, 21.5, 29.5]);
  });

  test('a gradient that was there is not counted again when the step is repeated', () => {
    // worker/1 takes 20 s. worker/0 is lost at 4.5, while its gradient is added; from 5.5 to 9.5 it computes again. If
    // that counted, the sum would be complete at 9.5. It is at 21, with the gradient of worker/1.
    const slow = synchronousProgram({ ...seconds, compute: [4, 20] }, 2, 2);
    const { updateSeconds, gradientsApplied } = train(slow, [failure(4.5, WORKER[0]!, 1)]);
    expect([...updateSeconds]).toEqual([22, 44]);
    expect(gradientsApplied).toBe(4);
  });

  test('a sum is complete even if its last worker is lost while its gradient is added', () => {
    // worker/1 is lost at 6.5 and back at 16.5. The sum is taken at 6.5, the update done at 7.5. worker/1 goes on with
    // the token of then: 16.5 … 22.5, its gradient until 23.5, the update until 24.5.
    const { updateSeconds, gradientsApplied } = train(sync, [failure(6.5, WORKER[1]!, 10)]);
    expect([...updateSeconds]).toEqual([7.5, 24.5, 32.5]);
    expect(gradientsApplied).toBe(6);
  });

  test('a second failure while it is away counts from then', () => {
    // Away from 3 to 13, and from 8 to 18: as if lost at 8.
    const { updateSeconds, losses } = train(sync, [failure(3, WORKER[1]!, 10), failure(8, WORKER[1]!, 10)]);
    expect([...updateSeconds]).toEqual([26, 34, 42]);
    expect(losses).toHaveLength(2);
  });

  test('a short failure during a long one does not bring it back earlier', () => {
    const { updateSeconds } = train(sync, [failure(3, WORKER[1]!, 10), failure(4, WORKER[1]!, 1)]);
    expect(updateSeconds[0]).toBe(21);
  });

  test('two at once: each begins again', () => {
    const { updateSeconds } = train(sync, [failure(3, WORKER[0]!, 10), failure(3, WORKER[1]!, 10)]);
    expect([...updateSeconds]).toEqual([21, 29, 37]);
  });

  test('one that is never repaired: the job stops, which is a result', () => {
    // The second update is due at 16; worker/1 is lost at 10. worker/0 computes 8 … 12, its gradient until 13.
    const { updateSeconds, stopped, seconds: until } = train(sync, [failure(10, WORKER[1]!, NEVER)]);
    expect([...updateSeconds]).toEqual([8]);
    expect(until).toBe(13);
    expect(stopped).toBe('worker/1 failed and is not repaired; the others wait for it in vain from 13 s on');
  });

  test('the order of failures and of what ends at the same instant: the failure comes first', () => {
    // worker/1 would end its computation at 6.
    expect(train(sync, [failure(6, WORKER[1]!, 1)]).updateSeconds[0]).toBe(7 + 6 + 1 + 1);
  });

  test('whatever fails when: an update takes one gradient of each worker', () => {
    const failures = fc.array(
      fc.tuple(
        fc.double({ min: 0, max: 80, noNaN: true }),
        fc.nat(2),
        fc.double({ min: 0, max: 20, noNaN: true }),
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(failures, fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9)), (list, compute) => {
        const program = synchronousProgram({ compute, deliver: 1, update: 2 }, 3, 6);
        const changes = list
          .map(([at, worker, repair]) => failure(at, WORKER[worker]!, repair))
          .sort((a, b) => a.seconds - b.seconds);
        const gradients = [0, 0, 0];
        train(program, changes, {
          onStart: (l, node) => {
            if (l > 0 && node === DELIVER) gradients[l - 1]!++;
          },
          onUpdate: (update) => expect(gradients).toEqual([update, update, update]),
        });
      }),
      { numRuns: 300 },
    );
  });
});

describe('worker failures, with a backup worker', () => {
  // 4, 6 and 8 s; the first two gradients make an update: worker/0 4 … 5, worker/1 6 … 7, the update 7 … 8.
  const backup = synchronousProgram({ compute: [4, 6, 8], deliver: 1, update: 1 }, 2, 3);

  test('none: the third gradient is late', () => {
    const { updateSeconds, gradientsDropped, deviceUse } = train(backup, []);
    expect([...updateSeconds]).toEqual([8, 16, 24]);
    expect(gradientsDropped).toBeGreaterThan(0);
    // And costs the server nothing: two gradients and an update, three times.
    expect(deviceUse.compute[0]).toBe(9);
  });

  test('the backup takes the place of one that is lost for good', () => {
    // Without worker/1, worker/2 makes the sum complete: 8 … 9, the update 9 … 10.
    const { updateSeconds, stopped } = train(backup, [failure(3, WORKER[1]!, NEVER)]);
    expect([...updateSeconds]).toEqual([10, 20, 30]);
    expect(stopped).toBeUndefined();
  });

  test('one that is back goes on from the newest token, not from the one that it had', () => {
    // worker/2 straggles in its first step, and is lost at 8.5, when there is a token for the second. It computes
    // 8.5 … 12.5; its gradient is added 13 … 14, after that of worker/0: it makes the second update, 14 … 15.
    const program = synchronousProgram({ compute: [4, 6, 4], deliver: 1, update: 1 }, 2, 2);
    const { updateSeconds } = train(program, [], {
      disturbances: {
        ...script([failure(8.5, WORKER[2]!, 0)]),
        slowdown: (replica, step) => (replica === 2 && step === 0 ? 5 : 1),
      },
    });
    expect([...updateSeconds]).toEqual([8, 15]);
  });

  test('with two lost for good, nobody can', () => {
    const { updateSeconds, stopped } = train(backup, [
      failure(3, WORKER[1]!, NEVER),
      failure(11, WORKER[0]!, NEVER),
    ]);
    expect([...updateSeconds]).toEqual([10]);
    expect(stopped).toMatch(/^worker\/1, worker\/0 failed and are not repaired/);
  });
});

describe('worker failures, asynchronous', () => {
  const job = asynchronousProgram({ compute: [4, 6], deliver: 1, update: 0 }, 4);

  test('none: each at its own pace', () => {
    // worker/0: 5, 10, 15; worker/1: 7, 14.
    expect([...train(job, []).updateSeconds]).toEqual([5, 7, 10, 14]);
  });

  test('the others go on', () => {
    // worker/1 is lost at 6.5, while its gradient is applied: no update at 7. Back at 7.5: 13.5 … 14.5.
    expect([...train(job, [failure(6.5, WORKER[1]!, 1)]).updateSeconds]).toEqual([5, 10, 14.5, 15.5]);
    const { updateSeconds, stopped } = train(job, [failure(6.5, WORKER[1]!, NEVER)]);
    expect([...updateSeconds]).toEqual([5, 10, 15, 20]);
    expect(stopped).toBeUndefined();
  });
});

test('a single run begins again', () => {
  // 4 s on each of two devices in turn. Lost at 6, back at 9: done at 17.
  const write = new ActivityGraphBuilder();
  write.after(write.compute(write.stream(0), 4, 'a'), write.compute(write.stream(1), 4, 'b'));
  const graph = write.finish();
  const { seconds } = run(graph, islands('x', 'y', 'z'), { disturbances: script([failure(6, 0, 3)]) });
  expect(seconds).toBe(17);
  // A device that it does not use does not matter.
  expect(run(graph, islands('x', 'y', 'z'), { disturbances: script([failure(6, 2, 3)]) }).seconds).toBe(8);
});

describe('worker failures on streams that ops share', () => {
  const shared = (job: ReturnType<typeof asynchronousProgram>, width: number) => ({
    ...job,
    streamWidth: new Int32Array(job.streamWidth.length).fill(width),
    sharedLaunchSeconds: new Float64Array(job.streamWidth.length),
  });
  const changes = [failure(2.5, WORKER[0]!, 3), failure(6.5, WORKER[1]!, 1)];

  test('one op at a time: as where nothing is shared', () => {
    const job = asynchronousProgram({ compute: [4, 6], deliver: 1, update: 0 }, 6);
    const plain = train(job, changes);
    const { updateSeconds, deviceUse } = train(shared(job, 1), changes);
    expect(updateSeconds).toEqual(plain.updateSeconds);
    expect(deviceUse.compute).toEqual(plain.deviceUse.compute);
  });

  test('what a lost op had of the stream goes to the other', () => {
    // Both workers' gradients are applied on the server, 4 s of work each, from 4 on: each at half speed. At 6 worker 1 is
    // lost; worker 0's has 3 s left, and has the server for itself until 9.
    const job = shared(asynchronousProgram({ compute: [4, 4], deliver: 4, update: 0 }, 1), 2);
    expect([...train(job, []).updateSeconds]).toEqual([12]);
    expect([...train(job, [failure(6, WORKER[1]!, NEVER)]).updateSeconds]).toEqual([9]);
  });
});
