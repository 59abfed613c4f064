import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stream } from '../../base/random.ts';
import type { Cluster } from '../../devices/cluster.ts';
import { type ActivityGraph, ActivityGraphBuilder } from '../../sim/activity-graph.ts';
import { criticalPath } from '../../sim/critical-path.ts';
import { slowdowns } from '../../sim/disturbances/slowdowns.ts';
import { simulate } from '../../sim/engine.ts';
import type { Program } from '../../sim/program.ts';
import { NO_CHECKPOINTS } from '../../sim/recovery.ts';
import { singleRun } from '../../sim/simulate-activities.ts';
import type { Simulation, SimulationOptions } from '../../sim/simulation.ts';
import { Row } from '../../sim/trace.ts';
import { FASTER, resourceClasses, whatIf } from '../../sim/what-if.ts';
import { EVERYTHING, fullMesh, islands } from './activities.ts';
import { randomStep, written } from './random-step.ts';
import { tinyCluster } from './tiny.ts';
import { asynchronousProgram, synchronousProgram } from './tiny-training.ts';

/** Every row begins when its cause ends; where `later`, or after a time in which nothing could run. */
function expectCauses({ trace, recorded }: Simulation, later: boolean): void {
  for (let row = 0; row < trace.length; row++) {
    const cause = trace.cause[row]!;
    if (cause < 0) {
      if (!later) expect(trace.start[row], `row ${row} has no cause`).toBe(recorded.from);
      continue;
    }
    expect(cause).toBeLessThan(row);
    const gap = trace.start[row]! - trace.end[cause]!;
    if (later) expect(gap, `row ${row} after row ${cause}`).toBeGreaterThanOrEqual(0);
    else expect(gap, `row ${row} after row ${cause}`).toBe(0);
  }
}

/** Stretches follow each other without gaps, from where the recording began to where it ended. */
function expectPath(program: Program, cluster: Cluster, simulation: Simulation, complete: boolean): void {
  const path = criticalPath(program, cluster, simulation);
  const { from, until } = simulation.recorded;
  let at = from;
  for (const { part, row, start, end } of path) {
    expect(start).toBe(at);
    expect(end).toBeGreaterThan(start);
    expect(row < 0).toBe(part === 'other');
    at = end;
  }
  expect(at).toBe(until);
  const other = path
    .filter(({ part }) => part === 'other')
    .reduce((sum, { start, end }) => sum + end - start, 0);
  if (complete) expect(other).toBeLessThanOrEqual(0);
}

describe('on random steps', () => {
  const options = fc.record({
    network: fc.constantFrom('fluid', 'store-and-forward', 'whole-messages'),
    readyPolicy: fc.constantFrom('fifo', 'critical-path'),
    dispatch: fc.constantFrom(0, 0.125),
    engines: fc.nat(2),
    apart: fc.boolean(),
  }) satisfies fc.Arbitrary<unknown>;

  test('each row begins when its cause ends, and the critical path leaves no gap', () => {
    fc.assert(
      fc.property(fc.nat(1e6), options, (seed, { network, readyPolicy, dispatch, engines, apart }) => {
        const step = randomStep(stream(seed, 'causes'), { apart });
        const cluster = fullMesh(step.devices, (link) => 3 + (link % 5), 0.01);
        const program = singleRun(written(step), cluster);
        const simulation = simulate(program, cluster, {
          network,
          readyPolicy,
          dispatchSeconds: new Float64Array(step.devices).fill(dispatch),
          copyEngines: new Int32Array(step.devices).fill(engines),
          record: EVERYTHING,
        });
        expectCauses(simulation, dispatch > 0);
        // Delays are time in which nothing runs; so is dispatch.
        expectPath(program, cluster, simulation, dispatch === 0 && !apart);
      }),
      { numRuns: 200 },
    );
  });
});

describe('on training', () => {
  const seconds = { compute: [4, 6, 5], deliver: 1, update: 1 };
  const programs = {
    synchronous: synchronousProgram(seconds, 3, 20),
    backup: synchronousProgram(seconds, 2, 20),
    asynchronous: asynchronousProgram(seconds, 40),
    // The update need not wait for the stream on which the last gradient was added.
    'two at a time on the server': {
      ...synchronousProgram(seconds, 3, 20),
      streamWidth: Int32Array.of(2, 1, 1, 1),
    },
  };
  const cluster = islands('ps', 'a', 'b', 'c');
  const noise = (seed: number): SimulationOptions => ({
    disturbances: {
      slowdown: slowdowns({ sigma: 0.3, stragglerProbability: 0.2, stragglerSlowdown: 3 }, seed),
    },
  });

  test.each(Object.entries(programs))('%s, with noise', (_, program) => {
    for (let seed = 0; seed < 20; seed++) {
      const simulation = simulate(program, cluster, { ...noise(seed), record: EVERYTHING });
      expectCauses(simulation, false);
      expectPath(program, cluster, simulation, true);
    }
  });

  test.each(Object.entries(programs))('%s, recorded from the middle', (_, program) => {
    const simulation = simulate(program, cluster, { ...noise(1), record: { from: 5, to: 15 } });
    expect(simulation.recorded).toEqual({
      from: simulation.updateSeconds[4],
      until: simulation.updateSeconds[14],
    });
    expectPath(program, cluster, simulation, false);
  });

  test('checkpoints and failures are gaps of the path, and what came before them belongs to it', () => {
    const failure = { kind: 'failure', seconds: 33, devices: [1], what: 'a', repairSeconds: 10 } as const;
    for (const program of Object.values(programs)) {
      const simulation = simulate(program, cluster, {
        disturbances: { ...noise(2).disturbances, changes: [failure][Symbol.iterator]() },
        checkpoints: { ...NO_CHECKPOINTS, everyUpdates: 2, writeSeconds: 7 },
        record: EVERYTHING,
      });
      expectCauses(simulation, true);
      expectPath(program, cluster, simulation, false);
      // All the way back.
      const path = criticalPath(program, cluster, simulation);
      expect(path[0]).toMatchObject({ part: 'compute', start: 0 });
    }
  });

  test('a step that is repeated follows what was lost of it', () => {
    // A worker of 4 s, lost at 3 and back at 13: 13 … 17, its gradient until 18, the update until 19.
    const failure = { kind: 'failure', seconds: 3, devices: [1], what: 'a', repairSeconds: 10 } as const;
    const program = synchronousProgram({ ...seconds, compute: [4] }, 1, 1);
    const simulation = simulate(program, cluster, {
      disturbances: { changes: [failure][Symbol.iterator]() },
      record: EVERYTHING,
    });
    const path = criticalPath(program, cluster, simulation);
    expect(path.map(({ part, start, end }) => [part, start, end])).toEqual([
      ['compute', 0, 3],
      ['other', 3, 13],
      ['compute', 13, 17],
      ['compute', 17, 18],
      ['compute', 18, 19],
    ]);
  });

  test('lost work ends when it is lost', () => {
    const failure = { kind: 'failure', seconds: 33.5, devices: [0], what: 'ps', repairSeconds: 10 } as const;
    const { trace } = simulate(programs.synchronous, cluster, {
      disturbances: { changes: [failure][Symbol.iterator]() },
      record: EVERYTHING,
    });
    let lost = 0;
    for (let row = 0; row < trace.length; row++) {
      if (trace.kind[row] === Row.lost) expect([trace.end[row], ++lost > 0]).toEqual([33.5, true]);
      else expect(trace.start[row]! < 33.5 && trace.end[row]! > 33.5).toBe(false);
    }
    expect(lost).toBeGreaterThan(0);
  });
});

/** `part name: seconds`, in order. */
function told(graph: ActivityGraph, cluster: Cluster, options: SimulationOptions = {}): string[] {
  const program = singleRun(graph, cluster);
  const simulation = simulate(program, cluster, { record: EVERYTHING, ...options });
  return criticalPath(program, cluster, simulation).map(({ part, row, start, end }) => {
    const name = row < 0 ? '' : ` ${graph.nameOf(simulation.trace.node[row]!)}`;
    return `${part}${name}: ${end - start}`;
  });
}

describe('the critical path by hand', () => {
  test('compute, transfer, contention, and waiting for a stream', () => {
    // a 0 … 2 makes two messages of 20 bytes for one link of 10 bytes/s with 1 s of latency: both join at 3 and share
    // it, until 7. Alone each would take 1 + 2 s. b and c (2 s, 3 s) follow on one stream: b 7 … 9, c 9 … 12.
    const write = new ActivityGraphBuilder();
    const a = write.compute(write.stream(0), 2, 'a');
    const far = write.stream(1);
    for (const [name, seconds] of [
      ['b', 2],
      ['c', 3],
    ] as const) {
      const move = write.transfer(0, 1, 20, `to ${name}`);
      write.after(a, move);
      write.after(move, write.compute(far, seconds, name));
    }
    const cluster = tinyCluster(['x', 'y'], [['wire', 10, 1]], { '0>1': [0] });
    expect(told(write.finish(), cluster)).toEqual([
      'compute a: 2',
      'transfer to b: 3',
      'contention to b: 2',
      'compute b: 2',
      'compute c: 3',
    ]);
  });

  test('what an op takes beyond its time is slowdown', () => {
    const write = new ActivityGraphBuilder();
    const near = write.stream(0);
    write.after(write.compute(near, 2, 'a'), write.compute(near, 4, 'b'));
    const graph = write.finish();
    const cluster = islands('x');
    expect(told(graph, cluster, { disturbances: { deviceFactor: Float64Array.of(1.5) } })).toEqual([
      'compute a: 2',
      'slowdown a: 1',
      'compute b: 4',
      'slowdown b: 2',
    ]);
    // Faster than undisturbed is less compute.
    expect(told(graph, cluster, { disturbances: { deviceFactor: Float64Array.of(0.5) } })).toEqual([
      'compute a: 1',
      'compute b: 2',
    ]);
  });

  test('dispatch and delays are neither', () => {
    const write = new ActivityGraphBuilder();
    const near = write.stream(0);
    const [a, wait, b] = [write.compute(near, 2, 'a'), write.delay(3, 'wait'), write.compute(near, 4, 'b')];
    write.after(a, wait);
    write.after(wait, b);
    const graph = write.finish();
    expect(told(graph, islands('x'))).toEqual(['compute a: 2', 'other: 3', 'compute b: 4']);
    expect(told(graph, islands('x'), { dispatchSeconds: Float64Array.of(0.5) })).toEqual([
      'other: 0.5',
      'compute a: 2',
      'other: 3',
      'other: 0.5',
      'compute b: 4',
    ]);
  });

  test('waiting for a copy engine is contention', () => {
    const write = new ActivityGraphBuilder();
    write.transfer(0, 1, 10, 'first');
    write.transfer(0, 1, 20, 'second');
    const mesh = fullMesh(2, () => 10);
    const cluster = { ...mesh, devices: mesh.devices.map((device) => ({ ...device, host: 'host' })) };
    expect(told(write.finish(), cluster, { copyEngines: Int32Array.of(1, 1) })).toEqual([
      'transfer second: 2',
      'contention second: 1',
    ]);
  });
});

describe('what if', () => {
  /** 10 s of compute, then 60 bytes over a link of 10 bytes/s with 4 s of latency: 20 s. */
  const cluster = tinyCluster(['x', 'y'], [['wire', 10, 4]], { '0>1': [0] });
  const graph = (() => {
    const write = new ActivityGraphBuilder();
    write.after(write.compute(write.stream(0), 10), write.transfer(0, 1, 60));
    return write.finish();
  })();
  const secondsOf = (of: ActivityGraph) => (changed: Cluster, deviceFactor: Float64Array) =>
    simulate(singleRun(of, changed), changed, { disturbances: { deviceFactor } }).seconds;
  const everything = { device: () => true, link: () => true };
  const saved = 1 - 1 / (1 + FASTER);

  test('each resource saves its share of the time, ranked', () => {
    const results = whatIf(cluster, resourceClasses(cluster, everything), secondsOf(graph));
    expect(results.map(({ resource: { kind, model } }) => `${kind} ${model}`)).toEqual([
      'compute x',
      'bandwidth wire',
      'latency wire',
      'compute y',
    ]);
    for (const [i, share] of [10, 6, 4, 0].entries())
      expect(results[i]!.seconds).toBeCloseTo(20 - share * saved, 12);
  });

  test('where ways to the end compete, the shorter saves nothing, the longer no more than it is longer', () => {
    // 10 s of compute beside the message, which takes 10.5 s.
    const write = new ActivityGraphBuilder();
    write.compute(write.stream(0), 10);
    write.transfer(0, 1, 65);
    const of = write.finish();
    const results = whatIf(cluster, resourceClasses(cluster, everything), secondsOf(of));
    const gain = (name: string): number =>
      10.5 - results.find(({ resource: { kind, model } }) => `${kind} ${model}` === name)!.seconds;
    expect(gain('compute x')).toBe(0);
    expect(gain('bandwidth wire')).toBeCloseTo(0.5, 12);
    expect(gain('latency wire')).toBeCloseTo(4 * saved, 12);
  });

  test('what is not used, and what has no latency, is not asked', () => {
    const idle = tinyCluster(['x', 'y'], [['wire', 10, 0]], { '0>1': [0] });
    const used = { device: (device: number) => device === 1, link: () => true };
    expect(resourceClasses(idle, used).map(({ kind, model }) => `${kind} ${model}`)).toEqual([
      'compute y',
      'bandwidth wire',
    ]);
    expect(resourceClasses(idle, { device: () => false, link: () => false })).toEqual([]);
  });
});

test('what begins while something is recorded has its own end, though that comes after', () => {
  // Worker 0's first update is at 5 s, and what is recorded ends there. Worker 1 computes from 0 to 9 s, on a stream that
  // ops share: its end is not known when it begins.
  const program = {
    ...asynchronousProgram({ compute: [4, 9], deliver: 1, update: 0 }, 6),
    sharedLaunchSeconds: new Float64Array(3),
  };
  const { trace, recorded, seconds } = simulate(program, islands('ps', 'a', 'b'), {
    record: { from: 0, to: 1 },
  });
  expect(recorded).toEqual({ from: 0, until: 5 });
  expect(seconds).toBeGreaterThan(20);
  const ends = Array.from({ length: trace.length }, (_, row) => [
    trace.place[row],
    trace.start[row],
    trace.end[row],
  ]);
  expect(ends.filter(([, start, end]) => end! > start!)).toEqual([
    [1, 0, 4],
    [2, 0, 9],
    [0, 4, 5],
  ]);
});
