import { describe, expect, test } from 'vitest';
import { FITS } from '../../../../devices/catalog/fits.ts';
import { judgedAgain } from '../../../../scenarios/claims/fit/component-kernels.ts';
import { measuredKernels } from '../../../../scenarios/claims/fit/deepbench.ts';

describe('measured kernels', () => {
  const v100 = measuredKernels('Tesla V100 (DGX-1)', 'fp32');

  test('are products, convolutions in three passes and recurrent layers', () => {
    const count = (kind: string): number => v100.filter((kernel) => kernel.kind === kind).length;
    expect(count('product')).toBe(160);
    expect(count('recurrent layer')).toBe(53);
    // 94 convolutions; of 10 on sound or images themselves, nobody computes the gradient of the images.
    expect(count('convolution')).toBe(94 + 94 + 84);
  });

  test('have the flops that the sheets say', () => {
    // 1760 × 16 × 1760: 2 · 1760² · 16 = 99.1 MFLOP in 0.038 ms, 2.6 TFLOP/s.
    const { work, seconds } = v100[0]!;
    expect(work.flops).toBe(2 * 1760 * 16 * 1760);
    expect(seconds).toBeCloseTo(38e-6, 9);
    // ResNet's first layer: 16 images of 224², 64 filters 7 × 7 over 3 channels, every second of 112² positions.
    const first = v100.find(({ label }) => label === 'forward 16x3x224x224 * 64x3x7x7 / 2x2');
    expect(first!.work.flops).toBe(2 * 16 * 112 * 112 * 64 * 3 * 49);
  });

  test('sheets that write heights first are turned', () => {
    // DeepSpeech's second layer: 79 × 341, filter 5 × 10, in every sheet 38 × 166 positions.
    for (const device of ['Tesla P100', 'Titan X (Maxwell)', 'AMD MI25']) {
      const layer = measuredKernels(device, 'fp32').find(({ label }) =>
        label.startsWith('forward 4x32x79x341'),
      );
      expect(layer!.work.convolution!.positions, device).toEqual([38, 166]);
    }
  });
});

describe('committed fits', () => {
  const fits = FITS.filter((fit) => judgedAgain(fit) !== undefined);

  test('there are ten', () => {
    expect(fits).toHaveLength(10);
  });

  test.each(fits.map((fit) => [fit.id, fit] as const))(
    '%s: its error is that of the model as it is',
    (_, fit) => {
      const again = judgedAgain(fit)!;
      expect(again.residuals).toEqual(fit.residuals);
      expect(again.parts).toEqual(fit.parts);
    },
  );
});
