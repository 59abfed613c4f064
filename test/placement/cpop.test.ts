import { expect, it } from 'vitest';
import { cpopSchedule, criticalPath } from '../../placement/cpop.ts';
import { taskProblem } from '../../placement/task-problem.ts';
import { ARABNEJAD, TOPCUOGLU } from './canonical-tasks.ts';

it('puts the critical path of the worked example on P2', () => {
  const { path, device } = criticalPath(TOPCUOGLU);
  expect(path).toEqual([0, 1, 8, 9]);
  expect(device).toBe(1);
  const { placement, seconds } = cpopSchedule(TOPCUOGLU);
  expect(path.map((task) => placement[task])).toEqual([1, 1, 1, 1]);
  expect(seconds).toBe(86);
});

it("needs 167 on PEFT's example", () => {
  expect(cpopSchedule(ARABNEJAD).seconds).toBe(167);
});

it('leaves a task of the path where alone it may run', () => {
  // a → b → c; b has no kernel on 1, where a and c are fast.
  const problem = taskProblem(
    [
      { seconds: [9, 1] },
      { seconds: [2, Number.POSITIVE_INFINITY], inputs: [{ from: 0, bytes: 1 }] },
      { seconds: [9, 1], inputs: [{ from: 1, bytes: 1 }] },
    ],
    { devices: 2 },
  );
  expect([...cpopSchedule(problem).placement]).toEqual([1, 0, 1]);
  expect(cpopSchedule(problem).seconds).toBe(6);
});

it('does not pack more bound work on the device of the path than it can do in the least time', () => {
  // Two layers of three cells, each layer a group; cell t of layer 1 reads cell t of layer 0. The path crosses both.
  const cell = (layer: number, t: number) => ({
    seconds: 4,
    inputs: [
      ...(t > 0 ? [{ from: 2 * (t - 1) + layer, bytes: 1 }] : []),
      ...(layer > 0 ? [{ from: 2 * t, bytes: 1 }] : []),
    ],
    ...(t > 0 && { colocateWith: layer }),
  });
  const tasks = [0, 1, 2].flatMap((t) => [cell(0, t), cell(1, t)]);
  const { placement, seconds } = cpopSchedule(taskProblem(tasks, { devices: 2 }));
  expect([...placement]).toEqual([0, 1, 0, 1, 0, 1]);
  expect(seconds).toBe(4 * 4 + 1);
});

it('takes an empty graph', () => {
  expect(cpopSchedule(taskProblem([], { devices: 2 })).seconds).toBe(0);
});
