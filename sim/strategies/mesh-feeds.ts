import { invariant } from '../../base/errors.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import type { placeholder } from '../../graph/ops/state.ts';
import { sameShape } from '../../graph/tensor-spec.ts';
import type { Feed, ModelPart } from '../../graph/zoo/model.ts';
import type { MeshOptions } from './mesh-options.ts';
import type { StrategyInput } from './strategy.ts';

export type FeedAttrs = Parameters<typeof placeholder.infer>[1];

/** What a feed of a micro-batch is taken from. */
export interface FeedSource {
  /** The feed of the whole batch, where there is one. */
  readonly whole?: FeedAttrs;
  /** The axis along which the micro-batches lie in it; none where all have all of it. */
  readonly axis?: number;
}

/**
 * Where micro-batches get a feed from. Of a feed whose rows go sample by sample, each takes its rows; one that does not
 * depend on the batch is shared. Of others (time comes before samples, or their integers count through the batch) each
 * micro-batch has a feed of its own, named `micro<k>/…`.
 */
export function feedsOf(
  input: StrategyInput,
  { microBatches }: MeshOptions,
  part: ModelPart,
  own: readonly Feed[],
): (name: string) => FeedSource {
  const attrsOf = ({ value }: Feed): FeedAttrs => value.node.attrs as FeedAttrs;
  const wholes = microBatches === 1 ? own : input.replica(new GraphBuilder(), { part }).feeds;
  const isBySample = own.every(({ value }, i) => {
    const [rows] = value.spec.shape;
    const whole = wholes[i]!.value.spec.shape;
    return rows === undefined || sameShape(whole, value.spec.shape) || whole[0] === rows * microBatches;
  });
  const sources = new Map<string, FeedSource>();
  for (const [i, feed] of own.entries()) {
    const whole = wholes[i]!;
    const shape = feed.value.spec.shape;
    const isEqual = sameShape(shape, whole.value.spec.shape);
    const countsThrough = feed.below !== whole.below;
    if (isEqual && !countsThrough) sources.set(feed.value.node.name, { whole: attrsOf(whole) });
    else if (isBySample && !countsThrough)
      sources.set(feed.value.node.name, { whole: attrsOf(whole), axis: 0 });
    else sources.set(feed.value.node.name, {});
  }
  return (name) => {
    const source = sources.get(name);
    invariant(source !== undefined, `${name} is no feed of the model`);
    return source;
  };
}
