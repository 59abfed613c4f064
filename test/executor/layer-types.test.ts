import { describe, expect, it } from 'vitest';
import type { DType } from '../../base/dtype.ts';
import { evaluateNode } from '../../executor/evaluate.ts';
import type { Op } from '../../graph/op.ts';
import { OPS, type OpName } from '../../graph/ops/index.ts';
import { numbers, type Tensor, tensor } from '../../graph/tensor.ts';
import { CASES } from '../graph/ops-cases.ts';

/** Layers whose kernels take every floating-point type. */
const LAYERS: readonly OpName[] = [
  'MatMul',
  'Gemm',
  'Conv',
  'ConvInputGrad',
  'ConvFilterGrad',
  'ConvTranspose',
  'DeformConv',
  'DeformConvGrad',
  'LocallyConnected',
  'LocallyConnectedInputGrad',
  'LocallyConnectedFilterGrad',
  'MaxPool',
  'MaxPoolGrad',
  'MaxPoolIndices',
  'AveragePool',
  'AveragePoolGrad',
  'LpPool',
  'LpPoolGrad',
  'GlobalAveragePool',
  'BatchNormalization',
  'BatchNormalizationGrad',
  'LayerNormalization',
  'LayerNormalizationGrad',
  'RMSNormalization',
  'RMSNormalizationGrad',
  'GroupNormalization',
  'GroupNormalizationGrad',
  'LRN',
  'LRNGrad',
  'LpNormalization',
  'LpNormalizationGrad',
  'Softmax',
  'LogSoftmax',
  'Dropout',
  'DropoutGrad',
  'SoftmaxCrossEntropyLoss',
  'SoftmaxCrossEntropyLossGrad',
  'NegativeLogLikelihoodLoss',
  'NegativeLogLikelihoodLossGrad',
  'Det',
  'DetGrad',
];

/** The same values in another type, rounded to it. */
function as(dtype: DType, value: Tensor): Tensor {
  return value.spec.dtype === 'float32' ? tensor(dtype, value.spec.shape, numbers(value)) : value;
}

describe('layers compute in every floating-point type, to its rounding', () => {
  for (const name of LAYERS) {
    for (const { what, inputs, attrs } of CASES[name]!) {
      it(`${name}: ${what}`, () => {
        // Values that float16 holds exactly, so that the same elements are greatest.
        const coarse = inputs.map((input) => as('float32', as('float16', input)));
        const expected = evaluateNode(name, coarse, attrs, 'node');
        for (const [dtype, tolerance] of [
          ['float64', 1e-5],
          ['float16', 4e-3],
        ] as const) {
          const given = coarse.map((input) => as(dtype, input));
          const specs = (OPS[name] as Op).infer(
            given.map(({ spec }) => spec),
            attrs,
          );
          const results = evaluateNode(name, given, attrs, 'node');
          expect(results.map(({ spec }) => spec)).toEqual(specs);
          for (const [i, result] of results.entries()) {
            const wanted = numbers(expected[i]!);
            for (const [at, value] of numbers(result).entries()) {
              const error = Math.abs(value - wanted[at]!);
              expect(error, `${dtype} output ${i}, element ${at}`).toBeLessThan(
                tolerance * (1 + Math.abs(wanted[at]!)),
              );
            }
          }
        }
      });
    }
  }
});
