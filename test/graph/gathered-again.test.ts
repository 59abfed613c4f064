import { expect, test } from 'vitest';
import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { allGather } from '../../graph/ops/collective.ts';
import { add } from '../../graph/ops/elementwise.ts';
import { matmul } from '../../graph/ops/matmul.ts';
import { reduceSum } from '../../graph/ops/reduction.ts';
import { placeholder, variable } from '../../graph/ops/state.ts';

const float32 = 'float32';

/** Gathers of the gradient of Σ (x·v + x·w), where x is gathered: what reads them, and what they wait for. */
function gathers(again: boolean): { readonly readers: string[]; readonly waitsFor: string[] }[] {
  const builder = new GraphBuilder();
  const own = builder.add(placeholder, [], { dtype: float32, shape: [2, 3] }, { name: 'own' });
  const weights = ['v', 'w'].map((name) =>
    builder.add(
      variable,
      [],
      { dtype: float32, shape: [3, 3], trainable: true, initializer: 'zeros' },
      { name },
    ),
  );
  const x = builder.add(allGather, [own], { group: 'g', ranks: 2, algorithm: 'auto', axis: 0, again });
  const [left, right] = weights.map((w, i) => builder.add(matmul, [x, w], {}, { name: `product${i}` }));
  const both = builder.add(add, [left!, right!], {});
  const loss = builder.add(reduceSum, [both], { axes: [0, 1], keepdims: false });
  gradients(builder, loss, weights);
  const { name, op, controlStart, control } = builder.finish();
  return builder.nodes
    .filter(({ id }) => op[id] === 'AllGather')
    .map((node) => ({
      readers: builder.nodes
        .filter(({ inputs }) => inputs.some((input) => input.node === node))
        .map((reader) => reader.op.name),
      waitsFor: Array.from(
        control.subarray(controlStart[node.id], controlStart[node.id + 1]),
        (id) => name[id]!,
      ),
    }));
}

test('what is gathered again is so once, when the first gradient that is to meet it is there', () => {
  const [forward, backward, ...others] = gathers(true);
  expect(others).toEqual([]);
  expect(forward).toEqual({ readers: ['MatMul', 'MatMul'], waitsFor: [] });
  expect(backward!.readers).toEqual(['Gemm', 'Gemm']);
  expect(backward!.waitsFor).toHaveLength(1);
  expect(backward!.waitsFor[0]).toMatch(/^gradients\//);
});

test('what is not is read by backward too', () => {
  expect(gathers(false)).toEqual([{ readers: ['MatMul', 'MatMul', 'Gemm', 'Gemm'], waitsFor: [] }]);
});
