import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../graph/builder.ts';
import { graphWork } from '../../graph/cost.ts';
import { fusedAttention } from '../../graph/fused-attention.ts';
import { LAST, libraryKernels, PASSES } from '../../graph/library-kernels.ts';
import { dropout } from '../../graph/ops/dropout.ts';
import { add, mul, sub } from '../../graph/ops/elementwise.ts';
import { OPS } from '../../graph/ops/index.ts';
import { matmul } from '../../graph/ops/matmul.ts';
import { reduceSum } from '../../graph/ops/reduction.ts';
import { softmax } from '../../graph/ops/softmax.ts';
import { placeholder } from '../../graph/ops/state.ts';

const dtype = 'float16' as const;
const given = (builder: GraphBuilder, ...shape: number[]) => builder.add(placeholder, [], { dtype, shape });
const all = (builder: GraphBuilder) => {
  const graph = builder.finish();
  const work = libraryKernels(graph, { groupOf: new Int32Array(graph.nodeCount) });
  const of = (op: string) => work.filter((_, node) => graph.op[node] === op);
  return { graph, work, of, launched: work.filter(({ class: kind }) => kind !== 'none') };
};

it('every op that can be merged is an op', () => {
  expect([...PASSES, ...LAST].filter((name) => !Object.hasOwn(OPS, name))).toEqual([]);
});

describe('passes over memory', () => {
  it('bias, dropout and residual are one: 3 reads, 1 write and the mask', () => {
    const builder = new GraphBuilder();
    const [x, bias, residual] = [given(builder, 8, 4), given(builder, 4), given(builder, 8, 4)];
    const kept = builder.node(dropout, [builder.add(add, [x, bias], {})], { ratio: 0.1 }).outputs[0]!;
    builder.add(add, [residual, kept], {});
    const { launched } = all(builder);
    expect(launched).toHaveLength(1);
    expect(launched[0]).toMatchObject({ bytesRead: 64 + 8 + 64, bytesWritten: 64 + 32 });
  });

  it("softmax's gradient reads the result and its gradient once", () => {
    const builder = new GraphBuilder();
    const [y, dy] = [given(builder, 8, 4), given(builder, 8, 4)];
    const sum = builder.add(reduceSum, [builder.add(mul, [dy, y], {})], { axes: [-1], keepdims: true });
    builder.add(mul, [y, builder.add(sub, [dy, sum], {})], {});
    const { launched } = all(builder);
    expect(launched).toHaveLength(1);
    expect(launched[0]).toMatchObject({ bytesRead: 128, bytesWritten: 64 });
  });

  it('what two read outside the pass stays a kernel of its own, and so does a sum over rows', () => {
    const builder = new GraphBuilder();
    const [x, w] = [given(builder, 8, 4), given(builder, 4, 4)];
    const y = builder.add(add, [x, x], {});
    builder.add(matmul, [y, w], {});
    builder.add(mul, [y, y], {});
    builder.add(reduceSum, [builder.add(mul, [x, x], {})], { axes: [0] });
    expect(all(builder).launched).toHaveLength(5);
  });

  it('groups are not crossed', () => {
    const builder = new GraphBuilder();
    const x = given(builder, 8, 4);
    builder.add(add, [builder.add(mul, [x, x], {}), x], {});
    const graph = builder.finish();
    const apart = libraryKernels(graph, {
      groupOf: Int32Array.from(graph.op, (op) => (op === 'Add' ? 1 : 0)),
    });
    expect(apart.filter(({ class: kind }) => kind !== 'none')).toHaveLength(2);
    const none = libraryKernels(graph, { groupOf: new Int32Array(graph.nodeCount).fill(-1) });
    expect(none).toEqual(graphWork(graph));
  });
});

describe('products', () => {
  it('of one operand are one wider product with as many flops', () => {
    const builder = new GraphBuilder();
    const x = given(builder, 8, 4);
    for (let i = 0; i < 3; i++) builder.add(matmul, [x, given(builder, 4, 6)], {});
    const { launched } = all(builder);
    expect(launched).toHaveLength(1);
    // x once, three matrices; three results.
    expect(launched[0]).toMatchObject({
      flops: 3 * 2 * 8 * 4 * 6,
      gemm: { m: 8, n: 18, k: 4 },
      bytesRead: 64 + 3 * 48,
      bytesWritten: 3 * 96,
    });
  });

  it('that are only added are one with a longer sum', () => {
    const builder = new GraphBuilder();
    const product = () => builder.add(matmul, [given(builder, 8, 6), given(builder, 6, 4)], {});
    builder.add(add, [builder.add(add, [product(), product()], {}), product()], {});
    const { launched } = all(builder);
    expect(launched).toHaveLength(1);
    expect(launched[0]).toMatchObject({
      flops: 3 * 2 * 8 * 6 * 4,
      gemm: { m: 8, n: 4, k: 18 },
      bytesRead: 3 * (96 + 48),
      bytesWritten: 64,
    });
  });
});

it('fused attention keeps the flops of its products, half of them under a mask, and never touches scores', () => {
  const builder = new GraphBuilder();
  const [q, k, v] = [given(builder, 2, 3, 16, 8), given(builder, 2, 3, 8, 16), given(builder, 2, 3, 16, 8)];
  const scores = builder.add(matmul, [q, k], {});
  builder.add(matmul, [builder.add(softmax, [scores], { axis: -1 }), v], {});
  const graph = builder.finish();
  const groupOf = new Int32Array(graph.nodeCount);
  const fused = (causal: boolean) =>
    fusedAttention(graph, graphWork(graph), { groupOf, length: 16, causal }).filter(
      ({ class: kind }) => kind !== 'none',
    );
  const flops = 2 * 2 * 3 * 16 * 8 * 16;
  const operand = 2 * 2 * 3 * 16 * 8;
  expect(fused(false)).toMatchObject([
    { class: 'attention', flops, bytesRead: 2 * operand, bytesWritten: 0 },
    { class: 'attention', flops, bytesRead: operand, bytesWritten: operand },
  ]);
  expect(fused(true).map((work) => work.flops)).toEqual([flops / 2, flops / 2]);
});
