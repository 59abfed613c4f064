import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../devices/cluster.ts';
import type { Exchange } from '../../graph/exchanges.ts';
import { Action, ActivityGraphBuilder } from '../../sim/activity-graph.ts';
import type { Change } from '../../sim/disturbances/disturbances.ts';
import { simulate } from '../../sim/engine.ts';
import type { Program, ProgramLoop } from '../../sim/program.ts';
import { NO_CHECKPOINTS } from '../../sim/recovery.ts';
import type { Simulation, SimulationOptions } from '../../sim/simulation.ts';
import { Row } from '../../sim/trace.ts';
import { EVERYTHING, fullMesh } from './activities.ts';
import { NEVER, script } from './fail.ts';

/*
 * Groups of ranks, a device each (and one more for its inputs: devices n …), that compute, exchange 4 bytes,
 * compute 1 s, exchange 4 bytes again and update for 1 s. Links carry 1 B/s each way: an all-reduce of 4
 * bytes among two ranks sends 2 bytes to sum and 2 to spread, in 4 s.
 */

/** Activities of a step: input, forward, exchange, backward, exchange, update. */
const INPUT = 0;
const FIRST = 2;
const SECOND = 4;
const UPDATE = 5;

interface Job {
  /** Seconds of each rank before its first exchange. */
  readonly compute: readonly number[];
  readonly groups: readonly (readonly number[])[];
  readonly updates: number;
  /** Whether ranks hold the variables; else nobody does. */
  readonly holds: boolean;
}

function program({ compute, groups, updates, holds }: Job): Program {
  const ranks = compute.length;
  const exchanges = groups.flatMap((devices, g) =>
    [FIRST, SECOND].map(
      (node): Exchange => ({
        name: node === FIRST ? 'first' : 'second',
        collective: 'all-reduce',
        algorithm: 'ring',
        bytes: 4,
        group: { name: `group ${g}`, devices },
        members: devices.map((loop, rank) => ({ loop, node, rank })),
      }),
    ),
  );
  const loops = compute.map((seconds, r): ProgramLoop => {
    const g = groups.findIndex((group) => group.includes(r));
    return {
      loop: { name: `worker/${r}`, replica: r, countsUpdates: groups[g]![0] === r },
      activities: step(seconds),
      device: Int32Array.of(r, ranks + r),
      stream: Int32Array.of(r, ranks + r),
      route: [],
      use: Int32Array.of(-1, -1, 0, -1, 1, 2),
      resource: Int32Array.of(2 * g, 2 * g + 1, r),
      slowed: Uint8Array.of(1, 1),
    };
  });
  return {
    loops,
    streamDevice: Int32Array.from({ length: 2 * ranks }, (_, device) => device),
    streamWidth: new Int32Array(2 * ranks).fill(1),
    variableCount: ranks,
    accumulators: [],
    queues: [],
    exchanges,
    residentBytes: Float64Array.from({ length: 2 * ranks }, (_, device) => (holds && device < ranks ? 8 : 0)),
    updates,
  };
}

function step(seconds: number) {
  const write = new ActivityGraphBuilder();
  const device = write.stream(0);
  const input = write.stream(1);
  const names = ['input', 'forward', 'first', 'backward', 'second', 'update'];
  const times = [0, seconds, 0, 1, 0, 1];
  for (const [i, name] of names.entries()) {
    write.compute(i === INPUT ? input : device, times[i]!, name);
    if (i > 0) write.after(i - 1, i);
  }
  const graph = write.finish();
  for (const node of [FIRST, SECOND]) graph.action[node] = Action.exchange;
  graph.action[UPDATE] = Action.update;
  return graph;
}

const cluster = (ranks: number): Cluster => fullMesh(2 * ranks, () => 1);

const failure = (seconds: number, device: number, repairSeconds: number): Change => ({
  kind: 'failure',
  seconds,
  devices: [device],
  what: `device ${device}`,
  repairSeconds,
});

function train(job: Job, changes: readonly Change[], options: SimulationOptions = {}): Simulation {
  return simulate(program(job), cluster(job.compute.length), {
    disturbances: script(changes),
    record: EVERYTHING,
    ...options,
  });
}

// worker/0 computes 4 s, worker/1 6 s; the first exchange 6 … 10, backward until 11, the second 11 … 15, the
// update until 16.
const pair: Job = { compute: [4, 6], groups: [[0, 1]], updates: 3, holds: true };

describe('failures among ranks that hold variables', () => {
  const checkpoints = {
    ...NO_CHECKPOINTS,
    everyUpdates: 2,
    writeSeconds: 3,
    restartSeconds: 1,
    restoreSeconds: 2,
  };

  test('none: a step takes 16 s; while rank 0 writes a checkpoint, rank 1 waits for it', () => {
    expect([...train(pair, []).updateSeconds]).toEqual([16, 32, 48]);
    // worker/0 begins its third step at 35: at the exchange at 39, where worker/1 is since 38.
    expect([...train(pair, [], { checkpoints }).updateSeconds]).toEqual([16, 32, 49]);
  });

  test.each([
    ['computes', 3],
    ['waits for the other', 5],
    ['exchanges', 8],
    ['is in the second exchange', 13],
  ])('one that %s takes all back to the last checkpoint', (_, at) => {
    const { updateSeconds, losses } = train(pair, [failure(at, 0, 10)], { checkpoints });
    const back = at + 10 + 1 + 2;
    expect([...updateSeconds]).toEqual([back + 16, back + 32, back + 49]);
    expect(losses).toEqual([
      { seconds: at, what: 'device 0', outcome: 'restarted', updatesLost: 0, lostSince: 0, downSeconds: 13 },
    ]);
    // With a checkpoint, written at 35, only the third step is lost.
    const later = train(pair, [failure(35 + at, 1, 10)], { checkpoints });
    expect([...later.updateSeconds]).toEqual([16, 32, 35 + back + 16]);
    expect(later.losses[0]).toMatchObject({ updatesLost: 0, lostSince: 35 });
  });

  test('an exchange that is given up moves nothing more, and its devices are no longer busy', () => {
    // At 8, two of the four seconds of the first exchange have gone by, with 2 bytes each way; then one whole step.
    const { linkBytes, linkBusySeconds, deviceUse, trace } = train({ ...pair, updates: 1 }, [
      failure(8, 1, 10),
    ]);
    const link = 0 * 4 + 1;
    expect(linkBytes[link]).toBeCloseTo(2 + 8, 9);
    expect(linkBusySeconds[link]).toBeCloseTo(2 + 8, 9);
    expect(deviceUse.communication[0]).toBeCloseTo(2 + 8, 9);
    const lost = [...trace.kind.subarray(0, trace.length).keys()].filter(
      (row) => trace.kind[row] === Row.lost,
    );
    expect(lost.map((row) => [trace.node[row], trace.start[row], trace.end[row]])).toEqual([
      [FIRST, 6, 8],
      [FIRST, 6, 8],
    ]);
  });

  test('an exchange that is given up before its first byte never sends it', () => {
    // With latencies of a second nothing moves from 6 until 7.
    const slow = fullMesh(4, () => 1, 1);
    const once = program({ ...pair, updates: 1 });
    const [calm, lost] = [[], [failure(6.5, 1, 10)]].map((changes) =>
      simulate(once, slow, { disturbances: script(changes) }),
    );
    expect(lost!.updateSeconds[0]).toBe(16.5 + calm!.updateSeconds[0]!);
    expect([...lost!.linkBytes]).toEqual([...calm!.linkBytes]);
  });

  test('a rank whose inputs are lost is lost, with the variables of all', () => {
    const { losses, updateSeconds } = train(pair, [failure(3, 2, 10)]);
    expect(losses[0]!.outcome).toBe('restarted');
    expect(updateSeconds[0]).toBe(13 + 16);
  });

  test('one that is never repaired ends the job', () => {
    const { stopped, seconds } = train(pair, [failure(20, 1, NEVER)]);
    expect(stopped).toBe('device 1 failed at 20 s and is not repaired; the variables that it held are lost');
    expect(seconds).toBe(20);
  });
});

test('where one rank holds variables, the loss of any takes all back', () => {
  const job = program(pair);
  const held = { ...job, residentBytes: Float64Array.of(8, 0, 0, 0) };
  const disturbances = script([failure(20, 1, 10)]);
  const { losses, updateSeconds } = simulate(held, cluster(2), { disturbances });
  expect(losses[0]).toMatchObject({ outcome: 'restarted', updatesLost: 1 });
  expect([...updateSeconds]).toEqual([30 + 16, 30 + 32, 30 + 48]);
});

describe('failures among ranks that hold no variables', () => {
  const bare: Job = { ...pair, holds: false };

  test.each([
    ['before the first exchange', 3],
    ['in the first exchange', 8],
    ['after it', 10.5],
    ['in the second', 13],
  ])('one that is lost %s: all ranks begin the step again when it is back', (_, at) => {
    for (const device of [0, 1]) {
      const { updateSeconds, losses } = train(bare, [failure(at, device, 10)]);
      expect([...updateSeconds]).toEqual([at + 10 + 16, at + 10 + 32, at + 10 + 48]);
      expect(losses[0]!.outcome).toBe('continued');
    }
  });

  test('one that is never repaired is waited for in vain, which is a result', () => {
    const { stopped, updateSeconds } = train(bare, [failure(20, 1, NEVER)]);
    expect([...updateSeconds]).toEqual([16]);
    expect(stopped).toMatch(/^device 1 failed and is not repaired; the others wait for it in vain/);
  });

  test('other groups go on', () => {
    // Two groups alike; each makes an update every 16 s. One of the second is away from 8 to 30: it makes one at 46.
    const two: Job = {
      compute: [4, 6, 4, 6],
      groups: [
        [0, 1],
        [2, 3],
      ],
      updates: 4,
      holds: false,
    };
    expect([...train(two, []).updateSeconds]).toEqual([16, 16, 32, 32]);
    expect([...train(two, [failure(8, 3, 22)]).updateSeconds]).toEqual([16, 32, 46, 48]);
  });
});

test('a deadlock names the group and the ranks that are missing', () => {
  // worker/1 waits for a token that nobody makes.
  const job = program(pair);
  const [first, second] = job.loops;
  const activities = { ...second!.activities, action: second!.activities.action.slice() };
  activities.action[INPUT] = Action.tokenDequeue;
  const waiting: ProgramLoop = {
    ...second!,
    activities,
    use: Int32Array.of(3, -1, 0, -1, 1, 2),
    resource: Int32Array.of(0, 1, 1, 0),
  };
  const stuck: Program = { ...job, loops: [first!, waiting], queues: [{ name: 'tokens', first: undefined }] };
  expect(() => simulate(stuck, cluster(2))).toThrow(
    /^deadlock after 4 simulated seconds; .*worker\/0: first \(exchange\) waits for rank 1 \(worker\/1\) of group group 0/,
  );
});

test('whatever fails when, the job ends, device time is accounted for, and updates take whole steps', () => {
  const failures = fc.array(
    fc.tuple(fc.double({ min: 0, max: 120, noNaN: true }), fc.nat(7), fc.integer({ min: 0, max: 20 })),
    { maxLength: 6 },
  );
  const compute = fc.tuple(...Array.from({ length: 4 }, () => fc.nat(9)));
  fc.assert(
    fc.property(
      failures,
      compute,
      fc.boolean(),
      fc.constantFrom(
        [[0, 1, 2, 3]],
        [
          [0, 1],
          [2, 3],
        ],
        [[0, 2, 3], [1]],
      ),
      fc.constantFrom(1, 2, NEVER),
      (list, seconds, holds, groups, everyUpdates) => {
        const job: Job = { compute: seconds, groups, updates: 6, holds };
        const changes = list
          .map(([at, device, repair]) => failure(at, device, repair))
          .sort((a, b) => a.seconds - b.seconds);
        const calm = train(job, []);
        const run = train(job, changes, {
          memory: false,
          checkpoints: { ...NO_CHECKPOINTS, everyUpdates, writeSeconds: 2 },
        });
        expect(run.stopped).toBeUndefined();
        expect(run.updateSeconds).toHaveLength(6);
        expect(run.seconds).toBeGreaterThanOrEqual(calm.seconds - 1e-9);
        const { compute: computing, communication, waiting } = run.deviceUse;
        for (let device = 0; device < 8; device++) {
          for (const part of [computing, communication, waiting])
            expect(part[device]).toBeGreaterThanOrEqual(-1e-9);
          expect(computing[device]! + communication[device]! + waiting[device]!).toBeCloseTo(run.seconds, 6);
        }
        const { trace } = run;
        for (let row = 0; row < trace.length; row++)
          expect(trace.end[row]!).toBeGreaterThanOrEqual(trace.start[row]!);
      },
    ),
    { numRuns: 200 },
  );
});
