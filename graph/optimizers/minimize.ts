import { gradients } from '../autodiff.ts';
import type { GraphBuilder, NodeHandle, Value } from '../builder.ts';
import { noOp } from '../ops/state.ts';
import type { Optimizer } from './optimizer.ts';

/** What minimize() adds to a graph. */
export interface Training {
  /** Run it once per step: every parameter is updated when it is done. Named `train`. */
  readonly train: NodeHandle;
  /** The optimizer's own variables. */
  readonly slots: readonly Value[];
}

/**
 * Adds all that one training step does: the gradients of `loss`, a scalar, with respect to `parameters`, the updates by
 * `optimizer`, and a node to run.
 *
 *     const { train } = minimize(builder, loss, parameters, adam({ learningRate: 0.001 }));
 *
 * @throws UserError where the loss is no scalar or does not depend differentiably on a parameter.
 */
export function minimize(
  builder: GraphBuilder,
  loss: Value,
  parameters: readonly Value[],
  optimizer: Optimizer,
): Training {
  const slopes = gradients(builder, loss, parameters);
  const { nodes, slots } = optimizer(
    builder,
    parameters.map((parameter, i) => ({ parameter, gradient: slopes[i]! })),
  );
  return { train: builder.node(noOp, [], {}, { name: 'train', control: nodes }), slots };
}
