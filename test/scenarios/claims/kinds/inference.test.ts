import { describe, expect, test } from 'vitest';
import { CATALOG, catalogWith } from '../../../../devices/catalog/catalog.ts';
import { FITS } from '../../../../devices/catalog/fits.ts';
import { tpuLayers } from '../../../../scenarios/claims/fit/tpu-layers.ts';
import { inference } from '../../../../scenarios/claims/kinds/inference.ts';
import { loadClaims } from '../../../../scenarios/claims/load.ts';
import { pointPredictor } from '../../../../scenarios/claims/predict-point.ts';
import { clusterSchema } from '../../../../scenarios/cluster-schema.ts';

const FIT = 'tpu-v1-layers';
const fields = (given: Record<string, unknown>) => inference.fields.parse(given);
const setting = { cluster: undefined, catalog: CATALOG, kernelFactor: 1 };

describe('the kind', () => {
  const tpu = fields({ model: 'mlp0', batch: 200, device: 'tpu-v1' });

  test('counts samples, and the flops of products beside the peak', () => {
    const step = inference.predict(tpu, setting);
    expect(step.samples).toBe(200);
    expect(step.modelFlops).toBe(2 * 200 * 19_995_500);
    expect(step.idealSeconds).toBeCloseTo(step.modelFlops! / 91.75e12, 12);
    expect(inference.sizes(tpu)).toEqual({ devices: 1, batch: 200, parameters: 19_995_500 });
  });

  test('adds the time of the host, as a share', () => {
    const alone = inference.predict(tpu, setting).seconds;
    const withHost = fields({ model: 'mlp0', batch: 200, device: 'tpu-v1', host_share: 0.21 });
    expect(inference.predict(withHost, setting).seconds).toBeCloseTo(1.21 * alone, 12);
  });

  test('takes the device of the hardware where none is named', () => {
    const cluster = clusterSchema.parse({ workers: { node: 'server-tpu-v1' } });
    const run = fields({ model: 'mlp0', batch: 200 });
    expect(inference.predict(run, { ...setting, cluster })).toEqual(inference.predict(tpu, setting));
    expect(() => inference.predict(run, setting)).toThrow(/which device\?/);
  });

  test('refuses what it does not know', () => {
    expect(() => fields({ model: 'mlp9', batch: 1 })).toThrow();
    expect(() => fields({ model: 'mlp0', batch: 1, speed: 3 })).toThrow();
    const trained = fields({ model: 'resnet-50', batch: 1, device: 'v100', precision: 'int8' });
    expect(() => inference.predict(trained, setting)).toThrow(/no 8-bit form/);
  });
});

describe('the wait between layers', () => {
  const [fit] = tpuLayers.fits([]);

  test('is what is committed, and what the catalog uses', () => {
    expect(FITS.find(({ id }) => id === FIT)).toEqual(fit);
    expect(CATALOG.device('tpu-v1').launchSeconds.value).toBe(fit!.parameters.launchSeconds);
  });

  test('is 3,100 to 3,400 cycles whichever network is left out', () => {
    expect(fit!.folds).toHaveLength(4);
    for (const { parameters } of [fit!, ...fit!.folds]) {
      expect(parameters.launchSeconds! * 700e6).toBeGreaterThan(3100);
      expect(parameters.launchSeconds! * 700e6).toBeLessThan(3400);
      const catalog = catalogWith({ [FIT]: parameters });
      expect(catalog.device('tpu-v1').launchSeconds.value).toBe(parameters.launchSeconds);
    }
  });
});

test('TOPS of the TPU paper are predicted to 20 % on average, each by the fold without it', () => {
  const predict = pointPredictor({ kinds: { inference } as never, catalogWith });
  const { points } = loadClaims('scenarios/claims/tpu_isca17.yaml');
  const errors = new Map(
    points.flatMap((point) => {
      if (point.claim !== 'table3_tops') return [];
      const model = String(point.fields.model);
      const fold = FITS.find(({ id }) => id === FIT)!.folds.find(
        ({ leftOut }) => leftOut.where?.model === model,
      );
      const without = fold === undefined ? undefined : { [FIT]: fold.parameters };
      const outcome = predict({ point, anchor: undefined, without } as never);
      if (!('predicted' in outcome)) throw new Error(outcome.why);
      return [[model, outcome.predicted / point.measured - 1] as const];
    }),
  );
  expect(errors.size).toBe(6);
  const all = [...errors.values()].map(Math.abs);
  expect(all.reduce((sum, error) => sum + error, 0) / 6).toBeLessThan(0.2);
  // The published counters of CNN1 make half as much again as its published rate.
  for (const [model, error] of errors) if (model !== 'cnn1') expect(Math.abs(error)).toBeLessThan(0.18);
});
