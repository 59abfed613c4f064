import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lowerBounds } from '../../placement/bounds.ts';
import { coarsen } from '../../placement/coarsen.ts';
import type { PlacementProblem } from '../../placement/problem.ts';
import { type PlainTask, taskProblem } from '../../placement/task-problem.ts';

/** Random graphs with shared tensors, colocation, tasks for the CPU (device 0) only, variables and gradients. */
const problems = fc
  .record({
    tasks: fc.array(
      fc.record({
        seconds: fc.integer({ min: 0, max: 9 }),
        inputs: fc.array(
          fc.record({ back: fc.nat(30), bytes: fc.nat(5), tensor: fc.option(fc.nat(1), { nil: undefined }) }),
          { maxLength: 3 },
        ),
        colocate: fc.option(fc.nat(40), { nil: undefined }),
        forward: fc.option(fc.nat(20), { nil: undefined }),
        onCpu: fc.nat(9),
        resident: fc.nat(3),
      }),
      { minLength: 1, maxLength: 60 },
    ),
    devices: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ tasks, devices }) => {
    const onCpu = tasks.map((task) => task.onCpu === 0);
    const plain: PlainTask[] = tasks.map((task, i) => ({
      seconds: Array.from({ length: devices }, (_, d) =>
        d === 0 ? 2 * task.seconds : onCpu[i] ? Infinity : task.seconds,
      ),
      inputs:
        i === 0
          ? []
          : task.inputs.map(({ back, bytes, tensor }) => ({
              from: Math.max(0, i - 1 - back),
              // One size per tensor.
              bytes: tensor === undefined ? bytes : tensor + 1,
              ...(tensor !== undefined && { tensor }),
            })),
      ...(task.colocate !== undefined && i > task.colocate && { colocateWith: i - 1 - task.colocate }),
      ...(task.forward !== undefined && i > task.forward && { forward: i - 1 - task.forward }),
      residentBytes: task.resident,
    }));
    return taskProblem(plain, { devices });
  });

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

function perDevice({ seconds, deviceCount, taskCount }: PlacementProblem): number[] {
  return Array.from({ length: deviceCount }, (_, d) =>
    sum(Array.from({ length: taskCount }, (_t, i) => seconds[i * deviceCount + d]!)),
  );
}

/** Per tensor that a placement sends to other devices than its own: bytes times devices. */
function crossing(problem: PlacementProblem, placement: Int32Array): number {
  let bytes = 0;
  for (let t = 0; t < problem.tensorCount; t++) {
    const readers = problem.reader.subarray(problem.readerStart[t]!, problem.readerStart[t + 1]!);
    const devices = new Set(Array.from(readers, (r) => placement[r]!));
    devices.delete(placement[problem.producer[t]!]!);
    bytes += problem.bytes[t]! * devices.size;
  }
  return bytes;
}

describe('coarsen', () => {
  it('makes problems that are acyclic restrictions of the given ones', () => {
    fc.assert(
      fc.property(problems, fc.integer({ min: 1, max: 30 }), fc.nat(1000), (problem, target, salt) => {
        const { problem: coarse, taskOf, expand } = coarsen(problem, target);
        // Tasks in topological order is what acyclic means; each coarse task has a member.
        for (let i = 0; i < coarse.taskCount; i++) {
          for (let e = coarse.inputStart[i]!; e < coarse.inputStart[i + 1]!; e++) {
            expect(coarse.producer[coarse.input[e]!]).toBeLessThan(i);
          }
        }
        expect(new Set(taskOf).size).toBe(coarse.taskCount);
        expect(sum(coarse.residentBytes)).toBe(sum(problem.residentBytes));
        expect(perDevice(coarse)).toEqual(perDevice(problem));

        const deviceOf = coarse.feasible.map((devices, g) => devices[(salt + g * g) % devices.length]!);
        const placement = coarse.group.map((g) => deviceOf[g]!);
        const fine = expand(placement);
        for (let task = 0; task < problem.taskCount; task++) {
          const g = problem.group[task]!;
          expect(problem.feasible[g]).toContain(fine[task]);
          expect(fine[task]).toBe(fine[problem.member[problem.memberStart[g]!]!]);
        }
        expect(crossing(coarse, placement)).toBe(crossing(problem, fine));
        expect(lowerBounds(problem).seconds).toBeLessThanOrEqual(lowerBounds(coarse).seconds * (1 + 1e-9));
        expect(coarsen(problem, target).taskOf).toEqual(taskOf);
      }),
      { numRuns: 400, seed: 7 },
    );
  });

  it('leaves a problem that is small enough as it is', () => {
    const problem = taskProblem(
      [{ seconds: 1 }, { seconds: 2, inputs: [{ from: 0, bytes: 3 }] }, { seconds: 1, colocateWith: 0 }],
      { devices: 2 },
    );
    const { problem: coarse, taskOf } = coarsen(problem, 3);
    expect([...taskOf]).toEqual([0, 1, 2]);
    for (const column of [
      'seconds',
      'bytes',
      'reader',
      'group',
      'member',
      'forward',
      'residentBytes',
    ] as const) {
      expect(coarse[column]).toEqual(problem[column]);
    }
  });

  it('keeps the branches of a fork apart and merges along each', () => {
    // One source, three chains of 20, one sink.
    const tasks: PlainTask[] = [{ seconds: 1 }];
    for (let branch = 0; branch < 3; branch++) {
      for (let i = 0; i < 20; i++)
        tasks.push({ seconds: 1, inputs: [{ from: i === 0 ? 0 : tasks.length - 1, bytes: 1 }] });
    }
    tasks.push({ seconds: 1, inputs: [20, 40, 60].map((from) => ({ from, bytes: 1 })) });
    const problem = taskProblem(tasks, { devices: 3 });
    const { problem: coarse } = coarsen(problem, 12);
    expect(coarse.taskCount).toBe(12);
    expect(lowerBounds(coarse).criticalPath).toBeLessThanOrEqual(26);
  });

  it('keeps grids square', () => {
    // As of unrolled recurrent layers: 50 layers of 100 steps, each cell after its left and lower neighbours.
    const tasks: PlainTask[] = Array.from({ length: 5_000 }, (_, i) => ({
      seconds: 1,
      inputs: [
        ...(i % 100 > 0 ? [{ from: i - 1, bytes: 1 }] : []),
        ...(i >= 100 ? [{ from: i - 100, bytes: 1 }] : []),
      ],
    }));
    const { problem: coarse } = coarsen(taskProblem(tasks, { devices: 2 }), 200);
    expect(coarse.taskCount).toBe(200);
    expect(Math.max(...coarse.seconds)).toBeLessThanOrEqual(50);
    // Blocks of 5 × 5 would have 30 on the longest path, each of 25 s.
    expect(lowerBounds(coarse).criticalPath).toBeLessThan(1000);
  });
});
