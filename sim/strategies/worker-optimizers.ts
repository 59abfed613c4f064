import type { GraphBuilder, NodeHandle } from '../../graph/builder.ts';
import { adam } from '../../graph/optimizers/adam.ts';
import { gradientDescent } from '../../graph/optimizers/gradient-descent.ts';
import { momentum } from '../../graph/optimizers/momentum.ts';
import type { Optimizer, ParameterGradient, Updates } from '../../graph/optimizers/optimizer.ts';
import { choiceOption } from './options.ts';

/** Optimizers that workers run where they keep variables of their own. */
const OPTIMIZERS = {
  sgd: gradientDescent,
  momentum: (learningRate: number) => momentum({ learningRate, momentum: 0.9 }),
  adam: (learningRate: number) => adam({ learningRate }),
} as const satisfies { readonly [name: string]: (learningRate: number) => Optimizer };

type OptimizerName = keyof typeof OPTIMIZERS;

/** The option by which a strategy lets one be chosen; `first` is the default. */
export function optimizerOption(first: OptimizerName) {
  const names = Object.keys(OPTIMIZERS) as OptimizerName[];
  return choiceOption(
    [first, ...names.filter((name) => name !== first)],
    'What updates the parameters: plain gradient descent, with momentum 0.9, or Adam.',
  );
}

/** @param name One of `optimizerOption`. */
export function optimizerOf(name: string, learningRate: number): Optimizer {
  return OPTIMIZERS[name as OptimizerName](learningRate);
}

const UPDATES = ['ApplyGradientDescent', 'ApplySparseGradientDescent', 'ApplyMomentum', 'ApplyAdam'];

/** Adds the updates, all of them after the nodes `before`: as frameworks call an optimizer once backward is done. */
export function updatesAfter(
  before: readonly NodeHandle[],
  builder: GraphBuilder,
  optimizer: Optimizer,
  gradients: readonly ParameterGradient[],
): Updates {
  return builder.after(before, UPDATES, () => optimizer(builder, gradients));
}
