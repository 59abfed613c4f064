import type { Value } from '../builder.ts';
import { allReduce } from '../ops/collective.ts';
import { greaterOrEqual, less } from '../ops/comparison.ts';
import { exp, log, sub } from '../ops/elementwise.ts';
import { gather, gatherElements } from '../ops/gather.ts';
import { and } from '../ops/logic.ts';
import { reduceMax, reduceMean, reduceSum } from '../ops/reduction.ts';
import { reshape } from '../ops/shape.ts';
import { constant } from '../ops/state.ts';
import { where } from '../ops/where.ts';
import type { Layers } from './layers.ts';
import type { GroupRank } from './model.ts';
import { among, scatteredSum, sumOverRanks } from './tensor-ranks.ts';

/*
 * A vocabulary that tensor ranks divide (Shoeybi et al., "Megatron-LM", 2019, section 3): each has a range of the words,
 * looks up those that are in it, and has the logits of it. The loss comes from three numbers per row, not from all logits.
 */

/** Ids as places in the rank's range of `count` words, 0 where they are not in it, and whether they are. */
function placesOf(
  { builder }: Layers,
  ids: Value,
  count: number,
  { rank }: GroupRank,
): { readonly places: Value; readonly inside: Value } {
  const whole = (value: number): Value =>
    builder.add(constant, [], { dtype: ids.spec.dtype, shape: [], value: [value] });
  const zero = whole(0);
  const places = builder.add(sub, [ids, whole(rank * count)], {});
  const inside = builder.add(
    and,
    [builder.add(greaterOrEqual, [places, zero], {}), builder.add(less, [places, whole(count)], {})],
    {},
  );
  return { places: builder.add(where, [inside, places, zero], {}), inside };
}

/** x where `inside`, which has its leading axes, holds; else 0. */
function masked({ builder }: Layers, x: Value, inside: Value): Value {
  const { dtype, shape } = x.spec;
  const alike = shape.map((_, axis) => inside.spec.shape[axis] ?? 1);
  const condition = builder.add(reshape, [inside], { shape: alike });
  const zero = builder.add(constant, [], { dtype, shape: [], value: [0] });
  return builder.add(where, [condition, x, zero], {});
}

/**
 * The vectors of words [batch, length], from the rank's range of the table: [batch, length or the rank's own words of it,
 * width].
 */
export function vectorsAmongRanks(layers: Layers, range: Value, words: Value, tensor: GroupRank): Value {
  const { builder } = layers;
  return builder.scope('lookup', () => {
    const { places, inside } = placesOf(layers, words, range.spec.shape[0]!, tensor);
    const found = builder.add(gather, [range, places], { axis: 0 }, { name: 'rows' });
    return scatteredSum(layers, masked(layers, found, inside));
  });
}

/**
 * Mean over the rows of −log softmax(logits)[label], from the rank's range of the logits [rows, classes / ranks]. The ranks
 * agree on the greatest logit of each row, which keeps exponents small, the label's logit and the sum of exponentials.
 */
export function crossEntropyAmongRanks(
  layers: Layers,
  logits: Value,
  labels: Value,
  tensor: GroupRank,
): Value {
  const { builder } = layers;
  const [count, classes] = logits.spec.shape as [number, number];
  const perRow = { axes: [1], keepdims: true };
  return builder.scope('cross_entropy', () => {
    const own = builder.add(reduceMax, [logits], perRow);
    const greatest = builder.add(allReduce, [own], { ...among(tensor), reduction: 'max' });
    const shifted = builder.add(sub, [logits, greatest], {});
    const { places, inside } = placesOf(layers, labels, classes, tensor);
    const column = builder.add(reshape, [places], { shape: [count, 1] });
    const found = builder.add(gatherElements, [shifted, column], { axis: 1 });
    const label = sumOverRanks(layers, masked(layers, found, inside));
    const exponentials = builder.add(reduceSum, [builder.add(exp, [shifted], {})], perRow);
    const total = sumOverRanks(layers, exponentials);
    const each = builder.add(sub, [builder.add(log, [total], {}), label], {});
    return builder.add(reduceMean, [each], { keepdims: false }, { name: 'loss' });
  });
}

/**
 * Why a vocabulary cannot be divided evenly among tensor ranks; undefined where it can. Megatron-LM pads it with words that do
 * not occur, to a multiple of 128 per rank: 50,257 words to 51,200 for 8 ranks.
 */
export function unevenVocabulary(ranks: number, words: number): string | undefined {
  if (words % ranks === 0) return undefined;
  const padded = Math.ceil(words / (128 * ranks)) * 128 * ranks;
  return `${ranks} tensor ranks do not divide a vocabulary of ${words}; pad it as Megatron-LM does: vocabulary: ${padded}`;
}
