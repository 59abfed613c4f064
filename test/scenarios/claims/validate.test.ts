import { describe, expect, it } from 'vitest';
import type { LedgerPoint } from '../../../scenarios/claims/ledger-point.ts';
import { parseClaims } from '../../../scenarios/claims/load.ts';
import { pointLabels } from '../../../scenarios/claims/point-labels.ts';
import { batchesOf } from '../../../scenarios/claims/predict-all.ts';
import { pointPredictor } from '../../../scenarios/claims/predict-point.ts';
import { tasksFor } from '../../../scenarios/claims/tasks.ts';
import { validationOf } from '../../../scenarios/claims/validate.ts';
import { STUB_KINDS, stubPoint } from './stub.ts';

const { file } = parseClaims(
  `
format: stepcast-claims/1
id: made-up
source: { title: Made up }
claims:
  - id: steps
    kind: single-device
    what: seconds of a step
    provenance: { kind: seen, read_from: table }
    metric: step_time
    unit: s
    bound: 12
    points: [{ value: 1, model: alexnet, batch: 1 }]
`,
  'made-up.yaml',
);

/** Of points of the stub, whose steps on n devices take 1 + 0.1 (n − 1) s. */
function validationOfPoints(points: readonly LedgerPoint[], boundPercent?: number) {
  const numbered = points.map((point, index) => ({ ...point, index }));
  const tasks = tasksFor(numbered, STUB_KINDS, []);
  const outcomes = tasks.map(pointPredictor({ kinds: STUB_KINDS, catalogWith: () => ({}) as never }));
  const claims = file.claims.map((claim) => ({ ...claim, kind: 'stub' }));
  const ledger = { path: 'made-up.yaml', file: { ...file, claims }, points: numbered };
  return validationOf([ledger], tasks, outcomes, { boundPercent });
}

describe('a validation', () => {
  it('scores what counts: 10 % over, 20 % under, exact', () => {
    const { sources, kinds, total, points } = validationOfPoints([
      stubPoint(1, 1 / 1.1),
      stubPoint(6, 1.5 / 0.8),
      stubPoint(11, 2),
    ]);
    expect(total).toMatchObject({
      counted: 3,
      meanAbsolutePercent: expect.closeTo(10, 9),
      biasPercent: expect.closeTo(-10 / 3, 9),
      worst: 1,
      rankCorrelation: 1,
    });
    expect(kinds).toEqual([{ ...total, kind: 'stub', sources: 1 }]);
    expect(sources[0]!.claims[0]).toMatchObject({ boundPercent: 12, holds: true });
    expect(points.map(({ label }) => label)).toEqual(['workers 1', 'workers 6', 'workers 11']);
  });

  it('a source is over where a claim is beyond its bound, or beyond the one that is asked for', () => {
    const off = [stubPoint(1, 1 / 1.13)];
    expect(validationOfPoints(off).sources[0]!.claims[0]!.holds).toBe(false);
    expect(validationOfPoints(off, 14).sources[0]!.claims[0]!.holds).toBe(true);
  });

  it('a point that fails is there with its reason, and its claim does not hold', () => {
    const { points, sources, total } = validationOfPoints([
      stubPoint(1, 1),
      stubPoint(1, 1, { kind: 'unheard-of' }),
    ]);
    expect(points[1]).toMatchObject({ status: 'failed', why: 'no kind of claims is called unheard-of' });
    expect(sources[0]!.statuses).toMatchObject({ validated: 1, failed: 1 });
    expect(sources[0]!.claims[0]!.holds).toBe(false);
    expect(total.counted).toBe(1);
  });

  it('baselines say nothing of steps without arithmetic', () => {
    const points = [stubPoint(1, 1), stubPoint(2, 1)];
    const tasks = tasksFor(points, STUB_KINDS, []);
    const known = { predicted: 1, roofline: 0.5, seconds: 1, devices: 1, sizes: {}, kernelFactor: 1 };
    const outcomes = [
      { ...known, ideal: 0.25 },
      { ...known, ideal: 0, roofline: Number.POSITIVE_INFINITY },
    ];
    const { total, points: found } = validationOf([{ path: '', file, points }], tasks, outcomes);
    expect(found.map(({ constant, roofline }) => [constant, roofline])).toEqual([
      [1, 0.5],
      [null, null],
    ]);
    expect(total).toMatchObject({ counted: 2, constantPercent: 0, rooflinePercent: 50 });
  });

  it('recalled points count for their order only', () => {
    const recalled = { use: 'ordering', provenance: { kind: 'recalled' } } as const;
    const { total } = validationOfPoints([
      stubPoint(1, 3, recalled),
      stubPoint(2, 2, recalled),
      stubPoint(3, 1, recalled),
    ]);
    expect(total).toMatchObject({ counted: 0, rankCorrelation: -1, worst: null });
  });

  it('anchored points start from one device, which does not count', () => {
    const anchored = { anchor: 'single-device' } as const;
    const { points, total } = validationOfPoints([stubPoint(1, 2, anchored), stubPoint(6, 2.5, anchored)]);
    expect(points.map(({ status, anchored }) => [status, anchored])).toEqual([
      ['anchor', false],
      ['validated', true],
    ]);
    expect(total.meanAbsolutePercent).toBeLessThan(0.01);
  });

  it('measured seconds of a rate are those of the step that has it', () => {
    const { points } = validationOfPoints([stubPoint(2, 10, { metric: 'throughput' })]);
    expect(points[0]!.measuredSeconds).toBeCloseTo(2, 12);
    expect(points[0]!.seconds).toBeCloseTo(1.1, 12);
  });
});

describe('batches of points', () => {
  it('hold every point once, in one claim and model, at most 24', () => {
    const points = Array.from({ length: 100 }, (_, i) =>
      stubPoint(1, 1, { claim: i % 2 === 0 ? 'a' : 'b', fields: { model: i % 3 } }),
    );
    const batches = batchesOf(tasksFor(points, STUB_KINDS, []));
    expect(batches.flat().sort((a, b) => a - b)).toEqual([...points.keys()]);
    for (const batch of batches) {
      expect(batch.length).toBeLessThanOrEqual(24);
      expect(new Set(batch.map((i) => `${points[i]!.claim} ${points[i]!.fields.model}`)).size).toBe(1);
    }
  });
});

describe('labels of points', () => {
  it('name what tells points of a claim apart', () => {
    const fields = (batch: number, overlap: boolean) => ({ fields: { model: 'm', batch, overlap } });
    const labels = pointLabels([
      stubPoint(1, 1, fields(8, true)),
      stubPoint(1, 1, { ...fields(16, false), hardware: 'box' }),
      stubPoint(1, 1, { claim: 'alone' }),
    ]);
    expect(labels).toEqual(['batch 8, overlap', 'batch 16, no overlap, box', '']);
  });
});
