import { expect, it } from 'vitest';
import { etfSchedule } from '../../placement/etf.ts';
import { taskProblem } from '../../placement/task-problem.ts';
import { ARABNEJAD, unrelated } from './canonical-tasks.ts';

it('takes the pair that starts earliest; the longest way to the end decides ties', () => {
  // Two equal devices. Levels: a 2 + 3 = 5, b 4, c(a) 3, d(b) 1; tensors take 2 s.
  // 0: a and b can start; a first (level 5) on 0, then b on 1.
  // c on 0 at 2 (on 1 at 4): 2–5. d on 1 at 4: 4–5.
  const problem = taskProblem(
    [
      { seconds: 2 },
      { seconds: 4 },
      { seconds: 3, inputs: [{ from: 0, bytes: 2 }] },
      { seconds: 1, inputs: [{ from: 1, bytes: 2 }] },
    ],
    { devices: 2 },
  );
  const { placement, start } = etfSchedule(problem);
  expect([...placement]).toEqual([0, 1, 0, 1]);
  expect([...start]).toEqual([0, 0, 2, 4]);
});

it('does not start a task at once on a slow device that the fast one would do sooner', () => {
  // 1 is ten times slower: three tasks of 1 s one after another on 0 are done at 3, on 1 the first alone at 10.
  const problem = unrelated(
    [
      [1, 10],
      [1, 10],
      [1, 10],
    ],
    [],
  );
  expect([...etfSchedule(problem).placement]).toEqual([0, 0, 0]);
});

it("needs 123 on PEFT's example", () => {
  expect(etfSchedule(ARABNEJAD).seconds).toBe(123);
});

it('lets a task wait for memory', () => {
  // Capacity 5. a makes 4 B for b, c makes 4 B for d, on one device: c has no room before b is done.
  const task = (from?: number) => ({
    seconds: 1,
    ...(from !== undefined && { inputs: [{ from, bytes: 4, tensor: 0 }] }),
  });
  const problem = taskProblem([task(), task(), task(0), task(1)], { devices: 1, capacityBytes: [5] });
  expect([...etfSchedule(problem).start]).toEqual([0, 2, 1, 3]);
});
