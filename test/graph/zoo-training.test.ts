import { describe, expect, it } from 'vitest';
import { stream } from '../../base/random.ts';
import { Session } from '../../executor/session.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { gradientDescent } from '../../graph/optimizers/gradient-descent.ts';
import { minimize } from '../../graph/optimizers/minimize.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';
import { elementCount } from '../../graph/tensor-spec.ts';
import { MODELS } from '../../graph/zoo/index.ts';
import type { Feed, Model } from '../../graph/zoo/model.ts';
import { configured } from '../../graph/zoo/settings.ts';

/** The zoo small enough to be computed in a test: every network, so that every layer trains with real numbers. */
const SMALL: { readonly [name: string]: { readonly [setting: string]: number } } = {
  'mnist-mlp': {},
  alexnet: { image: 67, dense: 8, classes: 5 },
  'alexnet-v2': { image: 67, dense: 8, classes: 5 },
  'vgg-11': { image: 32, width: 4, dense: 16, classes: 5 },
  'resnet-50': { image: 32, width: 4, classes: 5 },
  'ssd-resnet-34': { image: 257, width: 2, classes: 4 },
  'retinanet-resnext-50': { image: 64, width: 16, classes: 4 },
  'lstm-512-512': { vocabulary: 20, embedding: 6, hidden: 8, projection: 4, layers: 2, steps: 4 },
  'lstm-512-512-sampled': { vocabulary: 20, embedding: 6, hidden: 8, projection: 6, steps: 4, sampled: 10 },
  rnnlm: { vocabulary: 20, embedding: 6, hidden: 8, steps: 4 },
  'nmt-4': { hidden: 8, steps: 3, vocabulary: 20 },
  'transformer-base': { layers: 2, width: 8, heads: 2, inner: 12, length: 4, vocabulary: 20 },
  'bert-base': { layers: 2, width: 8, heads: 2, length: 6, positions: 8, masked: 2, vocabulary: 20 },
  gpt: { layers: 2, width: 8, heads: 2, length: 6, vocabulary: 20 },
  'wide-deep': { categories: 3, values: 10, numbers: 4, embedding: 5, crossed: 2, crossed_values: 7 },
  'dlrm-kaggle': { numbers: 5, largest: 10 },
  'null-step': { variables: 3, elements: 4 },
  'null-step-sparse': { rows: 10, width: 4, lookups: 3 },
  'speech-dnn': { inputs: 6, hidden: 8, layers: 2, classes: 5 },
  'locally-connected': { image: 20, maps: 2, window: 3, pool: 2, last_pool: 3, classes: 5 },
};

/** Learning rates of networks that 0.5 makes jump. */
const STEP: { readonly [name: string]: number } = {
  'mnist-mlp': 0.05,
  alexnet: 0.05,
  'alexnet-v2': 0.05,
  'vgg-11': 0.05,
  'resnet-50': 0.05,
  'ssd-resnet-34': 0.05,
};

/** Fixed inputs that mean nothing: a network of enough weights learns them by heart. */
function randomFeeds(feeds: readonly Feed[]): Record<string, Tensor> {
  const entries = feeds.map(({ value, below }) => {
    const { dtype, shape } = value.spec;
    const draws = stream(1, value.node.name);
    const clicks = value.node.name === 'labels' && below === undefined;
    const draw = (): number =>
      below !== undefined ? draws.below(below) : clicks ? draws.below(2) : draws.uniform() * 2 - 1;
    return [
      value.node.name,
      tensor(dtype, shape, Array.from({ length: elementCount(shape) }, draw)),
    ] as const;
  });
  return Object.fromEntries(entries);
}

function losses(model: Model, steps: number, learningRate: number): number[] {
  const builder = new GraphBuilder();
  const { feeds, loss, parameters } = model.build(builder, { batch: 2, dtype: 'float32' });
  minimize(builder, loss, parameters, gradientDescent(learningRate));
  const session = new Session(builder.finish(), { seed: 1 });
  const fed = randomFeeds(feeds);
  return Array.from({ length: steps }, () => {
    const [value] = session.run({ fetches: [`${loss.node.name}:0`], targets: ['train'], feeds: fed });
    return Number(value!.data[0]);
  });
}

describe('the loss falls when a few samples are learnt by heart', () => {
  it.each(Object.entries(SMALL))('%s', (name, settings) => {
    const curve = losses(
      configured(MODELS[name]!, settings),
      name.startsWith('alexnet') ? 4 : 12,
      STEP[name] ?? 0.5,
    );
    for (const loss of curve) expect(Number.isFinite(loss)).toBe(true);
    expect(curve.at(-1)).toBeLessThan(curve[0]! * 0.98);
  });
});
