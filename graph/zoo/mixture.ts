import type { Value } from '../builder.ts';
import { allToAll } from '../ops/collective.ts';
import { copyToRanks } from '../ops/copy-to-ranks.ts';
import { mul } from '../ops/elementwise.ts';
import { gather } from '../ops/gather.ts';
import { matmul } from '../ops/matmul.ts';
import { reduceSum } from '../ops/reduction.ts';
import { reshape } from '../ops/shape.ts';
import type { Layers } from './layers.ts';
import { type Routing, type RoutingShape, route } from './routing.ts';
import { among, sumOverRanks, toColumns } from './tensor-ranks.ts';

export interface MixtureShape extends RoutingShape {
  readonly batch: number;
  /** Width between the two products of an expert. */
  readonly inner: number;
  readonly activation: (x: Value) => Value;
}

/**
 * A mixture of experts in place of two dense layers: x [batch · length, width] → what the chosen experts make of each word,
 * times their gates; 0 for words that found no place (see `route`). An expert is two products with an activation between,
 * without biases (Lepikhin et al., "GShard", 2021, section 2.2).
 *
 * Expert ranks have some of the experts each, and words of their own. Each sends the words of its places to the ranks of
 * their experts by an all-to-all, and gets the results by another (GShard, section 3.2); tensor ranks divide the inner width
 * of every expert.
 */
export function mixture(
  layers: Layers,
  name: string,
  x: Value,
  shape: MixtureShape,
): { readonly result: Value; readonly imbalance: Value } {
  const { builder } = layers;
  return builder.scope(name, () => {
    const routing = route(layers, x, shape);
    const sent = dispatched(layers, toColumns(layers, x, shape.batch), routing);
    const thought = combined(layers, experts(layers, sent, shape), routing);
    return { result: sumOverRanks(layers, thought), imbalance: routing.imbalance };
  });
}

/** Words [words, width] → those of each place: [experts, places, width]. What empty places hold, nobody reads. */
function dispatched({ builder }: Layers, x: Value, { wordOf }: Routing): Value {
  const [experts, places] = wordOf.spec.shape as [number, number];
  const flat = builder.add(reshape, [wordOf], { shape: [experts * places] });
  const words = builder.add(gather, [x, flat], { axis: 0 }, { name: 'dispatch' });
  return builder.add(reshape, [words], { shape: [experts, places, x.spec.shape[1]!] });
}

/** [experts, places, width] → what the experts make of it, wherever they are. Shares, where tensor ranks divide them. */
function experts(
  layers: Layers,
  x: Value,
  { experts: count, inner, activation }: Pick<MixtureShape, 'experts' | 'inner' | 'activation'>,
): Value {
  const { builder, expert, tensor } = layers;
  const width = x.spec.shape[2]!;
  const product = (name: string, y: Value, [from, to, axis]: readonly [number, number, number]): Value =>
    builder.scope(name, () => {
      const cuts = [
        { axis: 0, among: expert },
        { axis, among: tensor },
      ];
      const weights = layers.parameter('weights', [count, from, to], from, to, 'glorot', cuts);
      if (expert !== undefined) layers.expertParameters.push(weights);
      return builder.add(matmul, [y, weights], {});
    });
  return builder.scope('experts', () => {
    const exchange = expert && among(expert);
    const here = exchange ? builder.add(allToAll, [x], { ...exchange, split: 0, axis: 1 }) : x;
    const thought = product('output', activation(product('inner', here, [width, inner, 2])), [
      inner,
      width,
      1,
    ]);
    return exchange ? builder.add(allToAll, [thought], { ...exchange, split: 1, axis: 0 }) : thought;
  });
}

/** What the experts made of each word's places, times the gates, summed: [words, width]. */
function combined(
  { builder, tensor }: Layers,
  y: Value,
  { placeOf, gates }: Pick<Routing, 'placeOf' | 'gates'>,
): Value {
  const [count, places, width] = y.spec.shape as [number, number, number];
  const [groups, chosen, words] = gates.spec.shape as [number, number, number];
  // Each tensor rank multiplies its own shares.
  const own = tensor === undefined ? gates : builder.add(copyToRanks, [gates], among(tensor));
  const weights = builder.add(reshape, [own], { shape: [groups, chosen, words, 1] });
  const rows = builder.add(reshape, [y], { shape: [count * places, width] });
  const taken = builder.add(gather, [rows, placeOf], { axis: 0 }, { name: 'combine' });
  const weighted = builder.add(mul, [taken, weights], {});
  const sum = chosen === 1 ? weighted : builder.add(reduceSum, [weighted], { axes: [1] });
  return builder.add(reshape, [sum], { shape: [groups * words, width] });
}
