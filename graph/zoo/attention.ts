import type { Value } from '../builder.ts';
import { dropout } from '../ops/dropout.ts';
import { add, mul } from '../ops/elementwise.ts';
import { layerNormalization } from '../ops/layer-normalization.ts';
import { matmul } from '../ops/matmul.ts';
import { trilu } from '../ops/rearrange.ts';
import { expand, reshape, transpose } from '../ops/shape.ts';
import { softmax } from '../ops/softmax.ts';
import { constant } from '../ops/state.ts';
import type { Layers } from './layers.ts';
import { columnDense, rowDense, toColumns } from './tensor-ranks.ts';

/*
 * The parts of a Transformer (Vaswani et al. 2017), as the ops that the papers' programs ran: scores are a tensor of their
 * own, [batch, heads, queries, keys]. Words are rows, [batch · length, width], except between the heads. Tensor ranks divide
 * heads and inner widths (see tensor-ranks.ts); what comes in and goes out are the rank's own words then.
 */

export interface AttentionShape {
  readonly batch: number;
  readonly heads: number;
  /** Heads of keys and values, which as many consecutive heads of queries share each; as many as `heads` unless given. */
  readonly sharedHeads?: number;
  /** Whether the four projections have a bias: BERT's and GPT's have, the first Transformer's have not. */
  readonly bias: boolean;
  /** Added to the scores; undefined where every word may see every other. */
  readonly mask?: Value;
  /** Share of the weights that are dropped in training; none unless given. */
  readonly dropout?: number;
}

/** Attention of the words `x` [batch · queries, width] to the words `memory` [batch · keys, width]. */
export function attention(
  layers: Layers,
  name: string,
  x: Value,
  memory: Value,
  { batch, heads, sharedHeads = heads, bias, mask, dropout: ratio }: AttentionShape,
): Value {
  const { builder, dtype, tensor } = layers;
  const width = x.spec.shape[1]!;
  const size = width / heads;
  const ownHeads = heads / (tensor?.ranks ?? 1);
  const ownShared = sharedHeads / (tensor?.ranks ?? 1);
  const project = (part: string, words: Value, among = heads): Value =>
    columnDense(layers, part, words, among * size, bias);
  const perHead = (words: Value, perm: readonly number[], own = ownHeads): Value => {
    const shape = [batch, words.spec.shape[0]! / batch, own, size];
    return builder.add(transpose, [builder.add(reshape, [words], { shape })], { perm });
  };
  const shared = (words: Value, perm: readonly number[]): Value =>
    repeated(layers, perHead(words, perm, ownShared), ownHeads / ownShared);
  return builder.scope(name, () => {
    const asking = toColumns(layers, x, batch);
    const asked = memory === x ? asking : toColumns(layers, memory, batch);
    const scale = builder.add(
      constant,
      [],
      { dtype, shape: [], value: [1 / Math.sqrt(size)] },
      { name: 'scale' },
    );
    const scaled = builder.add(mul, [project('query', asking), scale], {});
    const query = perHead(scaled, [0, 2, 1, 3]);
    const key = shared(project('key', asked, sharedHeads), [0, 2, 3, 1]);
    const value = shared(project('value', asked, sharedHeads), [0, 2, 1, 3]);
    const product = builder.add(matmul, [query, key], {}, { name: 'scores' });
    const scores = mask === undefined ? product : builder.add(add, [product, mask], {});
    const weights = dropped(layers, builder.add(softmax, [scores], { axis: -1 }), ratio);
    const seen = builder.add(matmul, [weights, value], {}, { name: 'seen' });
    const together = builder.add(transpose, [seen], { perm: [0, 2, 1, 3] });
    const shape = [asking.spec.shape[0]!, ownHeads * size];
    return rowDense(layers, 'output', builder.add(reshape, [together], { shape }), width, { batch, bias });
  });
}

/** [batch, heads, …] with each head `times` times in succession. */
function repeated({ builder }: Layers, x: Value, times: number): Value {
  if (times === 1) return x;
  const [batch, heads, ...rest] = x.spec.shape as [number, number, ...number[]];
  const apart = builder.add(reshape, [x], { shape: [batch, heads, 1, ...rest] });
  const copies = builder.add(expand, [apart], { shape: [batch, heads, times, ...rest] });
  return builder.add(reshape, [copies], { shape: [batch, heads * times, ...rest] });
}

/** `x` with a share of its elements set to 0 and the others scaled up; itself where none are. */
export function dropped({ builder }: Layers, x: Value, ratio = 0): Value {
  return ratio === 0 ? x : builder.node(dropout, [x], { ratio }).outputs[0]!;
}

/** [rows, width] with the mean and variance of each row taken out, scaled and shifted. */
export function layerNorm(layers: Layers, name: string, x: Value): Value {
  return layers.builder.scope(name, () => {
    const width = x.spec.shape.at(-1)!;
    const scale = layers.ofOwnWords(layers.parameter('scale', [width], undefined, undefined, 'ones'));
    const shift = layers.ofOwnWords(layers.parameter('shift', [width]));
    return layers.builder.add(layerNormalization, [x, scale, shift], { axis: -1, epsilon: 1e-5 });
  });
}

/** [length, length] with −10,000 where the key comes after the query, else 0: a word sees itself and those before. */
export function causalMask({ builder, dtype }: Layers, length: number): Value {
  return builder.scope('causal_mask', () => {
    const low = builder.add(constant, [], { dtype, shape: [length, length], value: [-1e4] });
    return builder.add(trilu, [low], { upper: true, k: 1 });
  });
}

export interface FeedForwardShape {
  readonly batch: number;
  /** Width between the two dense layers. */
  readonly inner: number;
  readonly activation: (x: Value) => Value;
  /** Whether what is activated multiplies a second product of the input (Shazeer, "GLU variants improve Transformer", 2020). */
  readonly gated?: boolean;
}

/** Dense to `inner` columns, `activation`, dense back to the width of `x`. */
export function feedForward(
  layers: Layers,
  name: string,
  x: Value,
  { batch, inner, activation, gated = false }: FeedForwardShape,
): Value {
  return layers.builder.scope(name, () => {
    const columns = toColumns(layers, x, batch);
    const active = activation(columnDense(layers, 'inner', columns, inner, true));
    const thought = gated
      ? layers.builder.add(mul, [active, columnDense(layers, 'gate', columns, inner, true)], {})
      : active;
    return rowDense(layers, 'output', thought, x.spec.shape[1]!, { batch, bias: true });
  });
}
