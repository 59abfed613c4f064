import type { Value } from '../builder.ts';
import { add, mul } from '../ops/elementwise.ts';
import { gemm } from '../ops/matmul.ts';
import { split } from '../ops/rearrange.ts';
import { reduceSum } from '../ops/reduction.ts';
import { concat, reshape } from '../ops/shape.ts';
import { constant } from '../ops/state.ts';
import { type Authored, authored, crossEntropy } from './author.ts';
import { embedding as embed, rows as rowsOf } from './embedding.ts';
import type { Layers } from './layers.ts';
import { allSteps, timeSteps, unrolled } from './lstm.ts';
import { setting } from './settings.ts';
import { softmaxOnServers } from './sharded-softmax.ts';

/**
 * A recurrent language model: embedding, LSTM layers over the steps of each sequence, and a softmax over the
 * vocabulary, full or sampled. A sample is one sequence of `steps` words; ids are fed step by step, [steps, batch].
 */
const family = authored(
  { name: 'lstm-lm', description: 'recurrent language model' },
  {
    settings: {
      vocabulary: setting(40_000, 2, 10_000_000, 'Words that there are.'),
      embedding: setting(512, 1, 65_536, "Width of a word's vector."),
      layers: setting(1, 1, 16, 'LSTM layers.'),
      hidden: setting(512, 1, 65_536, 'Memory cells of each layer.'),
      projection: setting(512, 0, 65_536, "Width that each layer's output is projected to; 0: not at all."),
      steps: setting(20, 1, 200, 'Words of a sequence.'),
      sampled: setting(0, 0, 10_000_000, 'Classes that the softmax samples; 0: it takes all words.'),
    },
    conflict: ({ sampled, vocabulary }) =>
      sampled > vocabulary ? `${sampled} classes cannot be sampled of ${vocabulary} words` : undefined,
    splits: ['servers'],
    body: (layers, batch, { vocabulary, embedding, layers: depth, hidden, projection, steps, sampled }) => {
      const words = layers.integers('words', [steps, batch], vocabulary);
      const labels = layers.integers('labels', [steps * batch], vocabulary);
      const vectors = layers.boundary(embed(layers, 'embedding', words, vocabulary, embedding));
      let sequence = timeSteps(layers, vectors);
      const outputs = projection || hidden;
      for (let layer = 0; layer < depth; layer++) {
        const inputs = layer === 0 ? embedding : outputs;
        sequence = unrolled(layers, `lstm${layer + 1}`, sequence, { inputs, units: hidden, projection });
      }
      const softmax = { vocabulary, width: outputs, sampled };
      return layers.builder.scope('softmax', () =>
        predict(layers, layers.boundary(allSteps(layers, sequence)), labels, softmax),
      );
    },
  },
);

interface Softmax {
  readonly vocabulary: number;
  readonly width: number;
  readonly sampled: number;
}

function predict(layers: Layers, h: Value, labels: Value, { vocabulary, width, sampled }: Softmax): Authored {
  const { builder, servers } = layers;
  if (sampled === 0 && servers !== undefined)
    return softmaxOnServers(layers, h, labels, { classes: vocabulary, width }, servers);
  // A row per word, so that rows can be gathered.
  const weights = layers.parameter('weights', [vocabulary, width], width, width);
  const bias = layers.parameter('bias', [vocabulary]);
  if (sampled > 0) return predictSampled(layers, h, labels, weights, bias, sampled);
  const logits = builder.add(add, [builder.add(gemm, [h, weights], { transB: true }), bias], {});
  return { labels, logits, loss: crossEntropy(layers, logits, labels) };
}

/**
 * Sampled softmax (Jean et al. 2015; tf.nn.sampled_softmax_loss): the true class of each row against `sampled` classes
 * that all rows share. Classes are drawn uniformly by the caller, who feeds them; the correction for their expected
 * counts is then the same for all classes and falls out of the softmax. Accidental hits stay.
 */
function predictSampled(
  layers: Layers,
  h: Value,
  labels: Value,
  weights: Value,
  bias: Value,
  sampled: number,
): Authored {
  const { builder } = layers;
  const rows = h.spec.shape[0]!;
  const candidates = layers.integers('sampled', [sampled], weights.spec.shape[0]!);
  // One lookup for both, as TensorFlow does.
  const ids = builder.add(concat, [labels, candidates], { axis: 0 });
  const parts = (table: Value): readonly Value[] =>
    builder.node(split, [rowsOf(layers, table, ids)], { axis: 0, split: [rows, sampled] }).outputs;
  const [trueRows, sampledRows] = parts(weights) as [Value, Value];
  const [trueBias, sampledBias] = parts(bias) as [Value, Value];
  const product = builder.add(mul, [h, trueRows], {});
  const score = builder.add(reduceSum, [product], { axes: [1], keepdims: true });
  const trueLogit = builder.add(add, [score, builder.add(reshape, [trueBias], { shape: [rows, 1] })], {});
  const others = builder.add(gemm, [h, sampledRows], { transB: true });
  const logits = builder.add(
    concat,
    [trueLogit, builder.add(add, [others, sampledBias], {})],
    { axis: 1 },
    { name: 'logits' },
  );
  const first = builder.add(constant, [], { dtype: 'int64', shape: [rows], value: [0] }, { name: 'first' });
  return { labels, logits, loss: crossEntropy(layers, logits, first) };
}

/**
 * The language model of OSDI'16, section 6.4: "LSTM-512-512" of Jozefowicz et al., "Exploring the Limits of Language
 * Modeling", 2016 (512 cells, projected to 512; 20 steps), with the 40,000 most common words. 43,361,344 parameters; with
 * the whole vocabulary of 793,471 words 815,669,119, for which Jozefowicz et al. print 0.82 billion (table 1).
 */
export const lstm512 = family.with(
  {},
  {
    name: 'lstm-512-512',
    description: "LSTM-512-512 language model, 40,000 words, full softmax (OSDI'16, section 6.4)",
  },
);

/** The same with 512 sampled classes: 40,000 / 512 = 78 times less work in the softmax, as the paper says. */
export const lstm512Sampled = family.with(
  { sampled: 512 },
  {
    name: 'lstm-512-512-sampled',
    description:
      "LSTM-512-512 language model, 40,000 words, softmax of 512 sampled classes (OSDI'16, section 6.4)",
  },
);

/**
 * RNNLM of Mirhoseini et al., "Device Placement Optimization with Reinforcement Learning", ICML 2017: two LSTM layers
 * of 2048 cells over 40 steps, batch 64. The paper names no vocabulary: 10,000 words are those of Zaremba et al. 2014,
 * which it cites. 108,095,248 parameters.
 */
export const rnnlm = family.with(
  { vocabulary: 10_000, embedding: 2048, layers: 2, hidden: 2048, projection: 0, steps: 40 },
  {
    name: 'rnnlm',
    description: 'RNNLM of the placement papers (ICML 2017): two LSTM layers of 2048 cells, 40 steps',
  },
);
