import { expect, it } from 'vitest';
import { coplaced, groupBytes } from '../../placement/coplaced.ts';
import { taskProblem } from '../../placement/task-problem.ts';

/** w → a → (b, c) → d, with gradients of d and b, and an update of the variable w. */
const step = taskProblem(
  [
    { name: 'w', seconds: 0, residentBytes: 10 },
    { name: 'a', seconds: 1, inputs: [{ from: 0, bytes: 10 }] },
    { name: 'b', seconds: 1, inputs: [{ from: 1, bytes: 4, tensor: 0 }] },
    { name: 'c', seconds: 1, inputs: [{ from: 1, bytes: 4, tensor: 0 }] },
    {
      name: 'd',
      seconds: 1,
      inputs: [
        { from: 2, bytes: 4 },
        { from: 3, bytes: 4 },
      ],
    },
    { name: 'd gradient', seconds: 1, inputs: [{ from: 4, bytes: 4 }], forward: 4 },
    {
      name: 'b gradient',
      seconds: 1,
      inputs: [
        { from: 5, bytes: 4 },
        { from: 1, bytes: 4, tensor: 0 },
      ],
      forward: 2,
    },
    { name: 'w update', seconds: 1, inputs: [{ from: 6, bytes: 10 }], colocateWith: 0 },
  ],
  { devices: 2 },
);

it('joins gradients with their forward tasks, and a task with its only forward reader', () => {
  // w goes with a (its update is in its group), b and c with d; a has two readers.
  expect([...coplaced(step).group]).toEqual([0, 0, 1, 1, 1, 1, 1, 0]);
});

it('joins gradients only, on demand', () => {
  expect([...coplaced(step, { joinsReaders: false }).group]).toEqual([0, 1, 2, 3, 4, 4, 2, 0]);
});

it('keeps groups within a limit of bytes', () => {
  // b and d make 4 bytes each: 8. c's 4 more would be 12. w has 10 + 10 made for a, which makes 4: too many.
  expect([...coplaced(step, { limitBytes: 9 }).group]).toEqual([0, 1, 2, 3, 2, 2, 2, 0]);
});

it('does not bind others by what runs only on a CPU', () => {
  const problem = taskProblem(
    [
      { seconds: [1, Number.POSITIVE_INFINITY] },
      { seconds: [2, 1], inputs: [{ from: 0, bytes: 1 }] },
      { seconds: [Number.POSITIVE_INFINITY, 1], inputs: [{ from: 1, bytes: 1 }] },
    ],
    { devices: 2, kinds: ['CPU', 'GPU'] },
  );
  const joined = coplaced(problem);
  // The second may run where the third must, so it joins; the first may not.
  expect([...joined.group]).toEqual([0, 1, 1]);
  expect(joined.feasible).toEqual([[0], [1]]);
  expect(joined.seconds[1 * 2 + 0]).toBe(Number.POSITIVE_INFINITY);
});

it('counts variables and what forward tasks make', () => {
  // w: 10 resident + 10 held, its update makes nothing; the other groups: a 4, b 4 + c 4 + d 4.
  expect([...groupBytes(coplaced(step))]).toEqual([24, 12]);
});
