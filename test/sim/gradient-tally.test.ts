import { expect, test } from 'vitest';
import { GradientTally } from '../../sim/gradient-tally.ts';
import type { Program } from '../../sim/program.ts';

const W = 0;
const GROUPS = ['group/0/w', 'group/1/w'];

/** Loops 0 and 1: chiefs of a group each, which update w from their accumulator. Loops 2 to 5: two workers per group. */
function program(): Program {
  const chief = (accumulator: number) => ({
    use: Int32Array.of(0),
    sum: Int32Array.of(1),
    resource: Int32Array.of(W, accumulator),
  });
  const worker = { use: Int32Array.of(0), resource: Int32Array.of(W) };
  return {
    loops: [chief(0), chief(1), worker, worker, worker, worker],
    accumulators: GROUPS.map((name) => ({ name, required: 2 })),
    variableCount: 1,
  } as never;
}

test('a gradient in a sum is as stale as the read of its own worker makes it', () => {
  const tally = new GradientTally(program());
  for (const worker of [2, 3, 4, 5]) tally.read(worker, W);
  for (const worker of [2, 3]) tally.accept(worker, 0);
  expect(tally.applied).toBe(0);
  tally.updateBySum(W, 0);
  expect(tally.staleness).toEqual([2]);
  // One worker of the second group reads again after the first group's update, the other does not.
  tally.accept(4, 1);
  tally.read(5, W);
  tally.accept(5, 1);
  tally.updateBySum(W, 1);
  expect(tally.staleness).toEqual([3, 1]);
  expect(tally.applied).toBe(4);
});

test('what is accepted for the next sum waits for the update of that one', () => {
  const tally = new GradientTally(program());
  for (const worker of [2, 3]) tally.read(worker, W);
  for (const worker of [2, 3, 2]) tally.accept(worker, 0);
  tally.updateBySum(W, 0);
  expect(tally.staleness).toEqual([2]);
  tally.accept(3, 0);
  tally.updateBySum(W, 0);
  expect(tally.staleness).toEqual([2, 2]);
});

test('a gradient that is applied at once counts the updates since its read, and not itself', () => {
  const tally = new GradientTally(program());
  for (const worker of [2, 3, 4]) tally.read(worker, W);
  for (const worker of [2, 3, 4]) tally.update(worker, W);
  expect(tally.staleness).toEqual([1, 1, 1]);
});

test('drops count for the loop whose gradient it was; sums that are lost are never applied', () => {
  const tally = new GradientTally(program());
  tally.drop(3);
  tally.drop(3);
  expect([...tally.dropped]).toEqual([0, 0, 0, 2, 0, 0]);
  tally.read(2, W);
  tally.accept(2, 0);
  tally.forgetSums();
  for (const worker of [2, 3]) tally.accept(worker, 0);
  tally.updateBySum(W, 0);
  expect(tally.applied).toBe(2);
});

test('an update that no gradient of a replica makes counts as a version only', () => {
  const tally = new GradientTally(program());
  tally.read(2, W);
  tally.updateBySum(W, -1);
  expect(tally.applied).toBe(0);
  tally.update(2, W);
  expect(tally.staleness).toEqual([0, 1]);
});
