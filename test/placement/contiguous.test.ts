import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stream } from '../../base/random.ts';
import { contiguous } from '../../placement/contiguous.ts';
import { ListTimer } from '../../placement/list-timer.ts';
import type { PlacerContext } from '../../placement/placer.ts';
import type { PlacementProblem } from '../../placement/problem.ts';
import { stageOrders } from '../../placement/stage-order.ts';
import { bestStages } from '../../placement/stage-table.ts';
import { type PlainTask, taskProblem } from '../../placement/task-problem.ts';

function contextOf(problem: PlacementProblem): PlacerContext {
  const timer = new ListTimer(problem);
  return {
    evaluate: (placement) => timer.seconds(placement),
    failing: Number.POSITIVE_INFINITY,
    random: stream(1, 'placer'),
  };
}

const problems = fc
  .record({
    tasks: fc.array(
      fc.record({
        seconds: fc.integer({ min: 1, max: 9 }),
        inputs: fc.array(fc.record({ back: fc.nat(6), bytes: fc.nat(3) }), { maxLength: 2 }),
        resident: fc.nat(3),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    slowdown: fc.constantFrom([1, 1, 1], [3, 1, 1], [3, 2, 1]),
    devices: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ tasks, slowdown, devices }) =>
    taskProblem(
      tasks.map(
        ({ seconds, inputs, resident }, i): PlainTask => ({
          seconds: slowdown.slice(0, devices).map((factor) => factor * seconds),
          inputs:
            i === 0 ? [] : inputs.map(({ back, bytes }) => ({ from: Math.max(0, i - 1 - back), bytes })),
          residentBytes: resident,
        }),
      ),
      { devices, latencySeconds: 1, kinds: ['CPU', 'GPU', 'GPU'].slice(0, devices) },
    ),
  );

/** The largest load of runs of tasks: `cuts[k]` … `cuts[k + 1] − 1` on `devices[k]`. */
function largestLoad(problem: PlacementProblem, cuts: readonly number[], devices: readonly number[]): number {
  const loads = devices.map((d, k) => {
    const has = (task: number): boolean => task >= cuts[k]! && task < cuts[k + 1]!;
    let load = 0;
    for (let task = cuts[k]!; task < cuts[k + 1]!; task++)
      load += problem.seconds[task * problem.deviceCount + d]!;
    for (let t = 0; t < problem.tensorCount; t++) {
      const readers = Array.from(
        problem.reader.subarray(problem.readerStart[t]!, problem.readerStart[t + 1]!),
      );
      const ends = [problem.producer[t]!, ...readers].map(has);
      if (ends.includes(true) && ends.includes(false)) load += 1 + problem.bytes[t]!;
    }
    return load;
  });
  return Math.max(...loads);
}

it('finds the best runs of an order, whichever device takes which', () => {
  fc.assert(
    fc.property(problems, (problem) => {
      const { taskCount: n, deviceCount: D } = problem;
      let least = Number.POSITIVE_INFINITY;
      for (let code = 0; code < (n + 1) ** (D - 1) * D ** D; code++) {
        const inner = Array.from(
          { length: D - 1 },
          (_, k) => Math.floor(code / D ** D / (n + 1) ** k) % (n + 1),
        );
        const devices = Array.from({ length: D }, (_, k) => Math.floor(code / D ** k) % D);
        if (new Set(devices).size < D || inner.some((cut, k) => k > 0 && cut < inner[k - 1]!)) continue;
        least = Math.min(least, largestLoad(problem, [0, ...inner, n], devices));
      }
      const order = Int32Array.from({ length: n }, (_, i) => i);
      const all = Array.from({ length: D }, (_, d) => d);
      const stages = bestStages(problem, order, all, 1);
      expect(stages.load).toBe(least);
      const loads = all.map((d) => {
        const mine = Array.from(order.keys()).filter((i) => stages.deviceOf[i] === d);
        return mine.length === 0 ? 0 : largestLoad(problem, [mine[0]!, mine.at(-1)! + 1], [d]);
      });
      expect(Math.max(...loads)).toBe(least);
    }),
    { numRuns: 200, seed: 5 },
  );
});

/** Layers of a training step: weights and their update, a forward task, its gradient. */
function training(layers: number): PlainTask[] {
  const tasks: PlainTask[] = Array.from({ length: layers }, (_, i) => ({
    name: `w${i}`,
    seconds: 0,
    residentBytes: 10,
  }));
  for (let i = 0; i < layers; i++) {
    const inputs = [{ from: i, bytes: 10, tensor: 0 }];
    if (i > 0) inputs.push({ from: layers + i - 1, bytes: 1, tensor: 0 });
    tasks.push({ name: `f${i}`, seconds: 1, inputs });
  }
  for (let i = layers - 1; i >= 0; i--) {
    const inputs = [
      { from: i, bytes: 10, tensor: 0 },
      { from: tasks.length - 1, bytes: 1, tensor: 0 },
    ];
    tasks.push({ name: `b${i}`, seconds: 2, inputs, forward: layers + i });
    tasks.push({
      name: `u${i}`,
      seconds: 0,
      inputs: [{ from: tasks.length - 1, bytes: 10, tensor: 1 }],
      colocateWith: i,
    });
  }
  return tasks;
}

it('keeps weights, updates and gradients of a layer in its stage', () => {
  const problem = taskProblem(training(12), { devices: 3, secondsPerByte: 0.01 });
  const { placement } = contiguous.place(problem, contextOf(problem));
  const device = (name: string): number => placement[problem.name.indexOf(name)]!;
  for (let i = 0; i < 12; i++) {
    expect(device(`f${i}`)).toBe(Math.floor(i / 4));
    for (const part of ['w', 'b', 'u']) expect(device(`${part}${i}`)).toBe(device(`f${i}`));
  }
});

it('splits by memory where the fastest split does not fit', () => {
  // Device 0 is four times as fast as the other, but holds two layers only: variables, weights and outputs of 21 bytes.
  const tasks = training(8).map((task) => ({
    ...task,
    seconds: [task.seconds as number, 4 * (task.seconds as number)],
  }));
  const problem = taskProblem(tasks, { devices: 2, secondsPerByte: 0.01, capacityBytes: [43, 400] });
  const { placement } = contiguous.place(problem, contextOf(problem));
  const resident = [0, 0];
  for (const [task, d] of placement.entries()) resident[d]! += problem.residentBytes[task]!;
  expect(resident).toEqual([20, 60]);
});

it('sets aside what only the CPU can do', () => {
  const tasks: PlainTask[] = [{ seconds: [1, Infinity, Infinity] }];
  for (let i = 0; i < 6; i++) tasks.push({ seconds: [9, 1, 1], inputs: [{ from: i, bytes: 0.1 }] });
  const problem = taskProblem(tasks, { devices: 3 });
  expect([...contiguous.place(problem, contextOf(problem)).placement]).toEqual([0, 1, 1, 1, 2, 2, 2]);
});

it('follows branches one by one in one of its orders', () => {
  // Two chains of three, numbered alternately.
  const tasks: PlainTask[] = Array.from({ length: 6 }, (_, i) => ({
    seconds: 1,
    inputs: i < 2 ? [] : [{ from: i - 2, bytes: 1 }],
  }));
  const orders = stageOrders(taskProblem(tasks, { devices: 2 }));
  expect(orders.map((order) => [...order])).toContainEqual([0, 2, 4, 1, 3, 5]);
});
