import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Change } from '../../sim/disturbances/disturbances.ts';
import { simulate } from '../../sim/engine.ts';
import type { Program } from '../../sim/program.ts';
import { type CheckpointPolicy, NO_CHECKPOINTS } from '../../sim/recovery.ts';
import { islands } from './activities.ts';
import { failure, NEVER, SERVER, train, WORKER } from './fail.ts';
import { asynchronousProgram, synchronousProgram } from './tiny-training.ts';

describe('failures of the parameter server', () => {
  // One worker of 4 s, 1 s to add its gradient, 1 s for the update: a step of 6 s. A checkpoint after every second
  // update, 3 s to write; away for 1 + 10 + 2 + 4 = 17 s. The worker goes on while the chief writes: updates are done
  // at 6, 12, 18, 24, 30; checkpoints are written 12 … 15 and 24 … 27.
  const checkpoints: CheckpointPolicy = {
    everyUpdates: 2,
    writeSeconds: 3,
    detectSeconds: 1,
    restartSeconds: 2,
    restoreSeconds: 4,
  };
  const job = synchronousProgram({ compute: [4], deliver: 1, update: 1 }, 1, 5);
  const afterFailures = (...changes: readonly Change[]) => train(job, changes, { checkpoints });

  test('none', () => {
    expect([...afterFailures().updateSeconds]).toEqual([6, 12, 18, 24, 30]);
  });

  test('the job goes back to its last checkpoint', () => {
    // Lost at 20, back at 37 with two updates: 43, 49, 55.
    const { updateSeconds, losses, seconds } = afterFailures(failure(20, SERVER, 10));
    expect([...updateSeconds]).toEqual([6, 12, 43, 49, 55]);
    expect(seconds).toBe(55);
    expect(losses).toEqual([
      { seconds: 20, what: 'ps/0', outcome: 'restarted', updatesLost: 1, lostSince: 15, downSeconds: 17 },
    ]);
  });

  test('or to the one before, where the last is not written to the end', () => {
    const { updateSeconds, losses } = afterFailures(failure(13, SERVER, 10));
    expect([...updateSeconds]).toEqual([36, 42, 48, 54, 60]);
    expect(losses[0]!.updatesLost).toBe(2);
    expect(afterFailures(failure(15, SERVER, 10)).losses[0]!.updatesLost).toBe(0);
    expect(afterFailures(failure(26, SERVER, 10)).losses[0]!.updatesLost).toBe(2);
    expect(afterFailures(failure(27, SERVER, 10)).losses[0]!.updatesLost).toBe(0);
  });

  test('what was half written is never finished', () => {
    // Lost at 13, back at 30; lost at 31, back at 48, still with nothing: 54, 60 …
    const { updateSeconds, losses } = afterFailures(failure(13, SERVER, 10), failure(31, SERVER, 10));
    expect(losses.map(({ updatesLost }) => updatesLost)).toEqual([2, 0]);
    expect([...updateSeconds]).toEqual([54, 60, 66, 72, 78]);
  });

  test('a checkpoint that is finished counts, even while others write the next', () => {
    // Asynchronous: updates at 5 and 7 begin checkpoints 5 … 8 and 7 … 10. At 9, that of the first update is safe.
    const program = asynchronousProgram({ compute: [4, 6], deliver: 1, update: 0 }, 6);
    const each = { ...checkpoints, everyUpdates: 1 };
    const lostAt = (seconds: number) =>
      train(program, [failure(seconds, SERVER, 0)], { checkpoints: each }).losses[0]!.updatesLost;
    expect([lostAt(7.5), lostAt(9), lostAt(10)]).toEqual([2, 1, 0]);
  });

  test('a failure while it is away loses nothing but time', () => {
    // Lost at 20 and again at 30: back at 47.
    const { updateSeconds, losses } = afterFailures(failure(20, SERVER, 10), failure(30, SERVER, 10));
    expect([...updateSeconds]).toEqual([6, 12, 53, 59, 65]);
    expect(losses.map(({ updatesLost }) => updatesLost)).toEqual([1, 0]);
  });

  test('a worker that is lost meanwhile comes when it can', () => {
    // The server is back at 37, the worker at 30 + 1 + 100 + 2 = 133.
    const { updateSeconds } = afterFailures(failure(20, SERVER, 10), failure(30, WORKER[0]!, 100));
    expect([...updateSeconds]).toEqual([6, 12, 139, 145, 151]);
    // Lost first, it still comes when it can: at 13 + 103.
    const other = afterFailures(failure(13, WORKER[0]!, 100), failure(20, SERVER, 10));
    expect([...other.updateSeconds]).toEqual([6, 12, 122, 128, 134]);
  });

  test('one that comes again and again: done when there is time enough between two', () => {
    // Without checkpoints, five updates take 30 s. Lost 40 times every 25 s, back at once: begun anew at 25, 50 … 1000.
    const changes = Array.from({ length: 40 }, (_, i) => failure(25 * (i + 1), SERVER, 0));
    const { updateSeconds, losses } = train(job, changes);
    expect([...updateSeconds]).toEqual([1006, 1012, 1018, 1024, 1030]);
    expect(losses.map(({ updatesLost }) => updatesLost)).toEqual(changes.map(() => 4));
  });

  test('the last one, lost for good: the job stops, which is a result', () => {
    const { stopped, seconds } = afterFailures(failure(20, SERVER, NEVER));
    expect(stopped).toBe('ps/0 failed at 20 s and is not repaired; the variables that it held are lost');
    expect(seconds).toBe(20);
  });

  test('one without variables that nobody uses is not missed', () => {
    const idle: Program = {
      ...job,
      streamDevice: Int32Array.of(0, 1, 2),
      streamWidth: Int32Array.of(1, 1, 1),
      loops: job.loops.map((loop) => ({
        ...loop,
        device: Int32Array.from([...loop.device, 2]),
        stream: Int32Array.from([...loop.stream, 2]),
      })),
      residentBytes: Float64Array.of(8, 0, 0),
    };
    const { updateSeconds, losses } = train(idle, [failure(9, 2, NEVER)]);
    expect([...updateSeconds]).toEqual([6, 12, 18, 24, 30]);
    expect(losses[0]!.outcome).toBe('continued');
  });

  test('machines that fail faster than the job advances: it stops', () => {
    function* endless(): Generator<Change> {
      for (let i = 1; ; i++) yield failure(5 * i, SERVER, 0);
    }
    const { stopped } = simulate(job, islands('ps', 'worker'), { disturbances: { changes: endless() } });
    expect(stopped).toMatch(
      /^given up at 13.9 h, after 10001 failures and 1 changes of speed without another update$/,
    );
  });
});

test('whatever fails when, device time is accounted for, and the job ends as often as it should', () => {
  const failures = fc.array(
    fc.tuple(fc.double({ min: 0, max: 60, noNaN: true }), fc.nat(3), fc.integer({ min: 0, max: 20 })),
    { maxLength: 6 },
  );
  const kinds = {
    sync: synchronousProgram({ compute: [4, 6, 5], deliver: 1, update: 1 }, 3, 6),
    backup: synchronousProgram({ compute: [4, 6, 5], deliver: 1, update: 1 }, 2, 6),
    async: asynchronousProgram({ compute: [4, 6, 5], deliver: 1, update: 1 }, 12),
  };
  const options = fc.record({
    kind: fc.constantFrom('sync', 'backup', 'async'),
    readyPolicy: fc.constantFrom('fifo', 'critical-path'),
    dispatch: fc.constantFrom(0, 0.5, 3),
    everyUpdates: fc.constantFrom(1, 2, NEVER),
  }) satisfies fc.Arbitrary<unknown>;
  fc.assert(
    fc.property(failures, options, (list, { kind, readyPolicy, dispatch, everyUpdates }) => {
      const program = kinds[kind];
      const changes = list
        .map(([at, device, repair]) => failure(at, device, repair))
        .sort((a, b) => a.seconds - b.seconds);
      const { updateSeconds, seconds, deviceUse, stopped, losses } = train(program, changes, {
        readyPolicy,
        dispatchSeconds: new Float64Array(4).fill(dispatch),
        checkpoints: { ...NO_CHECKPOINTS, everyUpdates, writeSeconds: 2 },
      });
      expect(stopped).toBeUndefined();
      expect(updateSeconds).toHaveLength(program.updates);
      expect([...updateSeconds]).toEqual([...updateSeconds].sort((a, b) => a - b));
      expect(losses.map(({ seconds: at }) => at)).toEqual(
        changes.filter((change) => change.seconds <= seconds).map((change) => change.seconds),
      );
      const { compute, communication, waiting } = deviceUse;
      for (let device = 0; device < 4; device++) {
        for (const part of [compute, communication, waiting]) expect(part[device]).toBeGreaterThanOrEqual(0);
        expect(compute[device]! + communication[device]! + waiting[device]!).toBeCloseTo(seconds, 9);
      }
      // The work of the updates that counted was done at least once.
      for (let device = 1; kind === 'sync' && device < 4; device++)
        expect(compute[device]).toBeGreaterThanOrEqual(6 * [4, 6, 5][device - 1]! - 1e-9);
    }),
    { numRuns: 300 },
  );
});
