import { divisorsNear } from '../../base/divisors.ts';
import type { Value } from '../builder.ts';
import { allGather, allReduce, type CollectiveAttrs, reduceScatter } from '../ops/collective.ts';
import { copyToRanks } from '../ops/copy-to-ranks.ts';
import { reshape } from '../ops/shape.ts';
import type { Layers } from './layers.ts';
import type { GroupRank } from './model.ts';

/*
 * How the tensor ranks of a Transformer divide a layer (Shoeybi et al., "Megatron-LM", 2019, section 3, figures 3 and 4):
 * the first product by its columns, the second by its rows, so that nothing is exchanged between them. What goes into the
 * first is copied to the ranks, what comes out of the second is a share of a sum. Where ranks also divide the words of each
 * sequence (Korthikanti et al. 2022, section 4.2.2, figure 5), the words are gathered before the first, and the sum is
 * scattered after the second. With their backward passes: 2 all-reduces each way per block; or 2 all-gathers and 2
 * reduce-scatters each way, and 2 all-gathers more backward, since gathered words are not kept.
 *
 * Rows are words, [batch · length, width], those of a sample one after another.
 */

/** The attributes of a collective among the ranks of `rank`'s group. */
export function among({ group, ranks, algorithm }: GroupRank): CollectiveAttrs {
  return { group, ranks, algorithm };
}

/** The rank's own words of `batch` samples → all words, for this rank's own columns of a product. */
export function toColumns(layers: Layers, own: Value, batch: number): Value {
  const { builder, tensor, sequence } = layers;
  if (tensor === undefined) return own;
  if (!sequence) return builder.add(copyToRanks, [own], among(tensor));
  return perSample(layers, own, batch, (words) =>
    builder.add(allGather, [words], { ...among(tensor), axis: 1, again: true }),
  );
}

/** The rank's share of the rows of all words of `batch` samples → the rank's own words of the sum. */
function fromRows(layers: Layers, share: Value, batch: number): Value {
  const { tensor, sequence } = layers;
  if (tensor === undefined) return share;
  if (!sequence) return sumOverRanks(layers, share);
  return perSample(layers, share, batch, (words) => scatteredSum(layers, words));
}

/** The sum of the tensor ranks' shares; itself where there is one rank. */
export function sumOverRanks({ builder, tensor }: Layers, share: Value): Value {
  return tensor === undefined
    ? share
    : builder.add(allReduce, [share], { ...among(tensor), reduction: 'sum' });
}

/** Shares [batch, length, width] → the rank's own words of their sum, where the ranks divide words; else the sum. */
export function scatteredSum(layers: Layers, share: Value): Value {
  const { builder, tensor, sequence } = layers;
  return tensor === undefined || !sequence
    ? sumOverRanks(layers, share)
    : builder.add(reduceScatter, [share], { ...among(tensor), reduction: 'sum', axis: 1 });
}

/** [rows, in] → [rows, units / ranks]: the rank's columns of x · weights + bias. */
export function columnDense(layers: Layers, name: string, x: Value, units: number, bias: boolean): Value {
  const { builder, tensor } = layers;
  return builder.scope(name, () => {
    const y = layers.product(x, units, { axis: 1, among: tensor });
    return bias ? layers.biased(y, units, tensor) : y;
  });
}

/** The rank's columns of x [batch · length, in] → its own words [rows, units] of x · weights + bias. */
export function rowDense(
  layers: Layers,
  name: string,
  x: Value,
  units: number,
  { batch, bias }: { readonly batch: number; readonly bias: boolean },
): Value {
  const { builder, tensor } = layers;
  return builder.scope(name, () => {
    const y = fromRows(layers, layers.product(x, units, { axis: 0, among: tensor }), batch);
    return bias ? layers.ownBiased(y) : y;
  });
}

/** [batch · length, width] → what `exchange` makes of [batch, length, width], as rows again. */
function perSample({ builder }: Layers, x: Value, batch: number, exchange: (words: Value) => Value): Value {
  const [count, width] = x.spec.shape as [number, number];
  const words = builder.add(reshape, [x], { shape: [batch, count / batch, width] });
  const exchanged = exchange(words);
  return builder.add(reshape, [exchanged], { shape: [batch * exchanged.spec.shape[1]!, width] });
}

/** Why `count` cannot be divided evenly among tensor ranks, `what` with # for the number; undefined where it can. */
export function uneven(ranks: number, count: number, what: string): string | undefined {
  return count % ranks === 0
    ? undefined
    : `${ranks} tensor ranks do not divide ${what.replace('#', String(count))}; ${divisorsNear(count, ranks)} would`;
}
