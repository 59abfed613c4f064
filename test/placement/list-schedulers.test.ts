import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lowerBounds } from '../../placement/bounds.ts';
import { cpopSchedule } from '../../placement/cpop.ts';
import { etfSchedule } from '../../placement/etf.ts';
import { heft, heftSchedule } from '../../placement/heft.ts';
import type { Schedule } from '../../placement/list-schedule.ts';
import { OrderedTimer } from '../../placement/ordered-timer.ts';
import { peftSchedule } from '../../placement/peft.ts';
import { type PlacementProblem, transferSeconds } from '../../placement/problem.ts';
import { staticListSchedule } from '../../placement/static-list.ts';
import { type PlainTask, taskProblem } from '../../placement/task-problem.ts';
import { plainContext } from './plain-context.ts';

const SCHEDULERS: { readonly [name: string]: (problem: PlacementProblem) => Schedule } = {
  heft: heftSchedule,
  'heft without insertion': (problem) => heftSchedule(problem, { insertion: false }),
  'heft with contention': (problem) => heftSchedule(problem, { contention: true }),
  cpop: cpopSchedule,
  peft: peftSchedule,
  etf: etfSchedule,
  'static-list': staticListSchedule,
};

/** Tasks with groups, variables, tensors with several readers, devices without kernels, memory. */
const problems = fc
  .record({
    devices: fc.integer({ min: 1, max: 4 }),
    tasks: fc.array(
      fc.record({
        seconds: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 4, maxLength: 4 }),
        only: fc.option(fc.nat(3), { freq: 6 }),
        kind: fc.constantFrom('variable', 'task', 'task', 'task'),
        edges: fc.array(fc.tuple(fc.nat(), fc.nat(5), fc.nat(2)), { maxLength: 3 }),
        colocate: fc.option(fc.nat(), { freq: 4 }),
        resident: fc.nat(4),
      }),
      { maxLength: 25 },
    ),
    capacity: fc.option(fc.nat(30)),
    latency: fc.nat(2),
  })
  .map(({ devices, tasks, capacity, latency }) =>
    taskProblem(
      tasks.map((t, i): PlainTask => {
        const only = t.colocate === null && t.only !== null ? t.only % devices : -1;
        const isVariable = t.kind === 'variable' || i === 0;
        const target = i > 0 && t.colocate !== null ? t.colocate % i : undefined;
        // Groups with two devices asked for would contradict themselves.
        const asked = tasks.some((other) => other.colocate !== null) ? -1 : only;
        return {
          seconds: t.seconds
            .slice(0, devices)
            .map((s, d) => (asked >= 0 && d !== asked ? Number.POSITIVE_INFINITY : isVariable ? 0 : s)),
          inputs: isVariable
            ? []
            : t.edges.map(([from, bytes, tensor]) => ({ from: from % i, bytes, tensor })),
          ...(target !== undefined && { colocateWith: target }),
          residentBytes: isVariable ? t.resident : 0,
        };
      }),
      {
        devices,
        latencySeconds: latency,
        ...(capacity !== null && { capacityBytes: new Array<number>(devices).fill(capacity) }),
      },
    ),
  );

function expectValid(problem: PlacementProblem, { placement, start, finish, seconds }: Schedule): void {
  const { taskCount, deviceCount, inputStart, input, producer, bytes, group, feasible, member, memberStart } =
    problem;
  for (let task = 0; task < taskCount; task++) {
    const d = placement[task]!;
    expect(feasible[group[task]!]).toContain(d);
    expect(d).toBe(placement[member[memberStart[group[task]!]!]!]);
    expect(finish[task]).toBe(start[task]! + problem.seconds[task * deviceCount + d]!);
    expect(finish[task]).toBeLessThanOrEqual(seconds);
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      const from = producer[input[e]!]!;
      const arrival = finish[from]! + transferSeconds(problem, bytes[input[e]!]!, placement[from]!, d);
      expect(start[task]).toBeGreaterThanOrEqual(arrival);
    }
    for (let other = 0; other < task; other++) {
      if (placement[other] !== d) continue;
      const overlap = Math.min(finish[task]!, finish[other]!) - Math.max(start[task]!, start[other]!);
      const isEmpty = finish[task] === start[task] || finish[other] === start[other];
      expect(isEmpty ? 0 : overlap).toBeLessThanOrEqual(0);
    }
  }
}

describe.each(Object.entries(SCHEDULERS))('%s', (_name, scheduler) => {
  it('builds valid schedules, no shorter than the bounds, which devices can follow in order', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const schedule = scheduler(problem);
        expectValid(problem, schedule);
        expect(schedule.seconds).toBeGreaterThanOrEqual(lowerBounds(problem).seconds * (1 - 1e-9));
        const priority = new Float64Array(problem.taskCount);
        for (const [position, task] of schedule.order.entries()) priority[task] = -position;
        const followed = new OrderedTimer(problem).seconds(schedule.placement, priority);
        expect(followed).toBeLessThanOrEqual(schedule.seconds);
        expect(scheduler(problem)).toEqual(schedule);
      }),
      { seed: 7, numRuns: 150 },
    );
  });

  it('puts a variable, and the group that it binds, where it is read', () => {
    // A variable with a cheap update; what reads it runs well only on device 2.
    const problem = taskProblem(
      [
        { seconds: 0, residentBytes: 4, name: 'w' },
        { seconds: [9, 9, 1], inputs: [{ from: 0, bytes: 4, tensor: 0 }] },
        { seconds: 0.1, inputs: [{ from: 1, bytes: 4 }], colocateWith: 0 },
      ],
      { devices: 3 },
    );
    expect([...scheduler(problem).placement]).toEqual([2, 2, 2]);
  });

  it('keeps variables within the memory of their devices', () => {
    // Four layers in a chain, each with 3 B of variables and 1 B in and out: with 5 B a device has room for one.
    const layer = (i: number): PlainTask[] => [
      { seconds: 0, residentBytes: 3 },
      { seconds: 1, inputs: [{ from: 2 * i, bytes: 0 }, ...(i > 0 ? [{ from: 2 * i - 1, bytes: 1 }] : [])] },
    ];
    const tasks = [0, 1, 2, 3].flatMap(layer);
    expect(new Set(scheduler(taskProblem(tasks, { devices: 4 })).placement).size).toBe(1);
    const { placement } = scheduler(taskProblem(tasks, { devices: 4, capacityBytes: [5, 5, 5, 5] }));
    expect([...placement].sort()).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
  });

  it('binds a group where all its work is done soonest, not its first task', () => {
    // a is done sooner on 0 (1 s, 2 s), but its gradient b, bound with it, takes 10 s there and 2 s on 1.
    const problem = taskProblem(
      [
        { seconds: [1, 2] },
        { seconds: [1, 1], inputs: [{ from: 0, bytes: 0 }] },
        { seconds: [10, 2], inputs: [{ from: 1, bytes: 0 }], colocateWith: 0 },
      ],
      { devices: 2 },
    );
    expect(scheduler(problem).placement[0]).toBe(1);
  });

  it('spreads the layers of a recurrent net over devices, each layer one group', () => {
    // L layers of T cells of 1 s, a tensor takes 1 s: two layers are done after T + 1 + 1 (the transfer), or 2 T on one
    // device, where every later layer's first cell would be done sooner than elsewhere.
    const steps = 12;
    const tasks = Array.from({ length: 2 * steps }, (_, i): PlainTask => {
      const inputs = [
        ...(i >= 2 ? [{ from: i - 2, bytes: 1 }] : []),
        ...(i % 2 === 1 ? [{ from: i - 1, bytes: 1 }] : []),
      ];
      return { seconds: 1, inputs, ...(i >= 2 && { colocateWith: i - 2 }) };
    });
    expect(scheduler(taskProblem(tasks, { devices: 2 })).seconds).toBe(steps + 2);
  });

  it('keeps a chain of groups on one device', () => {
    const tasks = Array.from(
      { length: 9 },
      (_, i): PlainTask => ({
        seconds: 1,
        inputs: i > 0 ? [{ from: i - 1, bytes: 1 }] : [],
        ...(i % 3 > 0 && { colocateWith: i - 1 }),
      }),
    );
    expect(scheduler(taskProblem(tasks, { devices: 3 })).seconds).toBe(9);
  });
});

it('plans with less memory until the simulator finds room', () => {
  // Twelve tasks that are fast on device 0, which has room for ten; this simulator finds none for more than eight.
  const tasks = Array.from({ length: 12 }, () => ({ seconds: [1, 50], residentBytes: 10 }));
  const problem = taskProblem(tasks, { devices: 2, capacityBytes: [100, 100] });
  const on0: number[] = [];
  const evaluate = (placement: Int32Array): number => {
    const count = placement.filter((d) => d === 0).length;
    on0.push(count);
    return count > 8 ? 1e9 + count : 600 - count;
  };
  const result = heft.place(problem, { ...plainContext(problem), evaluate, failing: 1e9 });
  expect(on0).toEqual([10, 9, 8]);
  expect(result).toMatchObject({ evaluations: 3, failures: 2, note: 'planned for 80 % of memory' });
});
