import { expect, it } from 'vitest';
import { random } from '../../placement/random.ts';
import { taskProblem } from '../../placement/task-problem.ts';
import { plainContext } from './plain-context.ts';

it('takes all feasible devices, one per group', () => {
  const tasks = Array.from({ length: 3000 }, (_, i) => ({
    seconds: i < 1500 ? [1, 1, 1] : [Number.POSITIVE_INFINITY, 1, 1],
    ...(i % 2 === 1 && { colocateWith: i - 1 }),
  }));
  const problem = taskProblem(tasks, { devices: 3 });
  const { placement, evaluations } = random().place(problem, plainContext(problem));
  expect(evaluations).toBe(0);
  const counts = new Float64Array(6);
  for (const [i, d] of placement.entries()) {
    expect(d).toBe(placement[i - (i % 2)]);
    counts[(i < 1500 ? 0 : 3) + d]!++;
  }
  // Of 1500 tasks in pairs: 500 each, or none and 750 each; six standard deviations of 750 pairs are 2 · 6 · √(750 · 2/9).
  const expected = [500, 500, 500, 0, 750, 750];
  for (const [i, count] of counts.entries()) expect(Math.abs(count - expected[i]!)).toBeLessThan(165);
});

it('takes devices with room', () => {
  const tasks = Array.from({ length: 10 }, () => ({ seconds: 1, residentBytes: 1 }));
  const problem = taskProblem(tasks, { devices: 3, capacityBytes: [3, 5, 2] });
  for (let seed = 0; seed < 20; seed++) {
    const counts = [0, 0, 0];
    for (const d of random().place(problem, plainContext(problem, seed)).placement) counts[d]!++;
    expect(counts).toEqual([3, 5, 2]);
  }
});

it('as a search keeps the best of its draws', () => {
  const problem = taskProblem([{ seconds: [4, 1] }, { seconds: [1, 4] }], { devices: 2 });
  const result = random({ draws: 50 }).place(problem, plainContext(problem));
  expect(result).toMatchObject({ placement: new Int32Array([1, 0]), evaluations: 50 });
  const budget = { ...plainContext(problem), evaluations: 3 };
  expect(random({ draws: 50 }).place(problem, budget).evaluations).toBe(3);
});
