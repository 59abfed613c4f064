import type { TensorSpec } from '../../graph/tensor-spec.ts';
import { type CostCase, f, vector } from './cost-case.ts';

/** 3 steps of 2 sequences of 4 elements, 5 units, with so many gates. */
const layer = (gates: number): TensorSpec[] => [f(3, 2, 4), f(1, 5 * gates, 4), f(1, 5 * gates, 5)];
const units = { hidden_size: 5 };
/** Heads of 3 queries and 5 keys of 8 elements, values of 6; two heads of queries share one of keys. */
const [q, k, v] = [f(2, 4, 3, 8), f(2, 2, 5, 8), f(2, 2, 5, 6)];
const heads = { q_num_heads: 4, kv_num_heads: 2 };

export const SEQUENCE_COSTS = {
  // A step: 2·2·20·(4 + 5) = 720; 13 flops and 4 for biases for each of 2·5 units: 170. Three steps.
  // X 24, W 80, R 100 for each of three steps, B 40 elements; Y 30, Y_h and Y_c 10.
  LSTM: [
    {
      inputs: [...layer(4), f(1, 40)],
      attrs: units,
      expected: {
        class: 'matmul',
        flops: 3 * 890,
        bytesRead: 4 * 444,
        bytesWritten: 4 * 50,
        gemm: { m: 2, n: 20, k: 9, count: 3, steps: 3 },
      },
    },
  ],
  // Twice that; dY is read too, and gradients of X, W, R and B written.
  LSTMGrad: [
    {
      inputs: [f(3, 1, 2, 5), ...layer(4), f(1, 40)],
      attrs: { ...units, given: ['Y'] },
      expected: {
        class: 'matmul',
        flops: 6 * 890,
        bytesRead: 4 * 474,
        bytesWritten: 4 * 244,
        gemm: { m: 2, n: 20, k: 9, count: 6, steps: 3 },
      },
    },
  ],
  // A step: 2·2·15·9 = 540 and 11·10 = 110. X 24, W 60, 3·R 75; Y 30, Y_h 10.
  GRU: [
    {
      inputs: layer(3),
      attrs: units,
      expected: {
        class: 'matmul',
        flops: 3 * 650,
        bytesRead: 4 * 309,
        bytesWritten: 4 * 40,
        gemm: { m: 2, n: 15, k: 9, count: 3, steps: 3 },
      },
    },
  ],
  GRUGrad: [
    {
      inputs: [f(1, 2, 5), ...layer(3)],
      attrs: { ...units, given: ['Y_h'] },
      expected: {
        class: 'matmul',
        flops: 6 * 650,
        bytesRead: 4 * 319,
        bytesWritten: 4 * 159,
        gemm: { m: 2, n: 15, k: 9, count: 6, steps: 3 },
      },
    },
  ],
  // A step: 2·2·5·9 = 180 and 2·10, with clipping 2·10 more. X 24, W 20, 3·R 25; Y 30, Y_h 10.
  RNN: [
    {
      inputs: layer(1),
      attrs: { ...units, clip: 2 },
      expected: {
        class: 'matmul',
        flops: 3 * 220,
        bytesRead: 4 * 119,
        bytesWritten: 4 * 40,
        gemm: { m: 2, n: 5, k: 9, count: 3, steps: 3 },
      },
    },
  ],
  RNNGrad: [
    {
      inputs: [f(1, 2, 5), ...layer(1)],
      attrs: { ...units, given: ['Y_h'] },
      expected: {
        class: 'matmul',
        flops: 6 * 200,
        bytesRead: 4 * 129,
        bytesWritten: 4 * 69,
        gemm: { m: 2, n: 5, k: 9, count: 6, steps: 3 },
      },
    },
  ],
  // 2·4·3·5 = 120 scores of 8 + 6 multiply-adds, 1 for the scale and 5 for the softmax. 192 + 160 + 120 elements in,
  // 144 out.
  Attention: [
    {
      inputs: [q, k, v],
      attrs: {},
      expected: {
        class: 'matmul',
        flops: 120 * 34,
        bytesRead: 4 * 472,
        bytesWritten: 4 * 144,
        gemm: { m: 3, n: 5, k: 14, count: 8 },
      },
    },
    // 1 more for the mask, 3 for the softcap
    {
      inputs: [q, k, v, f(3, 5)],
      attrs: { softcap: 2 },
      expected: {
        class: 'matmul',
        flops: 120 * 38,
        bytesRead: 4 * 487,
        bytesWritten: 4 * 144,
        gemm: { m: 3, n: 5, k: 14, count: 8 },
      },
    },
  ],
  // Scores, dQ and dK: 8 each; dP and dV: 6 each; 6 flops again and 4 for the softmax's slope
  AttentionGrad: [
    {
      inputs: [f(2, 4, 3, 6), q, k, v],
      attrs: { given: ['Y'] },
      expected: {
        class: 'matmul',
        flops: 120 * 82,
        bytesRead: 4 * 616,
        bytesWritten: 4 * 472,
        gemm: { m: 3, n: 5, k: 36, count: 8 },
      },
    },
  ],
  // 24 heads of 2 pairs, 6 flops each. 192 elements and two tables of 12.
  RotaryEmbedding: [
    {
      inputs: [f(2, 4, 3, 8), f(2, 3, 2), f(2, 3, 2)],
      attrs: { rotary_embedding_dim: 4 },
      expected: vector(288, 4 * 216, 4 * 192),
    },
  ],
  // 6 steps of 2 states of 2 × 3, per element: decay 1, retrieval 2, update 2, and 2 for each of two heads.
  LinearAttention: [
    {
      inputs: [f(2, 3, 8), f(2, 3, 4), f(2, 3, 6), f(2, 2, 2, 3), f(2, 3, 4), f(2, 3, 2)],
      attrs: { ...heads, update_rule: 'gated_delta' },
      expected: vector(72 * 9, 4 * 168, 4 * 96),
    },
  ],
  // Update and two heads: 6, three times
  LinearAttentionGrad: [
    {
      inputs: [f(2, 3, 12), f(2, 3, 8), f(2, 3, 4), f(2, 3, 6)],
      attrs: { ...heads, update_rule: 'linear', given: ['output'] },
      expected: vector(72 * 18, 4 * 180, 4 * 108),
    },
  ],
} satisfies { readonly [op: string]: readonly CostCase[] };
