import type { Value } from '../builder.ts';
import { add } from '../ops/elementwise.ts';
import { gelu } from '../ops/gelu.ts';
import { gemm } from '../ops/matmul.ts';
import { reshape } from '../ops/shape.ts';
import { attention, causalMask, feedForward, layerNorm } from './attention.ts';
import { authored, wordCrossEntropy } from './author.ts';
import { table, wordVectors } from './embedding.ts';
import type { Layers } from './layers.ts';
import type { Model } from './model.ts';
import { setting } from './settings.ts';
import { toColumns, uneven } from './tensor-ranks.ts';
import { unevenVocabulary } from './vocabulary-ranks.ts';

/**
 * Decoder-only Transformers as GPT-2 (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019):
 * learned positions, normalisation before each part and after the last block, GELU, the output tied to the embedding. A
 * sample is one sequence of `length` words. Parameters, with l layers of width h, V words and s positions (Narayanan et
 * al. 2021, section 5.1): 12·l·h²·(1 + 13/(12h) + (V + s)/(12·l·h)), and 2h of the last normalisation.
 */
const family = authored(
  { name: 'gpt', description: 'decoder-only Transformer' },
  {
    settings: {
      layers: setting(12, 1, 256, 'Transformer blocks.'),
      width: setting(768, 1, 65_536, "Width of a word's vector."),
      heads: setting(12, 1, 1024, 'Attention heads; they divide the width.'),
      length: setting(1024, 1, 131_072, 'Words of a sequence.'),
      vocabulary: setting(50_257, 2, 10_000_000, 'Words that there are.'),
      inner: setting(
        0,
        0,
        1_000_000,
        'Width between the two dense layers of a block; 0: four times the width.',
      ),
    },
    conflict: ({ width, heads }) =>
      width % heads === 0 ? undefined : `${heads} heads do not divide a width of ${width}`,
    splits: ['tensor', 'sequence'],
    indivisible: ({ width, heads, length, vocabulary, inner }, { tensor, sequence }) =>
      uneven(tensor, heads, '# heads') ??
      uneven(tensor, inner || 4 * width, 'an inner width of #') ??
      unevenVocabulary(tensor, vocabulary) ??
      (sequence ? uneven(tensor, length, 'a length of # words') : undefined),
    body: (layers, batch, { layers: depth, width, heads, length, vocabulary, inner }) => {
      const { builder, tensor, sequence } = layers;
      const words = layers.integers('words', [batch, length], vocabulary);
      const labels = layers.integers('labels', [batch * length], vocabulary);
      const vectors = table(layers, 'embedding', vocabulary, width, tensor);
      const positions = table(layers, 'positions', length, width, sequence ? tensor : undefined);
      const sum = builder.add(
        add,
        [wordVectors(layers, vectors, words), positions],
        {},
        { name: 'embedded' },
      );
      let x = builder.add(reshape, [sum], { shape: [batch * sum.spec.shape[1]!, width] });
      const shape = { batch, heads, bias: true, mask: causalMask(layers, length) };
      for (let layer = 1; layer <= depth; layer++) {
        x = builder.scope(`block${layer}`, () => {
          const normal = layerNorm(layers, 'norm1', x);
          const seen = plus(layers, x, attention(layers, 'attention', normal, normal, shape));
          const thought = feedForward(layers, 'mlp', layerNorm(layers, 'norm2', seen), {
            batch,
            inner: inner || 4 * width,
            activation: (y) => builder.add(gelu, [y], { approximate: 'tanh' }),
          });
          return plus(layers, seen, thought);
        });
        if (layer < depth) layers.boundary(x);
      }
      const normal = toColumns(layers, layerNorm(layers, 'norm', x), batch);
      const logits = builder.add(gemm, [normal, vectors], { transB: true }, { name: 'logits' });
      return { labels, logits, loss: wordCrossEntropy(layers, logits, labels) };
    },
  },
);

function plus({ builder }: Layers, x: Value, y: Value): Value {
  return builder.add(add, [x, y], {}, { name: 'residual' });
}

type Size = readonly [name: string, layers: number, width: number, heads: number];

function variant(paper: string, length: number, [name, layers, width, heads]: Size): Model {
  return family.with(
    { layers, width, heads, length },
    {
      name,
      description: `${paper}: ${layers} blocks of width ${width}, ${heads} heads, sequences of ${length}`,
    },
  );
}

/** Any decoder-only Transformer: GPT-2's smallest until set otherwise. */
export const gpt = family;

/*
 * Radford et al. 2019, table 2, counts 117, 345, 762 and 1542 million parameters; its authors later corrected the first
 * two to 124 and 355 million. Here 124,439,808, 354,823,168, 774,030,080 and 1,557,611,200.
 */
const GPT2 = [
  ['gpt2', 12, 768, 12],
  ['gpt2-medium', 24, 1024, 16],
  ['gpt2-large', 36, 1280, 20],
  ['gpt2-xl', 48, 1600, 25],
] as const;

/*
 * Brown et al., "Language Models are Few-Shot Learners", 2020, table 2.1, with dense attention in all layers (every other
 * layer of theirs is sparse). The 13B row's width of 5140 is not divisible by 40 heads of 128: it is 5120.
 */
const GPT3 = [
  ['gpt3-small', 12, 768, 12],
  ['gpt3-medium', 24, 1024, 16],
  ['gpt3-large', 24, 1536, 16],
  ['gpt3-xl', 24, 2048, 16],
  ['gpt3-2.7b', 32, 2560, 32],
  ['gpt3-6.7b', 32, 4096, 32],
  ['gpt3-13b', 40, 5120, 40],
  ['gpt3-175b', 96, 12_288, 96],
] as const;

export const gpt2Models = GPT2.map((size) => variant('GPT-2', 1024, size));
export const gpt3Models = GPT3.map((size) => variant('GPT-3', 2048, size));
