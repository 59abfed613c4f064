import type { Value } from '../builder.ts';
import { add, mul, relu } from '../ops/elementwise.ts';
import { gemm } from '../ops/matmul.ts';
import { reshape } from '../ops/shape.ts';
import { constant } from '../ops/state.ts';
import { type AttentionShape, attention, causalMask, feedForward, layerNorm } from './attention.ts';
import { authored, wordCrossEntropy } from './author.ts';
import { table, wordVectors } from './embedding.ts';
import type { Layers } from './layers.ts';
import { setting } from './settings.ts';
import { toColumns, uneven } from './tensor-ranks.ts';
import { unevenVocabulary } from './vocabulary-ranks.ts';

/**
 * Encoder and decoder of Vaswani et al., "Attention Is All You Need", NeurIPS 2017: normalisation after each residual sum,
 * ReLU, fixed sinusoidal positions, and one table for both embeddings and the output (section 3.4). A sample is a pair of
 * sentences of `length` words each.
 */
const family = authored(
  { name: 'transformer', description: 'encoder-decoder Transformer' },
  {
    settings: {
      layers: setting(6, 1, 256, 'Blocks of the encoder, and of the decoder.'),
      width: setting(512, 1, 8192, "Width of a word's vector."),
      heads: setting(8, 1, 1024, 'Attention heads; they divide the width.'),
      inner: setting(2048, 1, 1_000_000, 'Width between the two dense layers of a block.'),
      length: setting(128, 1, 4096, 'Words of a sentence, source and target.'),
      vocabulary: setting(37_000, 2, 10_000_000, 'Words of both languages.'),
    },
    conflict: ({ width, heads }) =>
      width % heads === 0 ? undefined : `${heads} heads do not divide a width of ${width}`,
    splits: ['tensor', 'sequence'],
    indivisible: ({ heads, inner, length, vocabulary }, { tensor, sequence }) =>
      uneven(tensor, heads, '# heads') ??
      uneven(tensor, inner, 'an inner width of #') ??
      unevenVocabulary(tensor, vocabulary) ??
      (sequence ? uneven(tensor, length, 'a length of # words') : undefined),
    body: (layers, batch, { layers: depth, width, heads, inner, length, vocabulary }) => {
      const { builder } = layers;
      const source = layers.integers('source', [batch, length], vocabulary);
      const target = layers.integers('target', [batch, length], vocabulary);
      const labels = layers.integers('labels', [batch * length], vocabulary);
      const vectors = table(layers, 'embedding', vocabulary, width, layers.tensor);
      const positions = sinusoids(layers, length, width);
      const embed = (words: Value): Value => embedded(layers, vectors, words, positions);
      const shape: AttentionShape = { batch, heads, bias: false };
      const causal: AttentionShape = { ...shape, mask: causalMask(layers, length) };
      const think = (x: Value): Value =>
        residual(layers, 'mlp', x, () =>
          feedForward(layers, 'mlp', x, { batch, inner, activation: (y) => builder.add(relu, [y], {}) }),
        );

      let read = builder.scope('encoder', () => embed(source));
      for (let layer = 1; layer <= depth; layer++) {
        read = builder.scope(`encoder${layer}`, () =>
          think(residual(layers, 'self', read, (x) => attention(layers, 'self', x, x, shape))),
        );
        // Not in the decoder, all of whose blocks need what the encoder read.
        layers.boundary(read);
      }
      let written = builder.scope('decoder', () => embed(target));
      for (let layer = 1; layer <= depth; layer++) {
        written = builder.scope(`decoder${layer}`, () => {
          const own = residual(layers, 'self', written, (x) => attention(layers, 'self', x, x, causal));
          return think(residual(layers, 'cross', own, (x) => attention(layers, 'cross', x, read, shape)));
        });
      }
      const all = toColumns(layers, written, batch);
      const logits = builder.add(gemm, [all, vectors], { transB: true }, { name: 'logits' });
      return { labels, logits, loss: wordCrossEntropy(layers, logits, labels) };
    },
  },
);

/** The normalised sum of x and what `part` makes of it. */
function residual(layers: Layers, name: string, x: Value, part: (x: Value) => Value): Value {
  const sum = layers.builder.add(add, [x, part(x)], {}, { name: `${name}/residual` });
  return layerNorm(layers, `${name}/norm`, sum);
}

/** Vectors of words times √width, plus positions, as [batch · length, width]: of the rank's own words. */
function embedded(layers: Layers, vectors: Value, words: Value, positions: Value): Value {
  const { builder, dtype } = layers;
  const width = vectors.spec.shape[1]!;
  const scale = builder.add(constant, [], { dtype, shape: [], value: [Math.sqrt(width)] }, { name: 'scale' });
  const scaled = builder.add(mul, [wordVectors(layers, vectors, words), scale], {});
  const sum = builder.add(add, [scaled, positions], {}, { name: 'embedded' });
  const [batch, length] = sum.spec.shape as [number, number];
  return builder.add(reshape, [sum], { shape: [batch * length, width] });
}

/**
 * [length, width]: sin(p / 10000^(2i/width)) in column 2i of row p, the cosine in column 2i + 1 (section 3.5). Only rows of
 * the rank's own words.
 */
function sinusoids({ builder, dtype, tensor, sequence }: Layers, length: number, width: number): Value {
  const { rank, ranks } = sequence && tensor !== undefined ? tensor : { rank: 0, ranks: 1 };
  const count = length / ranks;
  const value = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < width; column++) {
      const angle = (rank * count + row) / 10_000 ** ((column - (column % 2)) / width);
      value[row * width + column] = column % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return builder.add(constant, [], { dtype, shape: [count, width], value }, { name: 'positions' });
}

/*
 * Table 3: 65 and 213 million parameters. Here 63,045,632 and 214,171,648, with the paper's "about 37000" words.
 */
export const transformerBase = family.with(
  {},
  {
    name: 'transformer-base',
    description: 'Transformer of 2017, base: 6 + 6 blocks of width 512, 8 heads',
  },
);

export const transformerBig = family.with(
  { width: 1024, heads: 16, inner: 4096 },
  {
    name: 'transformer-big',
    description: 'Transformer of 2017, big: 6 + 6 blocks of width 1024, 16 heads',
  },
);
