import type { GraphBuilder, Value } from '../../graph/builder.ts';
import { arithmetic } from '../../graph/ops/arithmetic.ts';
import { sqrt } from '../../graph/ops/elementwise.ts';
import { reduceSum } from '../../graph/ops/reduction.ts';
import { max } from '../../graph/ops/several.ts';
import type { Optimizer } from '../../graph/optimizers/optimizer.ts';

/**
 * Scales all gradients by bound / max(bound, norm), where norm is that of all of them together, before `optimizer` takes
 * them (Pascanu et al., "On the difficulty of training recurrent neural networks", ICML 2013, algorithm 1).
 */
export function withClippedNorm(optimizer: Optimizer, bound: number): Optimizer {
  return (builder, gradients) => {
    if (gradients.length === 0) return optimizer(builder, gradients);
    const scale = builder.scope('clipped', () =>
      clippingScale(
        builder,
        gradients.map(({ gradient }) => gradient),
        bound,
      ),
    );
    const { times } = arithmetic(builder);
    return optimizer(
      builder,
      gradients.map(({ parameter, gradient }) => ({ parameter, gradient: times(gradient, scale) })),
    );
  };
}

function clippingScale(builder: GraphBuilder, gradients: readonly Value[], bound: number): Value {
  const { times, plus, over, binary } = arithmetic(builder);
  const squares = gradients.map((g) => builder.add(reduceSum, [times(g, g)], { keepdims: false }));
  const norm = builder.add(sqrt, [squares.reduce((sum, square) => plus(sum, square))], {});
  return over(bound, binary(max)(norm, bound));
}
