import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stream } from '../../base/random.ts';
import { OrderedTimer } from '../../placement/ordered-timer.ts';
import { upwardRanks } from '../../placement/ranks.ts';
import { placedRanks, TaskOrder } from '../../placement/task-order.ts';
import { taskProblem } from '../../placement/task-problem.ts';

function scattered(seed: number, tasks: number) {
  const random = stream(seed, 'tasks');
  return taskProblem(
    Array.from({ length: tasks }, (_, i) => ({
      seconds: random.below(5),
      inputs: Array.from({ length: Math.min(i, random.below(4)) }, () => ({
        from: random.below(i),
        bytes: random.below(9),
      })),
    })),
    { devices: 3 },
  );
}

it('stays topological under all changes, is what the timer follows, and takes changes back', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.integer({ min: 1, max: 25 }), (seed, tasks) => {
      const problem = scattered(seed, tasks);
      const random = stream(seed, 'order');
      const order = new TaskOrder(problem);
      const timer = new OrderedTimer(problem);
      const placement = Int32Array.from({ length: tasks }, () => random.below(3));
      for (let i = 0; i < 30; i++) {
        const before = [...order.priority];
        if (i % 3 === 0) order.propose(placement, random);
        else if (i % 3 === 1) order.reinsert(random.below(tasks), random);
        else order.sortBy(placement.map(() => random.below(4)));
        timer.seconds(placement, order.priority);
        expect([...timer.order].map((task) => order.priority[task])).toEqual(
          Array.from({ length: tasks }, (_, at) => tasks - at),
        );
        if (random.uniform() < 0.5) {
          order.undo();
          expect([...order.priority]).toEqual(before);
        }
      }
    }),
    { seed: 1, numRuns: 60 },
  );
});

it('ranks tasks by the way to the end, transfers within a device left out', () => {
  const problem = scattered(3, 20);
  const work = Float64Array.from({ length: 20 }, (_, i) => problem.seconds[3 * i]!);
  const rank = new Float64Array(20);
  expect(placedRanks(problem, new Int32Array(20), rank)).toEqual(upwardRanks(problem, work));
  const apart = Int32Array.from({ length: 20 }, (_, i) => i % 3);
  const paid = placedRanks(problem, apart, new Float64Array(20));
  for (let i = 0; i < 20; i++) expect(paid[i]).toBeGreaterThanOrEqual(rank[i]!);
});
