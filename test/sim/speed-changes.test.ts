import { describe, expect, test } from 'vitest';
import { Action, ActivityGraphBuilder } from '../../sim/activity-graph.ts';
import { DeadlockError } from '../../sim/deadlock.ts';
import type { Change } from '../../sim/disturbances/disturbances.ts';
import { simulate } from '../../sim/engine.ts';
import type { Program } from '../../sim/program.ts';
import { simulateActivities, singleRun } from '../../sim/simulate-activities.ts';
import { EVERYTHING, fullMesh, islands, onOneHost, run, timesOf } from './activities.ts';
import { tinyCluster } from './tiny.ts';

const device = (seconds: number, factor: number, of = 0): Change => ({
  kind: 'device-speed',
  seconds,
  device: of,
  factor,
});
const link = (seconds: number, factor: number, of = 0): Change => ({
  kind: 'link-speed',
  seconds,
  link: of,
  factor,
});
const script = (...changes: readonly Change[]) => ({ disturbances: { changes: changes[Symbol.iterator]() } });

/** Two devices, one link of 10 bytes/s from 0 to 1. */
const wire = tinyCluster(['a', 'b'], [['a → b', 10, 0]], { '0>1': [0] });

describe('a device that changes speed', () => {
  const graph = (() => {
    const write = new ActivityGraphBuilder();
    const stream = write.stream(0);
    for (let i = 0; i < 3; i++) write.compute(stream, 4, `${i}`);
    write.compute(write.stream(1), 4, 'other');
    return write.finish();
  })();

  test('does so for what starts later', () => {
    // Half as fast from 2, as before from 6: op 0 is under way at 2, op 1 (4 … 12) at 6.
    expect(run(graph, islands('x', 'y'), script(device(2, 0.5), device(6, 1))).times).toEqual({
      0: [0, 4],
      1: [4, 12],
      2: [12, 16],
      other: [0, 4],
    });
  });

  test('from the beginning, where it is so from the beginning', () => {
    expect(run(graph, islands('x', 'y'), script(device(0, 0.5), device(0, 2, 1))).times).toEqual({
      0: [0, 8],
      1: [8, 16],
      2: [16, 24],
      other: [0, 2],
    });
  });

  test('at the instant at which an op ends: for the one that follows', () => {
    expect(run(graph, islands('x', 'y'), script(device(4, 0.5))).times[1]).toEqual([4, 12]);
  });

  test('the change is relative to the speed of its own', () => {
    const disturbances = {
      deviceFactor: Float64Array.of(1.5, 1),
      changes: [device(2, 0.5)][Symbol.iterator](),
    };
    expect(run(graph, islands('x', 'y'), { disturbances }).times).toEqual({
      0: [0, 6],
      1: [6, 18],
      2: [18, 30],
      other: [0, 4],
    });
  });

  test('and ops differ, each by a factor of its own, asked in the order of their starts', () => {
    const asked: number[] = [];
    const opFactor = (of: number): number => {
      asked.push(of);
      return asked.length;
    };
    expect(run(graph, islands('x', 'y'), { disturbances: { opFactor } }).times).toEqual({
      0: [0, 4],
      other: [0, 8],
      1: [4, 16],
      2: [16, 32],
    });
    expect(asked).toEqual([0, 1, 0, 0]);
  });

  test('a speed of 0 is our own fault', () => {
    expect(() => run(graph, islands('x', 'y'), script(device(2, 0)))).toThrow(
      'device 0 at 0 times its speed',
    );
  });
});

describe('a link that changes speed', () => {
  const send = (...bytes: readonly number[]) => {
    const write = new ActivityGraphBuilder();
    for (const [i, size] of bytes.entries()) write.transfer(0, 1, size, `${i}`);
    return write.finish();
  };

  test('does so for what is on it', () => {
    // 40 of 100 bytes until 4, the rest at half the rate.
    expect(run(send(100), wire, script(link(4, 0.5))).seconds).toBe(16);
    // Faster than nominal: 60 bytes at 20 bytes/s.
    expect(run(send(100), wire, script(link(4, 2))).seconds).toBe(7);
  });

  test('down and up again', () => {
    const { seconds, simulation } = run(send(100), wire, script(link(4, 0), link(9, 1)));
    expect(seconds).toBe(15);
    expect(simulation.linkBytes[0]).toBe(100);
  });

  test('from the beginning', () => {
    expect(run(send(100), wire, script(link(0, 0.25))).seconds).toBe(40);
    // A message sent while it is down waits.
    expect(run(send(100), wire, script(link(0, 0), link(5, 1))).seconds).toBe(15);
  });

  test('those on it share what there is', () => {
    // 5 bytes/s each until 4 (20 of each), then 2.5: the smaller has 30 left, until 16; the larger 30 then, at 5: 22.
    expect(run(send(50, 80), wire, script(link(4, 0.5))).times).toEqual({ 0: [0, 16], 1: [0, 22] });
  });

  test('down for good: a deadlock that names it', () => {
    const go = () => run(send(100), wire, script(link(4, 0)));
    expect(go).toThrow(DeadlockError);
    expect(go).toThrow(
      'deadlock after 4 simulated seconds; 1 node is blocked: step: 0 (transfer) waits for bandwidth on its route (a → b)',
    );
  });

  test('down for good beneath changes without end: an end, and a sentence', () => {
    function* endless(): Generator<Change> {
      yield link(4, 0);
      for (let i = 5; ; i++) yield device(i, 0.5);
    }
    const { stopped } = simulateActivities(send(100), wire, { disturbances: { changes: endless() } });
    expect(stopped).toMatch(
      /^given up at 11.6 d, after 0 failures and 1000001 changes of speed without another update$/,
    );
  });
});

test('changes without end do not hide that nothing can happen any more', () => {
  function* endless(): Generator<Change> {
    for (let i = 0; ; i++) yield device(i, 0.5);
  }
  const write = new ActivityGraphBuilder();
  const [a, b] = [write.join('a'), write.join('b')];
  write.after(a, b);
  write.after(b, a);
  expect(() =>
    simulateActivities(write.finish(), islands('x'), { disturbances: { changes: endless() } }),
  ).toThrow(DeadlockError);
});

describe('what is lost on its way', () => {
  /** Two loops that each send from a device of their own to device 2 over one link, and count updates. */
  const sending = (...bytes: readonly number[]): Program => {
    const loops = bytes.map((size, from) => {
      const write = new ActivityGraphBuilder();
      write.transfer(0, 1, size, `from ${from}`);
      const [one] = singleRun(
        write.finish(),
        fullMesh(2, () => 1),
      ).loops;
      return {
        ...one!,
        loop: { name: `${from}`, replica: from, countsUpdates: true },
        device: Int32Array.of(from, 2),
        route: [Int32Array.of(0)],
      };
    });
    return {
      loops,
      streamDevice: new Int32Array(0),
      streamWidth: new Int32Array(0),
      variableCount: 0,
      accumulators: [],
      queues: [],
      updates: 2,
    };
  };
  const program = sending(100, 100);
  const unequal = sending(100, 50);
  const cluster = tinyCluster(['a', 'b', 'c'], [['shared', 10, 0]], { '0>1': [0] });
  const lose = (seconds: number, repairSeconds: number, of = 1): Change => ({
    kind: 'failure',
    seconds,
    devices: [of],
    what: 'it',
    repairSeconds,
  });

  test('leaves its bandwidth to others', () => {
    expect(program.loops[0]!.activities.action[0]).toBe(Action.transfer);
    // 5 bytes/s each until 4; then the first has 80 bytes left at 10: 12. Repaired at 14: 14 … 24. Meanwhile the first
    // sends again, from 12: 20 bytes until 14, then half: 80 at 5, until 30. The second: 100 at 5 until 34, but from 30
    // on alone. Updates: 12, 30.
    const { updateSeconds, trace, linkBytes } = simulate(program, cluster, {
      ...script(lose(4, 10)),
      record: EVERYTHING,
    });
    expect([...updateSeconds]).toEqual([12, 30]);
    expect([trace.kind[1], trace.start[1], trace.end[1]]).toEqual([3, 0, 4]);
    // What was lost was carried all the same: 20 + 20 bytes until 4, and 10 a second from then to 30.
    expect(linkBytes[0]).toBeCloseTo(40 + 260, 9);
  });

  test('leaves its copy engines to others', () => {
    // On one host, where device 2 has one engine: the first message holds it, the second waits for it.
    const host = onOneHost(cluster);
    const copyEngines = Int32Array.of(2, 2, 1);
    const updatesOf = (change: Change) => [
      ...simulate(unequal, host, { ...script(change), copyEngines }).updateSeconds,
    ];
    // The first is lost for good at 4: the second, of 50 bytes, moves 4 … 9, and again.
    expect(updatesOf(lose(4, Number.POSITIVE_INFINITY, 0))).toEqual([9, 14]);
    // The second is lost at 4 and waits again from 6 on: the first 0 … 10, the second 10 … 15.
    expect(updatesOf(lose(4, 2))).toEqual([10, 15]);
  });

  test('for good: others go on', () => {
    expect([...simulate(program, cluster, script(lose(4, Number.POSITIVE_INFINITY))).updateSeconds]).toEqual([
      12, 22,
    ]);
  });
});

test('a noisy replica: all ops of its step by one factor, on devices of its own', () => {
  const write = new ActivityGraphBuilder();
  const graph = ((): ReturnType<typeof write.finish> => {
    write.compute(write.stream(0), 2, 'own');
    write.compute(write.stream(1), 2, 'shared');
    return write.finish();
  })();
  const cluster = islands('x', 'y');
  const program = singleRun(graph, cluster);
  const simulation = simulate(
    { ...program, loops: [{ ...program.loops[0]!, slowed: Uint8Array.of(1, 0) }], updates: 3 },
    cluster,
    { disturbances: { slowdown: (_, step) => step + 1 }, record: EVERYTHING },
  );
  expect([...simulation.updateSeconds]).toEqual([2, 6, 12]);
  expect(timesOf(graph, simulation)).toEqual({ own: [6, 12], shared: [6, 8] });
});
