import { expect, it } from 'vitest';
import { findDevice } from '../../devices/catalog/index.ts';
import { kernelSeconds } from '../../devices/kernels/index.ts';
import { OPS } from '../../graph/ops/index.ts';
import { spec } from '../../graph/tensor-spec.ts';

const byte = (...shape: number[]) => spec('uint8', ...shape);
const scale = spec('float32');

it('8-bit products and convolutions of a graph run on an array of 8-bit multipliers, those of float32 do not', () => {
  const tpu = findDevice('tpu-v1');
  const product = [byte(256, 256), scale, byte(), byte(256, 256), scale, byte(), scale, byte()];
  const images = [byte(1, 64, 16, 16), scale, byte(), byte(64, 64, 3, 3), scale, byte(), scale, byte()];
  const works = [
    OPS.QLinearMatMul.cost(product, OPS.QLinearMatMul.infer(product, {}), {}),
    OPS.QLinearConv.cost(images, OPS.QLinearConv.infer(images, {}), {}),
    OPS.MatMulInteger.cost([product[0]!, product[3]!], [spec('int32', 256, 256)], {}),
  ];
  for (const work of works) {
    expect(work.dtype).toBe('int8');
    expect(Number.isFinite(kernelSeconds(work, tpu))).toBe(true);
  }
  const floats = [spec('float32', 256, 256), spec('float32', 256, 256)];
  const work = OPS.MatMul.cost(floats, [floats[0]!], {});
  expect(kernelSeconds(work, tpu)).toBe(Number.POSITIVE_INFINITY);
});
