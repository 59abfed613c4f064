import type { Value } from '../builder.ts';
import { add, tanh } from '../ops/elementwise.ts';
import { gather } from '../ops/gather.ts';
import { gelu } from '../ops/gelu.ts';
import { gemm } from '../ops/matmul.ts';
import { reshape, slice } from '../ops/shape.ts';
import { attention, dropped, feedForward, layerNorm } from './attention.ts';
import { authored, crossEntropy, wordCrossEntropy } from './author.ts';
import { embedding, table, wordVectors } from './embedding.ts';
import type { Layers } from './layers.ts';
import { setting } from './settings.ts';
import { toColumns, uneven } from './tensor-ranks.ts';
import { unevenVocabulary } from './vocabulary-ranks.ts';

const DROPOUT =
  'Per cent of embedded words, of the weights of attention and of what is added to a block that training drops.';

/**
 * BERT (Devlin et al., NAACL 2019) as pre-trained: masked words and next sentence. Normalisation after each residual
 * sum, GELU, learned positions and segments; the output of the masked words is tied to the embedding. A sample is a pair
 * of sentences of `length` words together, of which `masked` are predicted. All words are seen: without padding, no mask.
 */
const family = authored(
  { name: 'bert', description: 'BERT' },
  {
    settings: {
      layers: setting(12, 1, 256, 'Transformer blocks.'),
      width: setting(768, 1, 65_536, "Width of a word's vector."),
      heads: setting(12, 1, 1024, 'Attention heads; they divide the width.'),
      length: setting(512, 1, 131_072, 'Words of a sample.'),
      positions: setting(512, 1, 131_072, 'Positions that have a vector; at least the length.'),
      masked: setting(77, 1, 131_072, 'Words of a sample that are predicted.'),
      vocabulary: setting(30_522, 2, 10_000_000, 'Words that there are.'),
      dropout: setting(0, 0, 90, DROPOUT),
    },
    conflict: ({ width, heads, length, positions, masked }) =>
      width % heads !== 0
        ? `${heads} heads do not divide a width of ${width}`
        : length > positions
          ? `a sample of ${length} words has only ${positions} positions`
          : masked > length
            ? `${masked} words cannot be masked of ${length}`
            : undefined,
    splits: ['tensor'],
    indivisible: ({ width, heads, vocabulary }, { tensor }) =>
      uneven(tensor, heads, '# heads') ??
      uneven(tensor, 4 * width, 'an inner width of #') ??
      unevenVocabulary(tensor, vocabulary),
    body: (
      layers,
      batch,
      { layers: depth, width, heads, length, positions, masked, vocabulary, dropout },
    ) => {
      const ratio = dropout / 100;
      const { builder, tensor } = layers;
      const words = layers.integers('words', [batch, length], vocabulary);
      const segments = layers.integers('segments', [batch, length], 2);
      const places = layers.integers('masked_places', [batch * masked], batch * length);
      const labels = layers.integers('labels', [batch * masked], vocabulary);
      const follows = layers.integers('follows', [batch], 2);
      const vectors = table(layers, 'embedding', vocabulary, width, tensor);
      let x = builder.scope('embedding', () => {
        const meaning = wordVectors(layers, vectors, words);
        const placed = builder.add(add, [meaning, positionVectors(layers, positions, length, width)], {});
        const sum = builder.add(add, [placed, embedding(layers, 'segments', segments, 2, width)], {});
        const norm = layerNorm(
          layers,
          'norm',
          builder.add(reshape, [sum], { shape: [batch * length, width] }),
        );
        return dropped(layers, norm, ratio);
      });
      const shape = { batch, heads, bias: true, dropout: ratio };
      const activate = (y: Value): Value => builder.add(gelu, [y], {});
      for (let layer = 1; layer <= depth; layer++) {
        x = builder.scope(`block${layer}`, () => {
          const seen = normalSum(
            layers,
            'norm1',
            x,
            dropped(layers, attention(layers, 'attention', x, x, shape), ratio),
          );
          const thought = feedForward(layers, 'mlp', seen, { batch, inner: 4 * width, activation: activate });
          return normalSum(layers, 'norm2', seen, dropped(layers, thought, ratio));
        });
        if (layer < depth) layers.boundary(x);
      }
      const logits = builder.scope('masked_words', () => {
        const chosen = builder.add(gather, [x, places], { axis: 0 }, { name: 'chosen' });
        const hidden = layerNorm(layers, 'norm', activate(layers.dense('transform', chosen, width)));
        const scores = builder.add(gemm, [toColumns(layers, hidden, batch), vectors], { transB: true });
        const cut = [{ axis: 0, among: tensor }];
        const bias = layers.parameter('bias', [vocabulary], undefined, undefined, 'zeros', cut);
        return builder.add(add, [scores, bias], {}, { name: 'logits' });
      });
      const nextSentence = builder.scope('next_sentence', () => {
        const perSample = builder.add(reshape, [x], { shape: [batch, length * width] });
        const first = builder.add(slice, [perSample], { starts: [0], ends: [width], axes: [1] });
        const pooled = builder.add(tanh, [layers.dense('pooler', first, width)], {});
        return crossEntropy(layers, layers.dense('classifier', pooled, 2), follows);
      });
      const loss = builder.add(
        add,
        [wordCrossEntropy(layers, logits, labels), nextSentence],
        {},
        { name: 'total_loss' },
      );
      return { labels, logits, loss };
    },
  },
);

/** The vectors of the first `length` positions of the table. */
function positionVectors(layers: Layers, positions: number, length: number, width: number): Value {
  const vectors = table(layers, 'positions', positions, width);
  if (length === positions) return vectors;
  return layers.builder.add(slice, [vectors], { starts: [0], ends: [length], axes: [0] });
}

function normalSum(layers: Layers, name: string, x: Value, y: Value): Value {
  return layerNorm(layers, name, layers.builder.add(add, [x, y], {}, { name: 'residual' }));
}

/*
 * Section 3 says 110 and 340 million parameters. Encoder and pooler, which the paper counts, have 109,482,240 and
 * 335,141,888; the two heads of pre-training add 624,188 and 1,084,220.
 */
export const bertBase = family.with(
  {},
  {
    name: 'bert-base',
    description: 'BERT base, pre-training: 12 blocks of width 768, 12 heads, 512 words',
  },
);

export const bertLarge = family.with(
  { layers: 24, width: 1024, heads: 16 },
  {
    name: 'bert-large',
    description: 'BERT large, pre-training: 24 blocks of width 1024, 16 heads, 512 words',
  },
);
