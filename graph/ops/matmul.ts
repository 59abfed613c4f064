import type { Work } from '../../base/work.ts';
import { fail, type Op } from '../op.ts';
import { broadcastShape, elementCount, formatSpec, sameShape, type TensorSpec } from '../tensor-spec.ts';
import { floatType, type NoAttrs, rank, takes } from './checks.ts';
import { bytesOf } from './costs.ts';
import { mul } from './elementwise.ts';
import { constant } from './state.ts';
import { unbroadcast } from './unbroadcast.ts';

/** ONNX's Gemm; transposition flags as booleans. */
export type GemmAttrs = {
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly alpha?: number;
  readonly beta?: number;
};

type Extents = { readonly m: number; readonly n: number; readonly k: number };

/** Extents of A'[m × k] · B'[k × n]. */
export function productExtents(inputs: readonly TensorSpec[], { transA, transB }: GemmAttrs): Extents {
  const [a, b] = inputs as [TensorSpec, TensorSpec];
  rank(a, 2, 'the left matrix');
  rank(b, 2, 'the right matrix');
  const [m, k] = transA ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!];
  const [kb, n] = transB ? [b.shape[1]!, b.shape[0]!] : [b.shape[0]!, b.shape[1]!];
  return k === kb ? { m, n, k } : fail(`the inner extents ${k} and ${kb} differ`);
}

function productWork(
  gemm: Extents,
  extraFlops: number,
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
): Work {
  return {
    class: 'matmul',
    dtype: inputs[0]!.dtype,
    // m·n results, each of k multiply-adds.
    flops: 2 * gemm.m * gemm.n * gemm.k + extraFlops,
    bytesRead: bytesOf(inputs),
    bytesWritten: bytesOf(outputs),
    gemm,
  };
}

/** [m × k] · [k × n]: 2·m·n·k flops. Two axes only. */
export const matmul: Op<NoAttrs> = {
  name: 'MatMul',
  infer: (inputs) => {
    takes(inputs, 2, 2, 'two matrices');
    const { m, n } = productExtents(inputs, {});
    return [{ dtype: floatType(inputs), shape: [m, n] }];
  },
  cost: (inputs, outputs) => productWork(productExtents(inputs, {}), 0, inputs, outputs),
  // dA = dY·Bᵀ, dB = Aᵀ·dY; Gemm reads its operand transposed, so nothing is moved for it.
  gradient: ({ builder, inputs: [a, b], dy: [dy] }) => [
    builder.add(gemm, [dy!, b!], { transB: true }),
    builder.add(gemm, [a!, dy!], { transA: true }),
  ],
};

/**
 * alpha · A'·B' + beta · C, with C optional and broadcast to the product's shape. 2·m·n·k flops; m·n more each for
 * alpha ≠ 1, for adding C, and for beta ≠ 1.
 */
export const gemm: Op<GemmAttrs> = {
  name: 'Gemm',
  infer: (inputs, attrs) => {
    takes(inputs, 2, 3, 'two matrices and an optional addend');
    const { m, n } = productExtents(inputs, attrs);
    const c = inputs[2];
    if (c !== undefined && !sameShape(broadcastShape(c.shape, [m, n]) ?? [], [m, n])) {
      fail(`the addend ${formatSpec(c)} does not broadcast to [${m},${n}]`);
    }
    return [{ dtype: floatType(inputs), shape: [m, n] }];
  },
  cost: (inputs, outputs, attrs) => {
    const { alpha = 1, beta = 1 } = attrs;
    const addend = inputs.length < 3 ? 0 : beta === 1 ? 1 : 2;
    const perResult = (alpha === 1 ? 0 : 1) + addend;
    return productWork(
      productExtents(inputs, attrs),
      perResult * elementCount(outputs[0]!.shape),
      inputs,
      outputs,
    );
  },
  // For Y = α·A'·B': dA' = α·dY·B'ᵀ and dB' = α·A'ᵀ·dY, themselves transposed where A' or B' is.
  gradient: ({ builder, inputs: [a, b, c], attrs, dy: [dy] }) => {
    const { transA = false, transB = false, alpha = 1, beta = 1 } = attrs;
    const da = transA
      ? builder.add(gemm, [b!, dy!], { transA: transB, transB: true, alpha })
      : builder.add(gemm, [dy!, b!], { transB: !transB, alpha });
    const db = transB
      ? builder.add(gemm, [dy!, a!], { transA: true, transB: transA, alpha })
      : builder.add(gemm, [a!, dy!], { transA: !transA, alpha });
    if (c === undefined) return [da, db];
    const dc = unbroadcast(builder, dy!, c.spec.shape);
    if (beta === 1) return [da, db, dc];
    const scale = builder.add(constant, [], { dtype: dc.spec.dtype, shape: [], value: [beta] });
    return [da, db, builder.add(mul, [dc, scale], {})];
  },
};
