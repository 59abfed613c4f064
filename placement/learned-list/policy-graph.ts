import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder, type Value } from '../../graph/builder.ts';
import type { Graph } from '../../graph/graph.ts';
import { arithmetic } from '../../graph/ops/arithmetic.ts';
import { add, exp, mul, relu, sqrt, tanh } from '../../graph/ops/elementwise.ts';
import { matmul } from '../../graph/ops/matmul.ts';
import { reduceSum } from '../../graph/ops/reduction.ts';
import { reshape } from '../../graph/ops/shape.ts';
import { logSoftmax } from '../../graph/ops/softmax.ts';
import { noOp, placeholder, variable } from '../../graph/ops/state.ts';
import { adam } from '../../graph/optimizers/adam.ts';
import { FEATURE_COUNT, NET_SCALE, WEIGHT_NAMES, WEIGHT_SHAPES } from './policy.ts';

export interface PolicyGraphOptions {
  /** Decisions of all roll-outs together. */
  readonly decisions: number;
  readonly deviceCount: number;
  readonly learningRate: number;
  /** Weight of the entropy per decision, and of the whole sum that is maximised per roll-out. */
  readonly entropy: number;
  readonly rollOuts: number;
  /** Largest Euclidean norm of the gradient of all weights together. */
  readonly clipNorm: number;
}

/**
 * The policy as a dataflow graph over all decisions at once, with the REINFORCE update (Williams 1992):
 *
 *     maximise 1/rollOuts · Σ over decisions (advantage · ln P(taken) + entropy · H)
 *
 * Placeholders: `features` [decisions · devices, features], `prior` and `taken` (one-hot; zeros: no decision)
 * [decisions, devices], `sharpness` (one over the temperature) and `advantage` [decisions, 1]. `logProbability` [decisions] is that of what was taken; the target
 * `train` clips the gradient by its norm and updates the weights by Adam.
 */
export function policyGraph(options: PolicyGraphOptions): Graph {
  const { decisions: N, deviceCount: D, rollOuts } = options;
  const g = new GraphBuilder();
  const { times, over, plus, minus } = arithmetic(g);
  const fed = (name: string, shape: readonly number[]): Value =>
    g.add(placeholder, [], { dtype: 'float32', shape }, { name });
  const features = fed('features', [N * D, FEATURE_COUNT]);
  const prior = fed('prior', [N, D]);
  const taken = fed('taken', [N, D]);
  const sharpness = fed('sharpness', [N, 1]);
  const advantage = fed('advantage', [N, 1]);
  const weights = WEIGHT_NAMES.map((name) =>
    g.add(
      variable,
      [],
      { dtype: 'float32', shape: WEIGHT_SHAPES[name], trainable: true, initializer: 'zeros' },
      { name },
    ),
  );
  const [w1, b1, w2] = weights as [Value, Value, Value];
  const hidden = g.add(tanh, [g.add(add, [g.add(matmul, [features, w1], {}), b1], {})], {});
  const net = g.add(reshape, [g.add(matmul, [hidden, w2], {})], { shape: [N, D] });
  const log = g.add(logSoftmax, [times(plus(prior, times(net, NET_SCALE)), sharpness)], {});
  const ofTaken = g.add(mul, [log, taken], {});
  g.add(reduceSum, [ofTaken], { axes: [1], keepdims: false }, { name: 'logProbability' });
  const gain = g.add(reduceSum, [times(ofTaken, advantage)], { keepdims: false });
  const negativeEntropy = g.add(reduceSum, [times(g.add(exp, [log], {}), log)], { keepdims: false });
  const loss = times(minus(times(negativeEntropy, options.entropy), gain), 1 / rollOuts);

  const slopes = gradients(g, loss, weights);
  let squares: Value | undefined;
  for (const slope of slopes) {
    const square = g.add(reduceSum, [times(slope, slope)], { keepdims: false });
    squares = squares === undefined ? square : plus(squares, square);
  }
  // norm / clip where that is more than 1.
  const excess = g.add(relu, [minus(times(g.add(sqrt, [squares!], {}), 1 / options.clipNorm), 1)], {});
  const scale = over(1, plus(excess, 1));
  const clipped = weights.map((parameter, i) => ({ parameter, gradient: times(slopes[i]!, scale) }));
  const { nodes } = adam({ learningRate: options.learningRate })(g, clipped);
  g.node(noOp, [], {}, { name: 'train', control: nodes });
  return g.finish();
}

/** Variables that hold the state of learning, in the order of WEIGHT_NAMES: each weight with its two Adam moments. */
export const STATE_NAMES = WEIGHT_NAMES.flatMap((name) => [name, `${name}/Adam`, `${name}/Adam_1`]);
export const POWER_NAMES = ['beta1_power', 'beta2_power'] as const;
