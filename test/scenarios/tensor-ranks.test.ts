import { describe, it } from 'vitest';
import { stream } from '../../base/random.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';
import { elementCount } from '../../graph/tensor-spec.ts';
import { MODELS } from '../../graph/zoo/index.ts';
import type { Model } from '../../graph/zoo/model.ts';
import { configured } from '../../graph/zoo/settings.ts';
import { algorithm, expectClose, expectSameNumbers, GROUP, type RankResult, runRanks } from './ranks.ts';

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
    author: (builder, rank) => {
      const part = ranks > 1 ? { tensor: { rank, ranks, group: GROUP, algorithm }, sequence } : undefined;
      return { ...model.build(builder, { batch: BATCH, dtype: 'float32', part }), part };
    },
  });
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
    expectSameNumbers(together, alone!);
  });
});
