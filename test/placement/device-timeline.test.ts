import { expect, it } from 'vitest';
import { DeviceTimeline } from '../../placement/device-timeline.ts';

/** Busy 1–3 and 5–6. */
function busy(gaps: boolean): DeviceTimeline {
  const timeline = new DeviceTimeline(gaps);
  for (const [start, finish] of [
    [1, 3],
    [5, 6],
  ] as const) {
    timeline.occupy(start, finish);
  }
  return timeline;
}

it('finds the first gap that is wide enough', () => {
  const timeline = busy(true);
  for (const [ready, seconds, start] of [
    [0, 1, 0], // before the first
    [0, 1.5, 3], // 3–4.5 fits
    [0.5, 1, 3],
    [2, 2, 3], // 3–5 fits exactly
    [3.5, 2, 6], // 3.5–5.5 does not
    [3.5, 1.5, 3.5],
    [0, 3, 6],
    [7, 1, 7],
    [2, 0, 3], // what takes no time does not interrupt either
  ] as const) {
    expect(timeline.earliestStart(ready, seconds)).toBe(start);
  }
  timeline.occupy(3, 5);
  expect(timeline.earliestStart(0, 0.5)).toBe(0);
  expect(timeline.earliestStart(1, 0.5)).toBe(6);
});

it('without gaps appends', () => {
  expect(busy(false).earliestStart(0, 1)).toBe(6);
  expect(busy(false).earliestStart(7, 1)).toBe(7);
});
