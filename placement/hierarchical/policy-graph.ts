import { GraphBuilder, type Value } from '../../graph/builder.ts';
import type { Graph } from '../../graph/graph.ts';
import { mul } from '../../graph/ops/elementwise.ts';
import { softmaxCrossEntropyLoss } from '../../graph/ops/loss.ts';
import { matmul } from '../../graph/ops/matmul.ts';
import { reduceSum } from '../../graph/ops/reduction.ts';
import { concat } from '../../graph/ops/shape.ts';
import { softmax } from '../../graph/ops/softmax.ts';
import { constant, noOp, placeholder } from '../../graph/ops/state.ts';
import { adam } from '../../graph/optimizers/adam.ts';
import { minimize } from '../../graph/optimizers/minimize.ts';
import { Layers } from '../../graph/zoo/layers.ts';
import { withClippedNorm } from '../policy/clipped-norm.ts';
import { type DeviceSequenceShape, deviceSequence } from '../policy/device-sequence.ts';
import { embeddingColumns } from './grouping.ts';
import { ITEM_COLUMNS } from './item-features.ts';

export interface HierarchicalShape extends DeviceSequenceShape {
  readonly items: number;
  readonly kinds: number;
  /** Width of the embedding of a kind of op. */
  readonly kindWidth: number;
  /** Units of the grouper's hidden layer. */
  readonly grouperHidden: number;
  readonly learningRate: number;
  readonly clipNorm: number;
}

/** Names of what is fetched and run. */
export interface HierarchicalGraph {
  readonly graph: Graph;
  /** Fetch: probabilities [items, groups]. Needs nothing. */
  readonly groupProbability: string;
  /** Fetch: int32 [groups, samples]. Needs `embeddings`, `mask`, `noise` and `temperature`. */
  readonly devices: string;
  /** Target: needs all but `noise`. */
  readonly train: string;
}

/**
 * Grouper and placer as one graph. Placeholders: `embeddings` and `mask` of the groups that were drawn, `noise`
 * [groups, samples, devices], `temperature`, `grouping` int32 [items], `chosen` int32 [groups, samples], `weights`
 * [samples] and `grouping_weight` []. Training descends
 *
 *     Σ weights · −ln P(chosen | grouping)  and  grouping_weight · −ln P(grouping)
 *
 * each with an optimizer of its own.
 */
export function hierarchicalGraph(
  shape: HierarchicalShape,
  kindShares: Float32Array,
  columns: Float32Array,
): HierarchicalGraph {
  const { groups, devices, samples, items, kinds, kindWidth } = shape;
  const builder = new GraphBuilder();
  const feed = (name: string, to: readonly number[], dtype: 'float32' | 'int32' = 'float32'): Value =>
    builder.add(placeholder, [], { dtype, shape: to }, { name });
  const fixed = (name: string, width: number, value: Float32Array): Value =>
    builder.add(constant, [], { dtype: 'float32', shape: [items, width], value }, { name });
  const train = (loss: Value, { parameters }: Layers) =>
    minimize(
      builder,
      loss,
      parameters,
      withClippedNorm(adam({ learningRate: shape.learningRate }), shape.clipNorm),
    ).train;

  const grouper = new Layers(builder, 'float32');
  const groupLogits = builder.scope('grouper', () => {
    const table = grouper.parameter('kinds', [kinds, kindWidth], kinds, kindWidth);
    const embedded = builder.add(matmul, [fixed('kind_shares', kinds, kindShares), table], {});
    const x = builder.add(concat, [embedded, fixed('columns', ITEM_COLUMNS, columns)], { axis: 1 });
    return grouper.dense('softmax', grouper.denseRelu('hidden', x, shape.grouperHidden), groups);
  });
  const probability = builder.add(softmax, [groupLogits], {});
  const grouping = builder.node(softmaxCrossEntropyLoss, [groupLogits, feed('grouping', [items], 'int32')], {
    reduction: 'sum',
  });

  const placer = new Layers(builder, 'float32');
  const embeddings = feed('embeddings', [groups, embeddingColumns(groups, kinds)]);
  const mask = feed('mask', [groups, devices]);
  const policy = deviceSequence(placer, shape, embeddings, mask, feed('temperature', []));
  const drawn = policy.draw(feed('noise', [groups, samples, devices]));
  const negative = policy.negativeLogProbability(feed('chosen', [groups, samples], 'int32'));
  const weighted = builder.add(mul, [negative, feed('weights', [samples])], {});
  const updates = [
    train(builder.add(reduceSum, [weighted], { keepdims: false }), placer),
    train(builder.add(mul, [grouping.outputs[0]!, feed('grouping_weight', [])], {}), grouper),
  ];
  const both = builder.node(noOp, [], {}, { name: 'train_both', control: updates });
  const nameOf = ({ node, index }: Value): string => `${node.name}:${index}`;
  return {
    graph: builder.finish(),
    groupProbability: nameOf(probability),
    devices: nameOf(drawn.devices),
    train: both.name,
  };
}
