import { stream } from '../../base/random.ts';
import { type RunRequest, Session } from '../../executor/session.ts';
import { GraphBuilder, type Value } from '../../graph/builder.ts';
import { add, relu } from '../../graph/ops/elementwise.ts';
import { softmaxCrossEntropyLoss } from '../../graph/ops/loss.ts';
import { gradientDescent } from '../../graph/optimizers/gradient-descent.ts';
import { minimize } from '../../graph/optimizers/minimize.ts';
import { float32, type Tensor, tensor } from '../../graph/tensor.ts';
import { elementCount } from '../../graph/tensor-spec.ts';
import { attention, feedForward, layerNorm } from '../../graph/zoo/attention.ts';
import { embedding } from '../../graph/zoo/embedding.ts';
import { MODELS } from '../../graph/zoo/index.ts';
import { Layers } from '../../graph/zoo/layers.ts';

/** A training step of stepcast: samples and labels as flat numbers, the same for every contender. */
export interface TrainingCase {
  readonly name: string;
  readonly samples: { readonly shape: readonly number[]; readonly values: Float32Array };
  readonly labels: Int32Array;
}

export const CNN_BATCH = 64;

/** The zoo's mnist-cnn. */
export const cnn: TrainingCase = {
  name: `small CNN (mnist-cnn), batch ${CNN_BATCH}`,
  samples: { shape: [CNN_BATCH, 1, 28, 28], values: uniform([CNN_BATCH, 1, 28, 28], 1) },
  labels: integers(CNN_BATCH, 10),
};

/** Encoder blocks of the first Transformer, each word classified. */
export const TRANSFORMER = {
  layers: 4,
  batch: 8,
  length: 64,
  width: 256,
  heads: 4,
  inner: 1024,
  vocabulary: 1000,
};
const WORDS = TRANSFORMER.batch * TRANSFORMER.length;

export const transformer: TrainingCase = {
  name: `Transformer of ${TRANSFORMER.layers} layers of width ${TRANSFORMER.width}, ${WORDS} words`,
  samples: { shape: [WORDS], values: Float32Array.from(integers(WORDS, TRANSFORMER.vocabulary)) },
  labels: integers(WORDS, TRANSFORMER.vocabulary),
};

function uniform(shape: readonly number[], seed: number): Float32Array {
  const draws = stream(seed, 'training');
  return Float32Array.from({ length: elementCount(shape) }, () => draws.uniform());
}

function integers(count: number, below: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => (i * 7919) % below);
}

const RATE = 0.01;

function cnnSession(): Session {
  const builder = new GraphBuilder();
  const { loss, parameters } = MODELS['mnist-cnn']!.build(builder, { batch: CNN_BATCH, dtype: 'float32' });
  minimize(builder, loss, parameters, gradientDescent(RATE));
  return new Session(builder.finish());
}

function transformerSession(): Session {
  const { layers: depth, batch, width, heads, inner, vocabulary } = TRANSFORMER;
  const builder = new GraphBuilder();
  const layers = new Layers(builder, 'float32');
  const words = layers.integers('samples', [WORDS], vocabulary);
  const labels = layers.integers('labels', [WORDS], vocabulary);
  let x = embedding(layers, 'embedding', words, vocabulary, width);
  const residual = (name: string, part: (x: Value) => Value): void => {
    x = layerNorm(layers, `${name}/norm`, builder.add(add, [x, part(x)], {}));
  };
  const shape = { batch, inner, activation: (z: Value) => builder.add(relu, [z], {}) };
  for (let block = 0; block < depth; block++) {
    builder.scope(`block${block}`, () => {
      residual('self', (y) => attention(layers, 'self', y, y, { batch, heads, bias: true }));
      residual('mlp', (y) => feedForward(layers, 'mlp', y, shape));
    });
  }
  const logits = layers.dense('logits', x, vocabulary);
  const loss = builder.add(softmaxCrossEntropyLoss, [logits, labels], {}, { name: 'loss' });
  minimize(builder, loss, layers.parameters, gradientDescent(RATE));
  return new Session(builder.finish());
}

/** One step; returns its loss. */
export function ownStep(c: TrainingCase): () => number {
  const session = c === cnn ? cnnSession() : transformerSession();
  const { shape, values } = c.samples;
  const samples: Tensor = c === cnn ? float32(shape, values) : tensor('int64', shape, values);
  const labels = tensor('int64', [c.labels.length], c.labels);
  const request: RunRequest = { fetches: ['loss:0'], targets: ['train'], feeds: { samples, labels } };
  return () => Number(session.run(request)[0]!.data[0]);
}
