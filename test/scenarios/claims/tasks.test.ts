import { describe, expect, it } from 'vitest';
import type { Fit } from '../../../devices/fit.ts';
import { tasksFor } from '../../../scenarios/claims/tasks.ts';
import { STUB_KINDS, stubPoint } from './stub.ts';

const residuals = { points: 1, meanAbsolutePercent: 0, biasPercent: 0 };
const fit: Fit = {
  id: 'kernels',
  what: 'kernels',
  method: 'none',
  on: [{ data: 'made-up/steps' }],
  parameters: { share: 0.5 },
  residuals,
  folds: [
    { leftOut: { data: 'made-up/steps', where: { workers: 2 } }, parameters: { share: 0.6 }, residuals },
  ],
};

describe('what is predicted for each point', () => {
  it('by the fold that left it out; fitted where there is none; validated where no fit used it', () => {
    const points = [stubPoint(2, 1), stubPoint(4, 1), stubPoint(4, 1, { claim: 'other' })];
    const tasks = tasksFor(points, STUB_KINDS, [fit]);
    expect(tasks.map(({ status }) => status)).toEqual(['cross-validated', 'fitted', 'validated']);
    expect(tasks.map(({ without }) => without)).toEqual([{ kernels: { share: 0.6 } }, undefined, undefined]);
  });

  it('is fitted where any of several fits has no fold for it', () => {
    const other = { ...fit, id: 'stack', folds: [] };
    const [task] = tasksFor([stubPoint(2, 1)], STUB_KINDS, [fit, other]);
    expect(task).toMatchObject({ status: 'fitted', without: undefined });
  });

  it('counters of a workload, which are no points themselves, count for all points of the workload', () => {
    const data = 'made-up/counters';
    const counters: Fit = {
      ...fit,
      on: [2, 4].map((workers) => ({ data, where: { workers } })),
      folds: [{ leftOut: { data, where: { workers: 2 } }, parameters: { share: 0.7 }, residuals }],
    };
    const tasks = tasksFor([stubPoint(2, 1), stubPoint(4, 1), stubPoint(8, 1)], STUB_KINDS, [counters]);
    expect(tasks.map(({ status }) => status)).toEqual(['cross-validated', 'fitted', 'validated']);
  });

  it('recalled points are orderings, whatever else they are', () => {
    const [task] = tasksFor([stubPoint(2, 1, { use: 'ordering' })], STUB_KINDS, [fit]);
    expect(task!.status).toBe('ordering');
  });

  it('anchored points start from the point of one device that is else the same', () => {
    const anchored = { anchor: 'single-device' } as const;
    const points = [
      stubPoint(1, 2, anchored),
      stubPoint(4, 3, anchored),
      stubPoint(4, 3, { ...anchored, fields: { workers: 4, batch: 20 } }),
      stubPoint(4, 3, { ...anchored, hardware: 'other' }),
    ];
    const tasks = tasksFor(points, STUB_KINDS, []);
    expect(tasks.map(({ status }) => status)).toEqual(['anchor', 'validated', 'validated', 'validated']);
    expect(tasks.map(({ anchor }) => anchor)).toEqual([undefined, points[0], undefined, undefined]);
  });
});
