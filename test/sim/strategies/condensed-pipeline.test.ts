import { describe, expect, it } from 'vitest';
import { condensedPipeline } from '../../../sim/strategies/condensed-pipeline.ts';
import { scheduleOf } from '../../../sim/strategies/schedules.ts';

const alike = (stages: number, forward: number, backward: number) =>
  Array.from({ length: stages }, () => ({ forward, backward }));

describe('a pipeline of equal stages', () => {
  // Narayanan et al. 2021, section 2.2: (m + (p − 1) / v) · (forward + backward), v stages per device each a v-th as long.
  it.each([
    ['1f1b', 4, 8, 1],
    ['1f1b', 8, 1, 1],
    ['gpipe', 4, 8, 1],
    ['interleaved', 4, 8, 2],
    ['interleaved', 8, 16, 3],
  ])(
    '%s on %i devices with %i micro-batches and %i chunks has the bubble of its closed form',
    (name, devices, microBatches, chunks) => {
      const schedule = scheduleOf(name, { devices, microBatches, chunks });
      const stages = alike(devices * chunks, 2 / chunks, 4 / chunks);
      const seconds = condensedPipeline(schedule, { stages, transferSeconds: 0, blocking: false });
      expect(seconds).toBeCloseTo(6 * (microBatches + (devices - 1) / chunks), 9);
    },
  );
});

it('is as slow as its slowest stage where micro-batches are many', () => {
  const schedule = scheduleOf('1f1b', { devices: 3, microBatches: 1000, chunks: 1 });
  const stages = [...alike(2, 1, 2), { forward: 2, backward: 3 }];
  const seconds = condensedPipeline(schedule, { stages, transferSeconds: 0, blocking: false });
  // 1,000 turns of the last stage, what comes to it first, and what goes back last.
  expect(seconds).toBeCloseTo(5 * 1000 + 2 + 4, 9);
});

it('waits for transfers on the way forward and back, and for its own where sending blocks', () => {
  const schedule = scheduleOf('1f1b', { devices: 2, microBatches: 1, chunks: 1 });
  const stages = alike(2, 1, 1);
  // Forward, over, forward, backward, over, backward.
  expect(condensedPipeline(schedule, { stages, transferSeconds: 0.5, blocking: false })).toBe(5);
  const two = scheduleOf('1f1b', { devices: 2, microBatches: 2, chunks: 1 });
  expect(condensedPipeline(two, { stages, transferSeconds: 0.5, blocking: true })).toBeGreaterThan(
    condensedPipeline(two, { stages, transferSeconds: 0.5, blocking: false }),
  );
});

it('has no transfers on one device', () => {
  const schedule = scheduleOf('1f1b', { devices: 1, microBatches: 3, chunks: 1 });
  expect(condensedPipeline(schedule, { stages: alike(1, 1, 2), transferSeconds: 9, blocking: true })).toBe(9);
});
