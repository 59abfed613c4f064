import { describe, expect, it } from 'vitest';
import { stream } from '../../base/random.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { nodeNamed } from '../../graph/graph.ts';
import type { VariableAttrs } from '../../graph/ops/state.ts';
import { numbers, type Tensor, tensor } from '../../graph/tensor.ts';
import { elementCount } from '../../graph/tensor-spec.ts';
import { MODELS } from '../../graph/zoo/index.ts';
import type { Model } from '../../graph/zoo/model.ts';
import { configured } from '../../graph/zoo/settings.ts';
import { algorithm, GROUP, type RankResult, runRanks } from './ranks.ts';

const BATCH = 2;
const SIZES = { layers: 2, width: 8, heads: 4, vocabulary: 12 };
const MODELS_OF: { readonly [name: string]: Model } = {
  gpt: configured(MODELS.gpt!, { ...SIZES, length: 4 }),
  transformer: configured(MODELS['transformer-base']!, { ...SIZES, length: 4, inner: 16 }),
  bert: configured(MODELS['bert-base']!, { ...SIZES, length: 4, positions: 6, masked: 2 }),
};

/** The same words in each rank, others in each step. */
function feedOf(model: Model): (placeholder: string, rank: number, step: number) => Tensor {
  const { feeds } = model.build(new GraphBuilder(), { batch: BATCH, dtype: 'float32' });
  const below = new Map(
    feeds.map(({ value, below }) => [value.node.name, { spec: value.spec, below: below! }]),
  );
  return (placeholder, _rank, step) => {
    const { spec, below: most } = below.get(placeholder)!;
    const draws = stream(7, placeholder, String(step));
    return tensor(
      spec.dtype,
      spec.shape,
      Array.from({ length: elementCount(spec.shape) }, () => draws.below(most)),
    );
  };
}

function trained(model: Model, ranks: number, sequence: boolean, updates: number): RankResult[] {
  return runRanks({
    ranks,
    updates,
    feed: feedOf(model),
    author: (builder, rank) =>
      model.build(builder, {
        batch: BATCH,
        dtype: 'float32',
        ...(ranks > 1 && { part: { tensor: { rank, ranks, group: GROUP, algorithm }, sequence } }),
      }),
  });
}

/** The whole of a variable, from the ranks' parts; those that all have alike must be equal to the bit. */
function assembled(results: readonly RankResult[], name: string, of: 'gradients' | 'parameters'): number[] {
  const attrsOf = ({ graph }: RankResult) => graph.attrs[nodeNamed(graph, name)] as unknown as VariableAttrs;
  const { whole } = attrsOf(results[0]!);
  const first = [...numbers(results[0]![of].get(name)!)];
  if (whole === undefined) {
    for (const result of results) expect([...numbers(result[of].get(name)!)], name).toEqual(first);
    return first;
  }
  const all = new Array<number>(elementCount(whole)).fill(Number.NaN);
  for (const result of results) {
    const { origin, shape } = attrsOf(result);
    const [rows, columns] = [shape[0]!, elementCount(shape.slice(1))];
    for (const [i, x] of [...numbers(result[of].get(name)!)].entries()) {
      const [row, column] = [Math.floor(i / columns), i % columns];
      expect(row).toBeLessThan(rows);
      all[(origin![0]! + row) * elementCount(whole.slice(1)) + (origin![1] ?? 0) + column] = x;
    }
  }
  return all;
}

/**
 * Within 1e-5 of the greatest of a tensor's elements, or of `least`: the gradient of the keys' bias is 0, since softmax is not
 * moved by what all scores of a query have in common, and so all rounding.
 */
function expectClose(
  actual: readonly number[],
  expected: readonly number[],
  what: string,
  least = 0.01,
): void {
  expect(actual.length, what).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs), least);
  const worst = Math.max(...expected.map((x, i) => Math.abs(actual[i]! - x)));
  expect(worst / scale, what).toBeLessThan(1e-5);
}

describe.each([
  ['gpt', 2, false],
  ['gpt', 4, false],
  ['gpt', 2, true],
  ['gpt', 4, true],
  ['transformer', 2, false],
  ['transformer', 4, true],
  ['bert', 4, false],
] as const)('%s on %i tensor ranks, words divided: %s', (name, ranks, sequence) => {
  const model = MODELS_OF[name]!;

  it.each([1, 3])('has the numbers of one device after %i updates', (updates) => {
    const [alone] = trained(model, 1, false, updates);
    const together = trained(model, ranks, sequence, updates);
    for (const { loss } of together) expectClose([loss], [alone!.loss], 'loss');
    for (const parameter of alone!.parameters.keys()) {
      for (const of of ['gradients', 'parameters'] as const) {
        const expected = [...numbers(alone![of].get(parameter)!)];
        expectClose(assembled(together, parameter, of), expected, `${of} of ${parameter}`);
      }
    }
  });
});
