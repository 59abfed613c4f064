import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stream } from '../../base/random.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { fractionalMakespan } from '../../placement/bounds/fractional.ts';
import { type Bounds, lowerBounds } from '../../placement/bounds.ts';
import { ListTimer } from '../../placement/list-timer.ts';
import { OrderedTimer } from '../../placement/ordered-timer.ts';
import { placedGroups } from '../../placement/problem.ts';
import { type PlainTask, taskProblem } from '../../placement/task-problem.ts';
import { instances, type PlainInstance, problemOf } from './bounded-problem.ts';
import { clusterOf, problemOn, task, taskMachine } from './tasks.ts';

function boundsOf(devices: readonly string[], author: (g: GraphBuilder) => void) {
  const g = new GraphBuilder();
  author(g);
  const graph = g.finish();
  return lowerBounds(problemOn(graph, clusterOf(...devices), taskMachine(graph)));
}

it('follows the longest path of least times', () => {
  // 1 + 2 + 1: each node on its faster device, though they differ.
  const { criticalPath } = boundsOf(['GPU:0', 'GPU:1'], (g) => {
    const a = g.node(task, [], { seconds: [1, 5] });
    const b = g.node(task, [], { seconds: [3, 2] }, { control: [a] });
    g.add(task, b.outputs, { seconds: [9, 1] });
  });
  expect(criticalPath).toBe(4);
});

it('divides work among equal devices', () => {
  const bounds = boundsOf(['GPU:0', 'GPU:1', 'GPU:2'], (g) => {
    for (let i = 0; i < 4; i++) g.add(task, [], { seconds: [3] });
  });
  expect(bounds).toEqual({
    criticalPath: 3,
    area: 4,
    group: 3,
    communication: 3,
    headTail: 4,
    memory: { devicesNeeded: 1, fits: true },
    seconds: 4,
  });
});

it('divides work between unequal devices as the linear program does', () => {
  // CPU/GPU ratios 2, 4, 8: the CPU takes the task of ratio 2 first. With x of it on the CPU (8 s there, 4 s on the
  // GPU) the loads are 8x and 4(1 − x) + 2 + 1: equal at x = 7/12, T = 14/3.
  const { area } = boundsOf(['CPU:0', 'GPU:0'], (g) => {
    for (const seconds of [
      [8, 4],
      [8, 2],
      [8, 1],
    ]) {
      g.add(task, [], { seconds });
    }
  });
  expect(area).toBeCloseTo(14 / 3, 9);
});

it('does not give work to a device that may not take it', () => {
  // Two tasks of 3 s for one GPU of two, two of 1 s for either: 6 on the first.
  const { area } = boundsOf(['GPU:0', 'GPU:1'], (g) => {
    for (let i = 0; i < 2; i++) g.add(task, [], { seconds: [3] }, { device: '/device:GPU:0' });
    for (let i = 0; i < 2; i++) g.add(task, [], { seconds: [1] });
  });
  expect(area).toBeCloseTo(6, 9);
});

it('divides work among three kinds of device exactly', () => {
  // One task per kind that only that kind does fast: nothing beats 1 s, and 1 s can be reached.
  const { area } = boundsOf(['CPU:0', 'GPU:0', 'GPU:1'], (g) => {
    for (const seconds of [
      [1, 50, 60],
      [50, 1, 60],
      [50, 60, 1],
    ]) {
      g.add(task, [], { seconds });
    }
  });
  expect(area).toBeCloseTo(1, 12);
});

it('adds up a colocation group on its best device', () => {
  const { group } = boundsOf(['GPU:0', 'GPU:1'], (g) => {
    const a = g.node(task, [], { seconds: [3, 1] });
    g.node(task, [], { seconds: [1, 4] }, { colocateWith: a });
  });
  expect(group).toBe(4);
});

describe('divisible work', () => {
  it('gives a dual and a primal solution of the same value', () => {
    const random = stream(1, 'rows');
    for (let trial = 0; trial < 200; trial++) {
      const classes = 1 + random.below(6);
      const counts = Array.from({ length: classes }, () => 1 + random.below(3));
      const rows = Array.from({ length: 1 + random.below(40) }, () =>
        Array.from({ length: classes }, (_, c) =>
          c > 0 && random.uniform() < 0.1 ? Number.POSITIVE_INFINITY : random.uniform(),
        ),
      );
      const { seconds, shares, fractions } = fractionalMakespan({ rows, counts });
      // Weak duality: any shares give at most, any fractions at least the optimum. Both equal: both optimal.
      const dual = rows.reduce(
        (sum, row) =>
          sum + Math.min(...row.map((s, c) => (Number.isFinite(s) ? (shares[c]! / counts[c]!) * s : s))),
        0,
      );
      const loads = counts.map((count, c) =>
        rows.reduce((sum, row, job) => {
          const x = fractions[job * classes + c]!;
          return x === 0 ? sum : sum + (x * row[c]!) / count;
        }, 0),
      );
      expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
      for (let job = 0; job < rows.length; job++) {
        const sum = fractions.subarray(job * classes, (job + 1) * classes).reduce((a, b) => a + b, 0);
        expect(sum).toBeCloseTo(1, 9);
      }
      expect(dual).toBeCloseTo(seconds, 9);
      expect(Math.max(...loads)).toBeCloseTo(seconds, 9);
    }
  });

  it('takes nothing for no work', () => {
    expect(fractionalMakespan({ rows: [], counts: [1, 2] }).seconds).toBe(0);
  });
});

describe('transfers that cannot be avoided', () => {
  const edge = (from: number, bytes: number) => ({ from, bytes });
  const never = Number.POSITIVE_INFINITY;

  it('counts those between devices that have no choice', () => {
    const bounds = lowerBounds(
      taskProblem([{ seconds: [1, never] }, { seconds: [never, 2], inputs: [edge(0, 5)] }], {
        devices: 2,
        latencySeconds: 0.5,
      }),
    );
    expect(bounds).toMatchObject({ criticalPath: 3, communication: 8.5, seconds: 8.5 });
  });

  it('weighs a slower device against the way to the faster one', () => {
    // Staying on device 0 takes 1 + 4, moving 1 + 2 + 1.
    const tasks = [{ seconds: [1, never] }, { seconds: [4, 1], inputs: [edge(0, 2)] }];
    expect(lowerBounds(taskProblem(tasks, { devices: 2 })).communication).toBe(4);
    expect(lowerBounds(taskProblem(tasks, { devices: 2, latencySeconds: 9 })).communication).toBe(5);
  });

  it('runs the inputs of a task on its device or sends them', () => {
    // Three tasks of 2 s whose results take 3 s to send: two beside the reader (4 s), one sent (5 s), or all beside it.
    const tasks: PlainTask[] = [
      ...Array.from({ length: 3 }, () => ({ seconds: 2 })),
      { seconds: 1, inputs: [edge(0, 3), edge(1, 3), edge(2, 3)] },
    ];
    expect(lowerBounds(taskProblem(tasks, { devices: 4 })).seconds).toBe(6);
    expect(lowerBounds(taskProblem(tasks, { devices: 4, latencySeconds: 9 })).seconds).toBe(7);
    // And the same backwards: one task whose result three others read.
    const out: PlainTask[] = [
      { seconds: 1 },
      ...Array.from({ length: 3 }, () => ({ seconds: 2, inputs: [edge(0, 3)] })),
    ];
    expect(lowerBounds(taskProblem(out, { devices: 4 })).seconds).toBe(6);
  });
});

describe('windows of the step', () => {
  it('adds what comes before and after the tasks that share it', () => {
    // 1 s, then five tasks of 2 s on two devices (5 s at least), then 3 s.
    const tasks: PlainTask[] = [
      { seconds: 1 },
      ...Array.from({ length: 5 }, () => ({ seconds: 2, inputs: [{ from: 0, bytes: 0 }] })),
      { seconds: 3, inputs: [1, 2, 3, 4, 5].map((from) => ({ from, bytes: 0 })) },
    ];
    const bounds = lowerBounds(taskProblem(tasks, { devices: 2 }));
    expect(bounds).toMatchObject({ criticalPath: 6, area: 7, headTail: 9, seconds: 9 });
  });

  it('solves the linear program of the window, not of all tasks', () => {
    // Before: 10 s that only device 0 may do. In the window: two tasks that device 0 does in 1 s, device 1 in 3 s each;
    // equal loads: 2 − x = 3x, so 1.5 s. They wait for tasks without time, so that no task has two to look at at once.
    const reading = (from: number, seconds: number | readonly number[]): PlainTask => ({
      seconds,
      inputs: [{ from, bytes: 0 }],
    });
    const first: PlainTask = { seconds: [10, Number.POSITIVE_INFINITY] };
    const tasks = [first, reading(0, 0), reading(0, 0), reading(1, [1, 3]), reading(2, [1, 3])];
    const bounds = lowerBounds(taskProblem(tasks, { devices: 2 }));
    expect(bounds.headTail).toBeCloseTo(11.5, 9);
  });
});

describe('memory', () => {
  const variables = (sizes: readonly number[], capacityBytes: readonly number[]): Bounds['memory'] =>
    lowerBounds(
      taskProblem(
        sizes.map((residentBytes) => ({ seconds: 1, residentBytes })),
        { devices: capacityBytes.length, capacityBytes },
      ),
    ).memory;

  it('says how many devices the variables need at least', () => {
    expect(variables([3, 3, 3], [10, 10, 10])).toEqual({ devicesNeeded: 1, fits: true });
    expect(variables([6, 6, 6], [20, 10, 10])).toEqual({ devicesNeeded: 1, fits: true });
    expect(variables([4, 4, 4], [10, 10, 10])).toEqual({ devicesNeeded: 2, fits: true });
    // Sum 18 of 20, but no two fit together.
    expect(variables([6, 6, 6], [10, 10, 10])).toEqual({ devicesNeeded: 3, fits: true });
    // 7 and 3 fit together, what is left of 4s beside 6 does, the rest does not.
    expect(variables([6, 6, 4, 4, 4], [10, 10, 10])).toEqual({ devicesNeeded: 3, fits: true });
    expect(variables([], [10])).toEqual({ devicesNeeded: 0, fits: true });
  });

  it('says why nothing fits', () => {
    expect(variables([11], [10, 9])).toMatchObject({
      fits: false,
      reason: expect.stringMatching(/"task0" .* needs 11 B, no device that it may use has more than 10 B/),
    });
    expect(variables([6, 6, 6], [10, 10])).toMatchObject({
      devicesNeeded: 3,
      fits: false,
      reason: 'variables need 3 devices of 10 B, there are 2',
    });
    expect(variables([10, 10, 9], [10, 18])).toMatchObject({
      fits: false,
      reason: 'variables need 29 B, all devices together have 28 B',
    });
  });

  it('counts inputs and outputs of a task beside its variables', () => {
    const tasks: PlainTask[] = [
      { seconds: 1, residentBytes: 5 },
      { seconds: 1, inputs: [{ from: 0, bytes: 4 }] },
    ];
    const on = (capacity: number) =>
      lowerBounds(taskProblem(tasks, { devices: 1, capacityBytes: [capacity] })).memory.fits;
    expect(on(9)).toBe(true);
    expect(on(8)).toBe(false);
  });
});

describe('on random problems', () => {
  const anything = instances({ tasks: 9, devices: 4 });
  const settings = { seed: 20, numRuns: 400 };

  it('no schedule beats a bound', () => {
    fc.assert(
      fc.property(anything, fc.integer(), (instance, seed) => {
        const problem = problemOf(instance);
        const { seconds } = lowerBounds(problem);
        const random = stream(seed, 'placements');
        const list = new ListTimer(problem);
        const shared = new ListTimer(problem, 'by sender');
        const ordered = new OrderedTimer(problem);
        for (let i = 0; i < 20; i++) {
          const placement = placedGroups(
            problem,
            problem.feasible.map((devices) => devices[random.below(devices.length)]!),
          );
          const priority = Float64Array.from({ length: problem.taskCount }, () => random.uniform());
          const best = Math.min(
            list.seconds(placement),
            list.seconds(placement, priority),
            shared.seconds(placement, priority),
            ordered.seconds(placement, priority),
          );
          expect(seconds).toBeLessThanOrEqual(best * (1 + 1e-9));
        }
      }),
      settings,
    );
  });

  it('is never raised by a faster network or another device', () => {
    const parts = (instance: PlainInstance): number[] => {
      const { criticalPath, area, group, communication, headTail, seconds } = lowerBounds(
        problemOf(instance),
      );
      return [criticalPath, area, group, communication, headTail, seconds];
    };
    const expectBelow = (some: readonly number[], others: readonly number[]): void => {
      for (const [i, value] of some.entries()) expect(value).toBeLessThanOrEqual(others[i]! * (1 + 1e-9));
    };
    fc.assert(
      fc.property(anything, fc.boolean(), (instance, equal) => {
        const { tasks, machine } = instance;
        const before = parts(instance);
        const faster = {
          latencySeconds: machine.latencySeconds! / 2,
          secondsPerByte: machine.secondsPerByte! / 3,
        };
        expectBelow(parts({ tasks, machine: { ...machine, ...faster } }), before);
        const more = tasks.map((t) => {
          const seconds = t.seconds as readonly number[];
          return { ...t, seconds: [...seconds, equal ? seconds.at(-1)! : 5] };
        });
        expectBelow(parts({ tasks: more, machine: { ...machine, devices: machine.devices + 1 } }), before);
      }),
      settings,
    );
  });
});
