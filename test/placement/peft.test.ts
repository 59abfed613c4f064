import { expect, it } from 'vitest';
import { peftSchedule } from '../../placement/peft.ts';
import { meanTransferSeconds, optimisticCosts } from '../../placement/ranks.ts';
import { ARABNEJAD, TOPCUOGLU, unrelated } from './canonical-tasks.ts';

it('has the optimistic cost table of its paper (table 1)', () => {
  expect([...optimisticCosts(ARABNEJAD, meanTransferSeconds(ARABNEJAD))]).toEqual(
    [
      [64, 68, 86],
      [42, 39, 42],
      [27, 41, 43],
      [42, 39, 50],
      [28, 37, 28],
      [42, 39, 44],
      [13, 16, 22],
      [13, 16, 33],
      [13, 16, 20],
      [0, 0, 0],
    ].flat(),
  );
});

it('needs 122 on the worked example of its paper, 85 on that of HEFT', () => {
  expect(peftSchedule(ARABNEJAD).seconds).toBe(122);
  expect(peftSchedule(TOPCUOGLU).seconds).toBe(85);
});

it('looks past the next task', () => {
  // a is done sooner on 0 (1 s, 2 s), but what follows runs only on 1: 1 + 5 + 1 = 7 against 2 + 1 = 3.
  const problem = unrelated(
    [
      [1, 2],
      [Number.POSITIVE_INFINITY, 1],
    ],
    [[0, 1, 5]],
  );
  expect([...peftSchedule(problem).placement]).toEqual([1, 1]);
  expect(peftSchedule(problem).seconds).toBe(3);
});
