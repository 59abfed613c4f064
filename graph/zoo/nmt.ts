import type { Value } from '../builder.ts';
import { add, tanh } from '../ops/elementwise.ts';
import { matmul } from '../ops/matmul.ts';
import { concat, reshape } from '../ops/shape.ts';
import { softmax } from '../ops/softmax.ts';
import { authored, crossEntropy } from './author.ts';
import { embedding } from './embedding.ts';
import type { Layers } from './layers.ts';
import { allSteps, type LstmState, lstmLayer, timeSteps, unrolled, zeroState } from './lstm.ts';
import type { Model } from './model.ts';
import { setting } from './settings.ts';

/**
 * Neural machine translation with attention, in the architecture of GNMT (Wu et al., "Google's Neural Machine
 * Translation System", 2016, section 3): LSTM layers of which the encoder's first runs both ways, residual connections
 * from the third layer on, and Bahdanau's attention, asked with the bottom decoder layer's last output and given
 * to all decoder layers. A sample is a pair of sentences of `steps` words each; ids are fed step by step, [steps, batch].
 */
const family = authored(
  { name: 'nmt', description: 'neural machine translation with attention' },
  {
    settings: {
      layers: setting(2, 1, 16, 'LSTM layers of the encoder, and of the decoder.'),
      hidden: setting(1024, 1, 65_536, 'Memory cells of each layer, and width of embeddings and attention.'),
      steps: setting(40, 1, 100, 'Words of a sentence, source and target.'),
      vocabulary: setting(32_000, 2, 10_000_000, 'Words of each language.'),
    },
    body: (layers, batch, { layers: depth, hidden, steps, vocabulary }) => {
      const { builder } = layers;
      const source = layers.integers('source', [steps, batch], vocabulary);
      const target = layers.integers('target', [steps, batch], vocabulary);
      const labels = layers.integers('labels', [steps * batch], vocabulary);
      const read = builder.scope('encoder', () => encode(layers, source, { depth, hidden, vocabulary }));
      const written = builder.scope('decoder', () =>
        decode(layers, target, read, { depth, hidden, vocabulary }),
      );
      const logits = layers.linear('softmax', layers.boundary(allSteps(layers, written)), vocabulary);
      return { labels, logits, loss: crossEntropy(layers, logits, labels) };
    },
  },
);

interface Size {
  readonly depth: number;
  readonly hidden: number;
  readonly vocabulary: number;
}

/** Whether a layer (counted from 0) adds its input to its output. */
const isResidual = (layer: number): boolean => layer >= 2;

function plus({ builder }: Layers, xs: readonly Value[], ys: readonly Value[]): Value[] {
  return ys.map((y, i) => builder.add(add, [xs[i]!, y], {}, { name: 'residual' }));
}

function encode(layers: Layers, words: Value, { depth, hidden, vocabulary }: Size): Value[] {
  const { builder } = layers;
  let sequence = timeSteps(layers, embedding(layers, 'embedding', words, vocabulary, hidden));
  const shape = (inputs: number) => ({ inputs, units: hidden });
  const forward = unrolled(layers, 'forward1', sequence, shape(hidden));
  const backward = unrolled(layers, 'backward1', sequence.toReversed(), shape(hidden)).toReversed();
  sequence = forward.map((h, t) =>
    builder.add(concat, [h, backward[t]!], { axis: 1 }, { name: 'both_ways' }),
  );
  for (let layer = 1; layer < depth; layer++) {
    const inputs = layer === 1 ? 2 * hidden : hidden;
    const outputs = unrolled(layers, `lstm${layer + 1}`, sequence, shape(inputs));
    sequence = isResidual(layer) ? plus(layers, sequence, outputs) : outputs;
  }
  return sequence;
}

function decode(
  layers: Layers,
  words: Value,
  read: readonly Value[],
  { depth, hidden, vocabulary }: Size,
): Value[] {
  const { builder } = layers;
  const batch = read[0]!.spec.shape[0]!;
  // Each layer sees what is below it and the context.
  const shape = { inputs: 2 * hidden, units: hidden };
  const attend = attention(layers, read, hidden);
  const steps = Array.from({ length: depth }, (_, layer) => lstmLayer(layers, `lstm${layer + 1}`, shape));
  const states: LstmState[] = steps.map(() => zeroState(layers, batch, shape));
  return timeSteps(layers, embedding(layers, 'embedding', words, vocabulary, hidden)).map((word) => {
    const context = attend(states[0]!.h);
    let x = word;
    for (const [layer, step] of steps.entries()) {
      const joined = builder.add(concat, [x, context], { axis: 1 }, { name: 'with_context' });
      states[layer] = step(joined, states[layer]!);
      const { h } = states[layer]!;
      x = isResidual(layer) ? builder.add(add, [x, h], {}, { name: 'residual' }) : h;
    }
    return x;
  });
}

/**
 * Attention over what was read (Bahdanau et al. 2015): query [batch, hidden] → context [batch, width]. The weight of a
 * position is softmax(v · tanh(W·query + U·position)); U·position is computed once.
 */
function attention(layers: Layers, read: readonly Value[], units: number): (query: Value) => Value {
  const { builder } = layers;
  const positions = read.length;
  const [batch, width] = read[0]!.spec.shape as [number, number];
  const [keys, values, queryWeights, scores] = builder.scope('attention', () => {
    const rows = read.map((h) => builder.add(reshape, [h], { shape: [batch, 1, width] }));
    const memory = builder.add(concat, rows, { axis: 1 }, { name: 'memory' });
    const flat = builder.add(reshape, [memory], { shape: [batch * positions, width] });
    return [
      builder.add(reshape, [layers.linear('keys', flat, units)], { shape: [batch, positions, units] }),
      memory,
      layers.parameter('query', [units, units], units, units),
      layers.parameter('scores', [units, 1], units, 1),
    ] as const;
  });
  return (query) =>
    builder.scope('attention/step', () => {
      const asked = builder.add(matmul, [query, queryWeights], {});
      const sum = builder.add(add, [keys, builder.add(reshape, [asked], { shape: [batch, 1, units] })], {});
      const flat = builder.add(reshape, [builder.add(tanh, [sum], {})], {
        shape: [batch * positions, units],
      });
      const score = builder.add(matmul, [flat, scores], {});
      const weights = builder.add(softmax, [builder.add(reshape, [score], { shape: [batch, positions] })], {
        axis: 1,
      });
      const row = builder.add(reshape, [weights], { shape: [batch, 1, positions] });
      const context = builder.add(matmul, [row, values], {});
      return builder.add(reshape, [context], { shape: [batch, width] });
    });
}

function variant(layers: number): Model {
  return family.with(
    { layers },
    {
      name: `nmt-${layers}`,
      description: `NMT with attention of the placement papers: ${layers} encoder and ${layers} decoder LSTM layers of 1024`,
    },
  );
}

/*
 * The sizes of Mirhoseini et al., "A Hierarchical Model for Device Placement", ICLR 2018: 2, 4 and 8 layers. With 8 it is
 * GNMT, for which Shazeer et al., "Outrageously Large Neural Networks", ICLR 2017, table 2, count 278 million parameters and
 * 214 million operations per time step; here 280,826,880 and 215.3 million multiply-adds.
 */
export const nmt2 = variant(2);
export const nmt4 = variant(4);
export const nmt8 = variant(8);
