import { expect, it } from 'vitest';
import { heft, heftSchedule } from '../../placement/heft.ts';
import { OrderedTimer } from '../../placement/ordered-timer.ts';
import { meanSeconds, meanTransferSeconds, upwardRanks } from '../../placement/ranks.ts';
import { taskProblem } from '../../placement/task-problem.ts';
import { ARABNEJAD, TOPCUOGLU, unrelated } from './canonical-tasks.ts';
import { plainContext } from './plain-context.ts';

it('ranks the worked example of its paper as table 3 does', () => {
  const ranks = upwardRanks(TOPCUOGLU, meanSeconds(TOPCUOGLU), meanTransferSeconds(TOPCUOGLU));
  const published = [108, 77, 80, 80, 69, 63.333, 42.667, 35.667, 44.333, 14.667];
  for (const [task, rank] of published.entries()) expect(ranks[task]).toBeCloseTo(rank, 3);
});

it('schedules the worked example of its paper as figure 3a does', () => {
  const { placement, start, seconds } = heftSchedule(TOPCUOGLU);
  expect(seconds).toBe(80);
  // In the order of ranks: 1, 3, 4, 2, 5, 6, 9, 7, 8, 10 on P3, P3, P2, P1, P3, P2, P2, P3, P1, P2.
  expect([...placement]).toEqual([2, 0, 2, 1, 2, 1, 2, 0, 1, 1]);
  expect([...start]).toEqual([0, 27, 9, 18, 28, 26, 38, 57, 56, 73]);
});

it("needs 133 on PEFT's example", () => {
  expect(heftSchedule(ARABNEJAD).seconds).toBe(133);
});

it('inserts a task into a gap, unless told not to', () => {
  // a (3) and c (9) on 0 and 1 by rank; b waits for a and c's transfer … the gap on 0 between a and d takes e.
  // a: 0–2 on 0. b(a) may run only on 1: arrives 2 + 4 = 6, 6–9. c(b) on 0: arrives 9 + 4 = 13, 13–15.
  // e, last by rank: 3 s, fits between 2 and 13 on 0, else 15–18 there or 9–12 on 1 (where it takes 9).
  const problem = unrelated(
    [
      [2, 99],
      [Number.POSITIVE_INFINITY, 3],
      [2, 99],
      [3, 9],
    ],
    [
      [0, 1, 4],
      [1, 2, 4],
    ],
  );
  expect([...heftSchedule(problem).start]).toEqual([0, 6, 13, 2]);
  expect([...heftSchedule(problem, { insertion: false }).start]).toEqual([0, 6, 13, 15]);
});

it('with contention, counts that a device sends one tensor after another', () => {
  // a (1 s on 0) feeds b, c and d, 4 s each, 3 s per tensor. On idle links 0 keeps one of them, 1 and 2 get the others
  // at 1 + 3. With one tensor at a time the second would be there at 7, finish at 11 > 9 on 0 after the first.
  const b = { seconds: 4, inputs: [{ from: 0, bytes: 3 }] };
  const problem = taskProblem([{ seconds: 1 }, b, b, b], { devices: 3 });
  expect([...heftSchedule(problem).placement]).toEqual([0, 0, 1, 2]);
  expect(heftSchedule(problem).seconds).toBe(8);
  expect([...heftSchedule(problem, { contention: true }).placement]).toEqual([0, 0, 1, 0]);
  expect(heftSchedule(problem, { contention: true }).seconds).toBe(9);
});

it('gives its order where one is sought', () => {
  const timer = new OrderedTimer(TOPCUOGLU);
  const context = plainContext(TOPCUOGLU);
  const evaluateOrdered = timer.seconds.bind(timer);
  const { placement, priority, evaluations } = heft.place(TOPCUOGLU, { ...context, evaluateOrdered });
  expect(timer.seconds(placement, priority!)).toBe(80);
  expect(evaluations).toBe(0);
});
