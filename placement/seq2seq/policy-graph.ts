import { GraphBuilder, type Value } from '../../graph/builder.ts';
import type { Graph } from '../../graph/graph.ts';
import { mul } from '../../graph/ops/elementwise.ts';
import { matmul } from '../../graph/ops/matmul.ts';
import { reduceSum } from '../../graph/ops/reduction.ts';
import { concat } from '../../graph/ops/shape.ts';
import { constant, placeholder } from '../../graph/ops/state.ts';
import { adam } from '../../graph/optimizers/adam.ts';
import { minimize } from '../../graph/optimizers/minimize.ts';
import { Layers } from '../../graph/zoo/layers.ts';
import { withClippedNorm } from '../policy/clipped-norm.ts';
import { type DeviceSequenceShape, deviceSequence } from '../policy/device-sequence.ts';
import { type GroupFeatures, OUTPUT_SIZES } from '../policy/group-features.ts';

export interface Seq2seqShape extends DeviceSequenceShape {
  readonly kinds: number;
  /** Width of the embedding of a kind of op. */
  readonly kindWidth: number;
  readonly learningRate: number;
  readonly clipNorm: number;
}

/** Names of what is fed and fetched. */
export interface Seq2seqGraph {
  readonly graph: Graph;
  /** Fetch; needs `noise` and `temperature`. */
  readonly devices: string;
  /** Fetch; masked logits of the drawn sequences [groups, samples, devices]. */
  readonly logits: string;
  /** Fetch; needs `chosen` and `temperature`. */
  readonly negativeLogProbability: string;
  /** Target; needs `chosen`, `temperature` and `weights`. */
  readonly train: string;
}

/**
 * The sequence-to-sequence policy as one graph, with placeholders `noise` [groups, samples, devices], `temperature`,
 * `chosen` int32 [groups, samples] and `weights` [samples]; training descends Σ weights · −ln P(chosen).
 *
 * A group's embedding (ICML'17, section 3.2): the learned embeddings of its tasks' kinds of ops, summed; the sizes of
 * their outputs, on average; which groups it reads from and which read from it. Sums are over the largest group's number
 * of tasks, so that they stay within the range of the LSTM's gates.
 */
export function seq2seqGraph(
  shape: Seq2seqShape,
  features: GroupFeatures,
  feasible: readonly (readonly number[])[],
): Seq2seqGraph {
  const { groups, devices, samples, kinds, kindWidth } = shape;
  const builder = new GraphBuilder();
  const layers = new Layers(builder, 'float32');
  const fixed = (name: string, columns: number, value: Float32Array): Value =>
    builder.add(constant, [], { dtype: 'float32', shape: [groups, columns], value }, { name });
  const largest = Math.max(1, ...features.tasks);
  const counts = features.kindCounts.map((count) => count / largest);
  const sizes = features.sizes.map(
    (sum, i) => sum / Math.max(1, features.tasks[Math.floor(i / OUTPUT_SIZES)]!),
  );
  const table = layers.parameter('kinds', [kinds, kindWidth], kinds, kindWidth);
  const embeddings = builder.add(
    concat,
    [
      builder.add(matmul, [fixed('kind_counts', kinds, counts), table], {}),
      fixed('sizes', OUTPUT_SIZES, sizes),
      fixed('adjacency', 2 * groups, features.adjacency),
    ],
    { axis: 1 },
  );
  const mask = new Float32Array(groups * devices).fill(-1e9);
  for (const [g, choice] of feasible.entries()) for (const d of choice) mask[g * devices + d] = 0;

  const feed = (name: string, dtype: 'float32' | 'int32', to: readonly number[]): Value =>
    builder.add(placeholder, [], { dtype, shape: to }, { name });
  const temperature = feed('temperature', 'float32', []);
  const policy = deviceSequence(layers, shape, embeddings, fixed('mask', devices, mask), temperature);
  const drawn = policy.draw(feed('noise', 'float32', [groups, samples, devices]));
  const negative = policy.negativeLogProbability(feed('chosen', 'int32', [groups, samples]));
  const weighted = builder.add(mul, [negative, feed('weights', 'float32', [samples])], {});
  const loss = builder.add(reduceSum, [weighted], { keepdims: false }, { name: 'loss' });
  const optimizer = withClippedNorm(adam({ learningRate: shape.learningRate }), shape.clipNorm);
  const { train } = minimize(builder, loss, layers.parameters, optimizer);
  return {
    graph: builder.finish(),
    devices: nameOf(drawn.devices),
    logits: nameOf(drawn.logits),
    negativeLogProbability: nameOf(negative),
    train: train.name,
  };
}

function nameOf({ node, index }: Value): string {
  return `${node.name}:${index}`;
}
