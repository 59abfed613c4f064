import { describe, expect, it, test } from 'vitest';
import { turnsInOrder } from '../../../graph/turns.ts';
import { SCHEDULES, scheduleOf } from '../../../sim/strategies/schedules.ts';

/** `1 2 -1`: forward of micro-batches 1 and 2, backward of 1; `1'`: on the device's second stage. */
function drawn(name: string, devices: number, microBatches: number, chunks = 1): string[] {
  return scheduleOf(name, { devices, microBatches, chunks }).map((turns) =>
    turns
      .map(({ stage, backward, microBatch }) => {
        const chunk = "'".repeat(Math.floor(stage / devices));
        return `${backward ? '-' : ''}${microBatch + 1}${chunk}`;
      })
      .join(' '),
  );
}

test('gpipe: Huang et al. 2019, figure 2c', () => {
  expect(drawn('gpipe', 2, 4)).toEqual(['1 2 3 4 -4 -3 -2 -1', '1 2 3 4 -4 -3 -2 -1']);
});

test('1f1b: Narayanan et al. 2021, figure 4, top', () => {
  expect(drawn('1f1b', 4, 8)).toEqual([
    '1 2 3 4 -1 5 -2 6 -3 7 -4 8 -5 -6 -7 -8',
    '1 2 3 -1 4 -2 5 -3 6 -4 7 -5 8 -6 -7 -8',
    '1 2 -1 3 -2 4 -3 5 -4 6 -5 7 -6 8 -7 -8',
    '1 -1 2 -2 3 -3 4 -4 5 -5 6 -6 7 -7 8 -8',
  ]);
});

test('interleaved: Narayanan et al. 2021, figure 4, bottom: devices 1 and 4', () => {
  const [first, , , last] = drawn('interleaved', 4, 8, 2);
  expect(first).toBe(
    "1 2 3 4 1' 2' 3' 4' 5 6 7 -1' 8 -2' 5' -3' 6' -4' 7' -1 8' -2 -3 -4 -5' -6' -7' -8' -5 -6 -7 -8",
  );
  expect(last).toBe(
    "1 2 3 4 1' -1' 2' -2' 3' -3' 4' -4' 5 -1 6 -2 7 -3 8 -4 5' -5' 6' -6' 7' -7' 8' -8' -5 -6 -7 -8",
  );
});

test('interleaved with as many micro-batches as devices: all go forward first, as in Megatron-LM', () => {
  for (const turns of drawn('interleaved', 4, 4, 2))
    expect(turns).toBe("1 2 3 4 1' 2' 3' 4' -1' -2' -3' -4' -1 -2 -3 -4");
});

describe.each(SCHEDULES)('%s', (name) => {
  const chunks = name === 'interleaved' ? 3 : 1;
  const shapes = [1, 2, 3, 4].flatMap((devices) => [1, 2, 5].map((groups) => [devices, groups * devices]));

  it.each(shapes)(
    '%i devices, %i micro-batches: every turn once, in an order that can be kept',
    (devices, microBatches) => {
      const schedule = scheduleOf(name, { devices: devices!, microBatches: microBatches!, chunks });
      const turns = turnsInOrder(schedule).map(
        ({ stage, backward, microBatch }) => `${stage} ${backward} ${microBatch}`,
      );
      expect(new Set(turns).size).toBe(turns.length);
      expect(turns).toHaveLength(devices! * chunks * microBatches! * 2);
    },
  );
});

test('turns that wait for each other are our own fault', () => {
  const forward = { stage: 0, backward: false, microBatch: 0 };
  expect(() => turnsInOrder([[{ ...forward, backward: true }, forward]])).toThrow('2 turns of the schedule');
});
