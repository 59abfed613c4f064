import { expect, it } from 'vitest';
import { heftContended } from '../../placement/heft.ts';
import { heftMultilevel } from '../../placement/heft-multilevel.ts';
import { OrderedTimer } from '../../placement/ordered-timer.ts';
import { type PlainTask, taskProblem } from '../../placement/task-problem.ts';
import { plainContext } from './plain-context.ts';

/** Two chains of small tasks that exchange a tensor at every step, which takes as long as three tasks. */
function ladder(steps: number) {
  const tasks = Array.from(
    { length: 2 * steps },
    (_, i): PlainTask => ({
      seconds: 1,
      inputs: i < 2 ? [] : [{ from: i - 2, bytes: 0 }, ...(i % 2 === 1 ? [{ from: i - 3, bytes: 3 }] : [])],
    }),
  );
  return taskProblem(tasks, { devices: 2 });
}

it('is no worse than HEFT with contention, and says at which granularity', () => {
  const problem = ladder(400);
  const context = plainContext(problem);
  const fine = context.evaluate(heftContended.place(problem, context).placement);
  const result = heftMultilevel.place(problem, context);
  expect(context.evaluate(result.placement)).toBeLessThanOrEqual(fine);
  expect(result.evaluations).toBeLessThanOrEqual(4);
  expect(result.note).toMatch(/each task alone|merged tasks/);
});

it('gives priorities of the tasks, not of merged ones', () => {
  const problem = ladder(400);
  const timer = new OrderedTimer(problem);
  const evaluateOrdered = timer.seconds.bind(timer);
  const { placement, priority, history } = heftMultilevel.place(problem, {
    ...plainContext(problem),
    evaluateOrdered,
  });
  expect(priority).toHaveLength(problem.taskCount);
  expect(timer.seconds(placement, priority!)).toBe(history!.at(-1)![1]);
});
