import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readUnrelated } from '../../bench/placement/instances/heterogeneous.ts';
import { exactSchedule } from '../../placement/exact.ts';
import { scheduleMilp, solveMilp } from '../../placement/milp.ts';
import { taskProblem } from '../../placement/task-problem.ts';
import { instances, problemOf } from './bounded-problem.ts';

const SHARED = fileURLToPath(new URL('../../../shared/placement/', import.meta.url));

it('writes assignment, starts and orders', () => {
  const never = Number.POSITIVE_INFINITY;
  const problem = taskProblem(
    [
      { seconds: [2, 1] },
      { seconds: [never, 3], inputs: [{ from: 0, bytes: 4 }] },
      { seconds: [1, 1], residentBytes: 5 },
    ],
    { devices: 2, capacityBytes: [10, 10] },
  );
  // The horizon, one unit = a thousandth of it: tasks 0 and 1 on device 1 (4 s), task 2 on device 0.
  const { text, unit } = scheduleMilp(problem);
  expect(unit).toBeCloseTo(0.004, 12);
  expect(text).toMatchInlineSnapshot(`
    "Minimize
     length: T
    Subject To
     c0: + 1 x0_0 + 1 x0_1 = 1
     c1: + 1 x1_1 = 1
     c2: + 1 x2_0 + 1 x2_1 = 1
     c3: + 1 T - 1 s0 - 2250 x0_0 - 1000 x0_1 >= 0
     c4: + 1 s0 >= 0
     c5: + 1 T - 1 s1 - 750 x1_1 >= 0
     c6: + 1 s1 - 250 x1_1 >= 0
     c7: + 1 T - 1 s2 - 250 x2_0 - 250 x2_1 >= 0
     c8: + 1 s2 >= 0
     c9: + 1 s1 - 1 s0 - 500 x0_0 - 250 x0_1 >= 0
     c10: + 1 s1 - 1 s0 - 1500 x0_0 - 250 x0_1
       - 1000 x1_1 >= -1000
     c11: + 1 s2 - 1 s0 - 500.001 o0_2 - 500.001 x0_0
       - 500.001 x2_0 >= -1000.003
     c12: + 1 s0 - 1 s2 + 1000.001 o0_2 - 1000.001 x2_0
       - 1000.001 x0_0 >= -1750.002
     c13: + 1 s2 - 1 s0 - 250.001 o0_2 - 250.001 x0_1
       - 250.001 x2_1 >= -500.003
     c14: + 1 s0 - 1 s2 + 1000.001 o0_2 - 1000.001 x2_1
       - 1000.001 x0_1 >= -1750.002
     c15: + 1 s2 - 1 s1 - 1000.001 o1_2 - 1000.001 x1_1
       - 1000.001 x2_1 >= -2250.003
     c16: + 1 s1 - 1 s2 + 750.001 o1_2 - 750.001 x2_1
       - 750.001 x1_1 >= -1250.002
     c17: + 1 T - 500 x0_0 - 250 x2_0 >= 0
     c18: + 0.5 x2_0 <= 1
     c19: + 1 T - 250 x0_1 - 750 x1_1 - 250 x2_1 >= 0
     c20: + 0.5 x2_1 <= 1
    Bounds
     0 <= T <= 1000.001
    Binary
     x0_0
     x0_1
     x1_1
     x2_0
     x2_1
     o0_2
     o1_2
    End
    "
  `);
});

it('agrees with branch and bound', async () => {
  await fc.assert(
    fc.asyncProperty(instances({ tasks: 6, devices: 3 }), async (instance) => {
      const problem = problemOf(instance);
      const found = await solveMilp(problem);
      expect(found.proven).toBe(true);
      expect(found.seconds).toBeCloseTo(exactSchedule(problem).seconds, 4);
      expect(found.objective).toBeCloseTo(found.seconds, 4);
    }),
    { seed: 41, numRuns: 15 },
  );
});

it('holds the memory of variables', async () => {
  const tasks = [
    { seconds: 1, residentBytes: 6 },
    { seconds: 1, residentBytes: 6, inputs: [{ from: 0, bytes: 2 }] },
  ];
  const on = (capacity: number) =>
    solveMilp(taskProblem(tasks, { devices: 2, capacityBytes: [capacity, capacity] }));
  expect((await on(20)).seconds).toBe(2);
  expect((await on(10)).seconds).toBe(4);
  await expect(on(5)).rejects.toThrow('highs: no schedule found: Infeasible');
});

describe.skipIf(!existsSync(SHARED))('published instances (where ../shared/placement is there)', () => {
  it.each([
    ['Daoud-2-11', 56],
    ['Hsu-3-10', 80],
    ['Kang2-3-10', 79],
    ['SampleFig-3-8', 66],
  ])(
    '%s, whose optimum is not listed: %d',
    async (name, optimum) => {
      const text = readFileSync(`${SHARED}heterogeneous/Synthetic/${name}.txt`, 'utf8');
      const { problem } = readUnrelated(name, text);
      expect(await solveMilp(problem)).toMatchObject({ seconds: optimum, proven: true });
    },
    60_000,
  );
});
