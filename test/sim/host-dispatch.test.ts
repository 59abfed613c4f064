import { describe, expect, test } from 'vitest';
import { type ActivityGraph, ActivityGraphBuilder } from '../../sim/activity-graph.ts';
import { simulate } from '../../sim/engine.ts';
import { singleRun } from '../../sim/simulate-activities.ts';
import { EVERYTHING, fullMesh, islands, run } from './activities.ts';

/** `count` ops of `seconds` on device 0, one after the other. */
function chain(count: number, seconds: number): ActivityGraph {
  const write = new ActivityGraphBuilder();
  const stream = write.stream(0);
  let last = -1;
  for (let i = 0; i < count; i++) {
    const op = write.compute(stream, seconds, `${i}`);
    if (last >= 0) write.after(last, op);
    last = op;
  }
  return write.finish();
}

const dispatch = (...seconds: number[]) => ({ dispatchSeconds: Float64Array.from(seconds) });

describe('a chain of k ops of t seconds, dispatched in d', () => {
  // Powers of two: exact.
  test.each([
    // The host dispatches ahead: only the first dispatch is waited for.
    { k: 8, t: 4, d: 1, expected: 1 + 8 * 4 },
    // The device starves: the last op begins when it is dispatched.
    { k: 8, t: 1, d: 4, expected: 8 * 4 + 1 },
    { k: 8, t: 2, d: 2, expected: 9 * 2 },
    { k: 1, t: 2, d: 0.5, expected: 2.5 },
    { k: 8, t: 0, d: 0.5, expected: 4 },
    { k: 8, t: 4, d: 0, expected: 32 },
  ])('k = $k, t = $t, d = $d: $expected s', ({ k, t, d, expected }) => {
    expect(run(chain(k, t), islands('gpu'), dispatch(d)).seconds).toBe(expected);
  });

  test('waits for the host are waiting, not computing', () => {
    const { deviceUse } = run(chain(8, 1), islands('gpu'), dispatch(4)).simulation;
    expect([deviceUse.compute[0], deviceUse.communication[0], deviceUse.waiting[0]]).toEqual([8, 0, 25]);
  });

  test('as many ops without dependencies take as long: the host dispatches them in turn', () => {
    const write = new ActivityGraphBuilder();
    const stream = write.stream(0);
    for (let i = 0; i < 8; i++) write.compute(stream, 1);
    expect(run(write.finish(), islands('gpu'), dispatch(4)).seconds).toBe(33);
  });

  test('streams of a device share its host', () => {
    const write = new ActivityGraphBuilder();
    for (let i = 0; i < 3; i++) write.compute(write.stream(0), 1, `${i}`);
    expect(run(write.finish(), islands('gpu'), dispatch(4)).times).toEqual({
      0: [4, 5],
      1: [8, 9],
      2: [12, 13],
    });
  });
});

test('devices have hosts of their own, or none', () => {
  const write = new ActivityGraphBuilder();
  for (const device of [0, 1, 2]) write.compute(write.stream(device), 1, `${device}`);
  expect(run(write.finish(), islands('a', 'b', 'c'), dispatch(2, 0, 0.5)).times).toEqual({
    0: [2, 3],
    1: [0, 1],
    2: [0.5, 1.5],
  });
});

test('what comes from elsewhere is waited for before the next op is dispatched', () => {
  // a: dispatched 0 … 2, runs 2 … 10. It moves there and back (1 s each): 12. b is dispatched 12 … 14, runs 14 … 22;
  // c, dispatched ahead 14 … 16, runs 22 … 30.
  const write = new ActivityGraphBuilder();
  const stream = write.stream(0);
  const path = [
    write.compute(stream, 8, 'a'),
    write.transfer(0, 1, 10, 'there'),
    write.transfer(1, 0, 10, 'back'),
    write.compute(stream, 8, 'b'),
    write.compute(stream, 8, 'c'),
  ];
  for (let i = 1; i < path.length; i++) write.after(path[i - 1]!, path[i]!);
  const { times } = run(
    write.finish(),
    fullMesh(2, () => 10),
    dispatch(2, 2),
  );
  expect(times).toEqual({ a: [2, 10], there: [10, 11], back: [11, 12], b: [14, 22], c: [22, 30] });
});

test('an op that follows another on the device and something from elsewhere is dispatched after the later of them', () => {
  // local: dispatched at 1, runs 1 … 3. remote (no dispatch there): 0 … 8, and 1 s of transfer: 9. both: 9 … 10 … 12.
  const write = new ActivityGraphBuilder();
  const near = write.stream(0);
  const local = write.compute(near, 2, 'local');
  const remote = write.compute(write.stream(1), 8, 'remote');
  const move = write.transfer(1, 0, 10, 'move');
  const both = write.compute(near, 2, 'both');
  write.after(remote, move);
  write.after(move, both);
  write.after(local, both);
  const { times } = run(
    write.finish(),
    fullMesh(2, () => 10),
    dispatch(1, 0),
  );
  expect([times.local, times.both]).toEqual([
    [1, 3],
    [10, 12],
  ]);
});

test('also where what comes from elsewhere is there before the other ends', () => {
  // local: 1 … 8. remote: 0 … 6.5 and 1 s of transfer: 7.5. both: dispatched 7.5 … 8.5, not ahead.
  const write = new ActivityGraphBuilder();
  const near = write.stream(0);
  const local = write.compute(near, 7, 'local');
  const remote = write.compute(write.stream(1), 6.5, 'remote');
  const move = write.transfer(1, 0, 10, 'move');
  const both = write.compute(near, 2, 'both');
  write.after(remote, move);
  write.after(move, both);
  write.after(local, both);
  const cluster = fullMesh(2, () => 10);
  expect(run(write.finish(), cluster, dispatch(1, 0)).times.both).toEqual([8.5, 10.5]);
});

test('a step is dispatched from when it begins', () => {
  // 1 … 9, and not 9 … 17 but 10 … 18.
  const cluster = islands('gpu');
  const program = { ...singleRun(chain(1, 8), cluster), updates: 2 };
  expect([...simulate(program, cluster, dispatch(1)).updateSeconds]).toEqual([9, 18]);
});

test('dispatch is on the critical path as time in which nothing runs', () => {
  const { simulation } = run(chain(4, 1), islands('gpu'), { ...dispatch(4), record: EVERYTHING });
  // Starts at 4, 8, 12, 16; each row follows the one before it, 3 s after its end.
  const { trace } = simulation;
  const gaps = [0, 1, 2, 3].map((row) => trace.start[row]! - (trace.end[trace.cause[row]!] ?? 0));
  expect(gaps).toEqual([4, 3, 3, 3]);
});
