import type { Value } from '../builder.ts';
import { swish } from '../ops/activation.ts';
import { add } from '../ops/elementwise.ts';
import { gelu } from '../ops/gelu.ts';
import { gemm } from '../ops/matmul.ts';
import { reshape } from '../ops/shape.ts';
import { attention, causalMask, dropped, feedForward, layerNorm } from './attention.ts';
import { type Authored, wordCrossEntropy } from './author.ts';
import { table, wordVectors } from './embedding.ts';
import type { Layers } from './layers.ts';
import type { PartRanks } from './model.ts';
import { type SettingValues, setting } from './settings.ts';
import { toColumns, uneven } from './tensor-ranks.ts';
import { unevenVocabulary } from './vocabulary-ranks.ts';

/** What a decoder-only Transformer is built from; see the settings below. */
export const decoderSettings = {
  layers: setting(12, 1, 256, 'Transformer blocks.'),
  width: setting(768, 1, 65_536, "Width of a word's vector."),
  heads: setting(12, 1, 1024, 'Attention heads; they divide the width.'),
  length: setting(1024, 1, 131_072, 'Words of a sequence.'),
  vocabulary: setting(50_257, 2, 10_000_000, 'Words that there are.'),
  inner: setting(0, 0, 1_000_000, 'Width between the two dense layers of a block; 0: four times the width.'),
  gated: setting(
    0,
    0,
    1,
    '1: the first dense layer of a block is gated by another, with SiLU instead of GELU (SwiGLU, as Llama).',
  ),
  shared_heads: setting(
    0,
    0,
    1024,
    'Heads of keys and values, shared by groups of heads (grouped-query attention); they divide the heads; 0: each head has its own.',
  ),
  dropout: setting(
    0,
    0,
    90,
    'Per cent of embedded words, of the weights of attention and of what is added to a block that training drops.',
  ),
};
export type DecoderValues = SettingValues<typeof decoderSettings>;

export function decoderConflict({ width, heads, shared_heads }: DecoderValues): string | undefined {
  if (width % heads !== 0) return `${heads} heads do not divide a width of ${width}`;
  return shared_heads === 0 || heads % shared_heads === 0
    ? undefined
    : `${shared_heads} heads of keys do not divide ${heads} heads`;
}

export function decoderIndivisible(
  { heads, length, vocabulary, shared_heads, ...values }: DecoderValues,
  { tensor, sequence }: PartRanks,
): string | undefined {
  return (
    uneven(tensor, heads, '# heads') ??
    uneven(tensor, shared_heads, '# heads of keys') ??
    uneven(tensor, innerWidth(values), 'an inner width of #') ??
    unevenVocabulary(tensor, vocabulary) ??
    (sequence ? uneven(tensor, length, 'a length of # words') : undefined)
  );
}

export function innerWidth({ inner, width }: Pick<DecoderValues, 'inner' | 'width'>): number {
  return inner || 4 * width;
}

/** What follows attention in block `layer`, counted from 1, from its normalised input, words as rows. */
export type Thought = (x: Value, layer: number) => Value;

/** The second part of a block of every GPT: two dense layers with GELU between. */
export function denseThought(layers: Layers, batch: number, values: DecoderValues): Thought {
  const { builder } = layers;
  const gated = values.gated === 1;
  const activation = (y: Value): Value =>
    gated ? builder.add(swish, [y], {}) : builder.add(gelu, [y], { approximate: 'tanh' });
  return (x) => feedForward(layers, 'mlp', x, { batch, inner: innerWidth(values), activation, gated });
}

/** Placeholders, blocks and loss of a decoder-only Transformer. */
export function decoder(
  layers: Layers,
  batch: number,
  { layers: depth, width, heads, shared_heads, length, vocabulary, dropout: percent }: DecoderValues,
  think: Thought,
): Authored {
  const { builder, tensor, sequence } = layers;
  const words = layers.integers('words', [batch, length], vocabulary);
  const labels = layers.integers('labels', [batch * length], vocabulary);
  const vectors = table(layers, 'embedding', vocabulary, width, tensor);
  const positions = table(layers, 'positions', length, width, sequence ? tensor : undefined);
  const meaning = wordVectors(layers, vectors, words);
  const dropout = percent / 100;
  const sum = dropped(layers, builder.add(add, [meaning, positions], {}, { name: 'embedded' }), dropout);
  let x = builder.add(reshape, [sum], { shape: [batch * sum.spec.shape[1]!, width] });
  const shape = {
    ...{ batch, heads, sharedHeads: shared_heads || heads, bias: true },
    ...{ mask: causalMask(layers, length), dropout },
  };
  for (let layer = 1; layer <= depth; layer++) {
    x = builder.scope(`block${layer}`, () => {
      const normal = layerNorm(layers, 'norm1', x);
      const attended = attention(layers, 'attention', normal, normal, shape);
      const seen = plus(layers, x, dropped(layers, attended, dropout));
      return plus(layers, seen, dropped(layers, think(layerNorm(layers, 'norm2', seen), layer), dropout));
    });
    if (layer < depth) layers.boundary(x);
  }
  const normal = toColumns(layers, layerNorm(layers, 'norm', x), batch);
  const logits = builder.add(gemm, [normal, vectors], { transB: true }, { name: 'logits' });
  return { labels, logits, loss: wordCrossEntropy(layers, logits, labels) };
}

function plus({ builder }: Layers, x: Value, y: Value): Value {
  return builder.add(add, [x, y], {}, { name: 'residual' });
}
