import { describe, expect, it } from 'vitest';
import { UserError } from '../../../base/errors.ts';
import type { ClaimKind } from '../../../scenarios/claims/kinds/kind.ts';
import { pointPredictor } from '../../../scenarios/claims/predict-point.ts';
import type { PointTask } from '../../../scenarios/claims/tasks.ts';
import { STUB_KINDS, stubKind, stubPoint } from './stub.ts';

const task = (point: PointTask['point'], more: Partial<PointTask> = {}): PointTask => ({
  point,
  status: 'validated',
  anchor: undefined,
  without: undefined,
  ...more,
});
const noFolds = () => {
  throw new Error('no fold was asked for');
};
const predict = (one: PointTask) => pointPredictor({ kinds: STUB_KINDS, catalogWith: noFolds })(one);

describe('predicting a point', () => {
  it('and its baselines, in the metric of the point', () => {
    expect(predict(task(stubPoint(4, 1, { metric: 'throughput' })))).toEqual({
      predicted: 40 / 1.3,
      roofline: 80,
      ideal: 160,
      seconds: 1.3,
      devices: 4,
      sizes: { devices: 4, batch: 10 },
      kernelFactor: 1,
    });
  });

  it('compares with the step that a relative metric names, in the baselines too', () => {
    const point = stubPoint(4, 3, { metric: 'speedup', reference: { workers: 1, batch: 10 } });
    expect(predict(task(point))).toMatchObject({ predicted: 4 / 1.3, roofline: 4, ideal: 4 });
  });

  it('starts from the measured time of one device: kernels take 2 s, the exchange what it took', () => {
    const anchor = stubPoint(1, 5, { metric: 'throughput' });
    const outcome = predict(task(stubPoint(4, 1, { metric: 'step_time' }), { anchor }));
    expect(outcome).toMatchObject({ kernelFactor: 2, predicted: expect.closeTo(2.3, 3) });
  });

  it.each([
    [0.01, 0.01],
    [40, 40],
  ])('finds the factor where one device takes %d s', (measured, factor) => {
    const outcome = predict(task(stubPoint(2, 1), { anchor: stubPoint(1, measured) }));
    expect(outcome).toMatchObject({ kernelFactor: expect.closeTo(factor, 3) });
  });

  it('says so where what is no kernel takes longer than all that was measured', () => {
    const anchor = stubPoint(1, 0.5);
    const overhead = {
      stub: {
        ...stubKind,
        predict: (_: unknown, { kernelFactor }: { kernelFactor: number }) => ({
          ...stubKind.predict({ workers: 1, batch: 1 }, { kernelFactor } as never),
          seconds: 1 + kernelFactor,
        }),
      },
    } as unknown as Record<string, ClaimKind>;
    const outcome = pointPredictor({ kinds: overhead, catalogWith: noFolds })(
      task(stubPoint(2, 1), { anchor }),
    );
    expect(outcome).toEqual({ why: 'no speed of kernels makes one device take the time that was measured' });
  });

  it.each([
    ['a problem of the point', new UserError('batch: too large'), 'batch: too large'],
    ['a fault of ours', new TypeError('x is undefined'), 'internal error: x is undefined'],
  ])('%s is an outcome too', (_, error, why) => {
    const failing = {
      stub: {
        ...stubKind,
        predict: () => {
          throw error;
        },
      },
    } as unknown as Record<string, ClaimKind>;
    expect(pointPredictor({ kinds: failing, catalogWith: noFolds })(task(stubPoint(2, 1)))).toEqual({ why });
  });

  it('takes the catalog of the fold, made once', () => {
    const asked: unknown[] = [];
    const folds = pointPredictor({
      kinds: STUB_KINDS,
      catalogWith: (parameters) => {
        asked.push(parameters);
        return {} as never;
      },
    });
    const without = { kernels: { share: 0.6 } };
    folds(task(stubPoint(2, 1), { without }));
    folds(task(stubPoint(4, 1), { without }));
    expect(asked).toEqual([without]);
  });
});
