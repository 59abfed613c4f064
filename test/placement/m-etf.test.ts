import { expect, it } from 'vitest';
import { greedy } from '../../placement/greedy.ts';
import { mEtf } from '../../placement/m-etf.ts';
import { OrderedTimer } from '../../placement/ordered-timer.ts';
import { type PlainMachine, type PlainTask, taskProblem } from '../../placement/task-problem.ts';
import { missingBytes, timedContext } from './timed-context.ts';

const two: PlainMachine = { devices: 2 };

function place(tasks: readonly PlainTask[], machine = two): number[] {
  const problem = taskProblem(tasks, machine);
  return [...mEtf.place(problem, timedContext(problem)).placement];
}

// a: 2 s on 0. b and c could both start at 2 on 0; b, the lower, does: 5. c: 5 on 0, 2 + 1 on 1 → 1, done 6.
// d: max(5, 6 + 1) on 0, max(6, 5 + 1) on 1 → 1, done 7. Coplaced, b, c and d are one group: 2 + 3 + 3 + 1 = 9.
const diamond: PlainTask[] = [
  { seconds: 2 },
  { seconds: 3, inputs: [{ from: 0, bytes: 1, tensor: 0 }] },
  { seconds: 3, inputs: [{ from: 0, bytes: 1, tensor: 0 }] },
  {
    seconds: 1,
    inputs: [
      { from: 1, bytes: 1 },
      { from: 2, bytes: 1 },
    ],
  },
];

it('takes the task that can start earliest, where it can', () => {
  const problem = taskProblem(diamond, two);
  const context = timedContext(problem);
  const result = mEtf.place(problem, context);
  expect([...result.placement]).toEqual([0, 0, 1, 1]);
  expect(result.history?.at(-1)?.[1]).toBe(7);
  expect(result.note).toBe('without coplacement');
});

it('gives priorities with which devices run its schedule', () => {
  const problem = taskProblem(diamond, two);
  const { placement, priority } = mEtf.place(problem, timedContext(problem, { ordered: true }));
  expect(new OrderedTimer(problem).seconds(placement, priority!)).toBe(7);
});

it('takes the longer way to the end first among equals', () => {
  // b has 1 + 5 to go, a 1: b starts at 0 on device 0, a on 1.
  expect(place([{ seconds: 1 }, { seconds: 1 }, { seconds: 5, inputs: [{ from: 1, bytes: 9 }] }])).toEqual([
    1, 0, 0,
  ]);
});

it('leaves out devices without room, where greedy does not look', () => {
  // By time alone two tasks come to each device: 12 of the 8 bytes of device 1. The fourth goes to 0: 18 of 20.
  const tasks = Array.from({ length: 4 }, () => ({ seconds: 1, residentBytes: 6 }));
  const problem = taskProblem(tasks, { devices: 2, capacityBytes: [20, 8] });
  const blind = greedy.place(problem, timedContext(problem)).placement;
  expect([...blind]).toEqual([0, 1, 0, 1]);
  expect(missingBytes(problem, blind)).toBe(4);
  const { placement } = mEtf.place(problem, timedContext(problem));
  expect([...placement]).toEqual([0, 1, 0, 0]);
  expect(missingBytes(problem, placement)).toBe(0);
});

it('counts the memory of variables that nobody reads, or that come with their first reader', () => {
  const tasks = [
    { seconds: 0, residentBytes: 6 },
    { seconds: 0, residentBytes: 6 },
    { seconds: 1, inputs: [{ from: 0, bytes: 6 }] },
  ];
  const problem = taskProblem(tasks, { devices: 2, capacityBytes: [12, 13] });
  const { placement } = mEtf.place(problem, timedContext(problem));
  expect(placement[2]).toBe(placement[0]);
  expect(placement[1]).not.toBe(placement[0]);
  expect(missingBytes(problem, placement)).toBe(0);
});

it('has variables follow what reads them first', () => {
  // a takes 9 s on device 0, so b (1 s), c and its variable are on 1. The variable, taken by itself, would be on 0.
  expect(
    place([
      { seconds: 0, residentBytes: 10 },
      { seconds: 9 },
      { seconds: 1 },
      {
        seconds: 1,
        inputs: [
          { from: 0, bytes: 10, tensor: 0 },
          { from: 2, bytes: 2 },
        ],
      },
      {
        seconds: 1,
        inputs: [
          { from: 0, bytes: 10, tensor: 0 },
          { from: 3, bytes: 2 },
        ],
      },
    ]),
  ).toEqual([1, 0, 1, 1, 1]);
});

it('leaves to a CPU what only it may run, or has room for', () => {
  const machine = { devices: 2, kinds: ['CPU', 'GPU'], capacityBytes: [1000, 10] };
  const tasks = [
    { seconds: [1, Number.POSITIVE_INFINITY] },
    { seconds: [1, 1] },
    { seconds: [1, 1], residentBytes: 50, inputs: [{ from: 1, bytes: 1 }] },
  ];
  expect(place(tasks, machine)).toEqual([0, 1, 0]);
});

it("weighs a group's seconds where accelerators differ", () => {
  // Device 1 would start at once, but takes 20 s; waiting 4 s for device 0 is better.
  const tasks = [{ seconds: [4, 80] }, { seconds: [3, 20] }, { seconds: [2, 2.5] }];
  expect(place(tasks, two)).toEqual([0, 0, 1]);
});
