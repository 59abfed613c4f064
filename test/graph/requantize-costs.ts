import { spec } from '../../graph/tensor-spec.ts';
import { type CostCase, f, vector } from './cost-case.ts';

const bytes = spec('int8', 4, 5);
const scales = { scaleA: 1, scaleB: 1, resultScale: 1 };

export const REQUANTIZE_COSTS = {
  Requantize: [
    // 20 elements: two scales and the activation; 4 bytes read, 1 written
    {
      inputs: [spec('int32', 4, 5)],
      attrs: { activation: 'tanh', scale: 1, resultScale: 1 },
      expected: { ...vector(60, 80, 20), isEpilogue: true },
    },
    {
      inputs: [bytes],
      attrs: { activation: 'linear', scale: 1, resultScale: 1 },
      expected: vector(40, 20, 20),
    },
  ],
  // 20 elements: both scaled, added, scaled back
  QuantizedAdd: [{ inputs: [bytes, spec('int8', 5)], attrs: scales, expected: vector(80, 25, 20) }],
  // 20 elements: multiplied, and by one factor of all scales
  QuantizedMul: [{ inputs: [bytes, spec('int8', 5)], attrs: scales, expected: vector(40, 25, 20) }],
  ApplySparseGradientDescent: [
    // 2 rows of 5: ·, −; rows, gradients and 2 ids of 8 bytes read, rows written; the table of 100 rows is not
    {
      inputs: [f(100, 5), f(2, 5), spec('int64', 2)],
      attrs: { learningRate: 1 },
      expected: vector(20, 96, 40),
    },
  ],
} satisfies { readonly [op: string]: readonly CostCase[] };
