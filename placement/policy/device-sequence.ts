import type { Value } from '../../graph/builder.ts';
import { argMax } from '../../graph/ops/arg.ts';
import { arithmetic } from '../../graph/ops/arithmetic.ts';
import { cast } from '../../graph/ops/cast.ts';
import { tanh } from '../../graph/ops/elementwise.ts';
import { gather } from '../../graph/ops/gather.ts';
import { softmaxCrossEntropyLoss } from '../../graph/ops/loss.ts';
import { matmul } from '../../graph/ops/matmul.ts';
import { split } from '../../graph/ops/rearrange.ts';
import { lstm } from '../../graph/ops/recurrent.ts';
import { reduceSum } from '../../graph/ops/reduction.ts';
import { concat, expand, reshape, slice } from '../../graph/ops/shape.ts';
import { softmax } from '../../graph/ops/softmax.ts';
import type { Layers } from '../../graph/zoo/layers.ts';

export interface DeviceSequenceShape {
  /** Steps of encoder and decoder: one per group. */
  readonly groups: number;
  readonly devices: number;
  /** Units of the decoder's LSTM and of the attention; the encoder has half of them in each direction. */
  readonly hidden: number;
  /** Width of a device's embedding. */
  readonly deviceWidth: number;
  /** Sequences drawn at once. */
  readonly samples: number;
  /** C of C · tanh(logits / temperature): how sure the policy can get. */
  readonly tanhConstant: number;
  /** Whether the decoder also reads the encoder's output of the group that it places. */
  readonly aligned: boolean;
}

export interface DeviceSequence {
  /**
   * Draws sequences: int32 [groups, samples]. Noise: [groups, samples, devices], standard Gumbel for samples of the policy
   * (the greatest of logits + noise is distributed as their softmax; Gumbel 1954), zeros for its most probable devices.
   */
  draw(noise: Value): { readonly devices: Value; readonly logits: Value };
  /** −ln P(sequence), [samples], of devices int32 [groups, samples]. Differentiable in the parameters. */
  negativeLogProbability(devices: Value): Value;
}

/**
 * A policy over sequences of devices, one per group: an encoder, a bidirectional LSTM that reads the groups' embeddings,
 * and a decoder, an LSTM that at each step reads the embedding of the device that it chose before, and attends to all of
 * the encoder's outputs m_j by content (Bahdanau et al. 2015, section 3.1):
 *
 *     a_j = v · tanh(K·m_j + Q·h),  context = Σ softmax(a)_j · m_j,  logits = C · tanh(O·[h, context] / temperature)
 *
 * As in "Device placement optimization with reinforcement learning" (ICML'17, section 3.2) and "A hierarchical model for
 * device placement" (ICLR'18, section 2), whose constant C and temperature are after Bello et al. (2016).
 *
 * The same parameters make two subgraphs: `draw` is unrolled, since each step waits for the device of the one before; where
 * the devices are known, `negativeLogProbability` runs all steps of all samples in one LSTM and one attention.
 *
 * `embeddings`: [groups, width]. `mask`: [groups, devices], added to the logits: 0, or −1e9 where a device is not feasible.
 * `temperature`: a scalar.
 */
export function deviceSequence(
  layers: Layers,
  shape: DeviceSequenceShape,
  embeddings: Value,
  mask: Value,
  temperature: Value,
): DeviceSequence {
  const { builder } = layers;
  const { groups, devices, hidden, deviceWidth, samples, tanhConstant, aligned } = shape;
  const { plus, times, over } = arithmetic(builder);
  const reshaped = (x: Value, to: readonly number[]): Value => builder.add(reshape, [x], { shape: to });

  const encoder = builder.scope('encoder', () => {
    const units = hidden / 2;
    const width = embeddings.spec.shape[1]!;
    const { outputs } = builder.node(
      lstm,
      [reshaped(embeddings, [groups, 1, width]), ...lstmWeights(layers, width, units, 2)],
      { hidden_size: units, direction: 'bidirectional' },
    );
    const [all, h, c] = outputs as [Value, Value, Value];
    const begin = (state: Value): Value =>
      builder.add(expand, [reshaped(state, [1, 1, hidden])], { shape: [1, samples, hidden] });
    return { memory: reshaped(all, [groups, hidden]), h: begin(h), c: begin(c) };
  });
  const { memory } = encoder;

  const decoder = builder.scope('decoder', () => {
    const width = deviceWidth + (aligned ? hidden : 0);
    return {
      weights: lstmWeights(layers, width, hidden, 1),
      // A single step follows no device: nothing could be learnt here.
      deviceTable:
        groups === 1 ? undefined : layers.parameter('devices', [devices, deviceWidth], devices, deviceWidth),
      first: layers.parameter('first', [1, 1, deviceWidth], 1, deviceWidth),
    };
  });
  const begun = builder.add(expand, [decoder.first], { shape: [1, samples, deviceWidth] });

  const attention = builder.scope('attention', () => ({
    keys: reshaped(layers.linear('keys', memory, hidden), [1, groups, hidden]),
    query: layers.parameter('query', [hidden, hidden], hidden, hidden),
    score: layers.parameter('score', [hidden, 1], hidden, 1),
    output: layers.parameter('output', [2 * hidden, devices], 2 * hidden, devices),
  }));

  /** Outputs of the decoder's LSTM [rows, hidden] → logits [rows, devices], not masked. */
  const logitsOf = (h: Value): Value =>
    builder.scope('attend', () => {
      const rows = h.spec.shape[0]!;
      const query = reshaped(builder.add(matmul, [h, attention.query], {}), [rows, 1, hidden]);
      const energy = reshaped(builder.add(tanh, [plus(attention.keys, query)], {}), [rows * groups, hidden]);
      const scores = reshaped(builder.add(matmul, [energy, attention.score], {}), [rows, groups]);
      const context = builder.add(matmul, [builder.add(softmax, [scores], {}), memory], {});
      const both = builder.add(concat, [h, context], { axis: 1 });
      const sharp = over(builder.add(matmul, [both, attention.output], {}), temperature);
      return times(builder.add(tanh, [sharp], {}), tanhConstant);
    });

  /** What the decoder reads at steps `from` …: [steps, samples, …]. */
  const readAt = (chosen: Value, from: number): Value => {
    if (!aligned) return chosen;
    const steps = chosen.spec.shape[0]!;
    const own =
      steps === groups
        ? memory
        : builder.add(slice, [memory], { starts: [from], ends: [from + steps], axes: [0] });
    const spread = builder.add(expand, [reshaped(own, [steps, 1, hidden])], {
      shape: [steps, samples, hidden],
    });
    return builder.add(concat, [chosen, spread], { axis: 2 });
  };

  const step = (x: Value, h: Value, c: Value) =>
    builder.node(lstm, [x, ...decoder.weights, h, c], {
      hidden_size: hidden,
      inputs: ['X', 'W', 'R', 'B', 'initial_h', 'initial_c'],
    }).outputs as [Value, Value, Value];

  return {
    draw: (noise) =>
      builder.scope('draw', () => {
        const rows = (x: Value): readonly Value[] =>
          builder.node(split, [x], { axis: 0, split: new Array<number>(groups).fill(1) }).outputs;
        const [noises, masks] = [rows(noise), rows(mask)];
        const taken: Value[] = [];
        const allLogits: Value[] = [];
        let previous = begun;
        let { h, c } = encoder;
        for (let t = 0; t < groups; t++) {
          [, h, c] = step(readAt(previous, t), h, c);
          const logits = plus(logitsOf(reshaped(h, [samples, hidden])), masks[t]!);
          const noisy = plus(logits, reshaped(noises[t]!, [samples, devices]));
          const device = builder.add(argMax, [noisy], { axis: 1, keepdims: false });
          if (decoder.deviceTable !== undefined) {
            const embedding = builder.add(gather, [decoder.deviceTable, device], {});
            previous = reshaped(embedding, [1, samples, deviceWidth]);
          }
          taken.push(reshaped(device, [1, samples]));
          allLogits.push(reshaped(logits, [1, samples, devices]));
        }
        const sequences = builder.add(concat, taken, { axis: 0 });
        return {
          devices: builder.add(cast, [sequences], { to: 'int32' }, { name: 'devices' }),
          logits: builder.add(concat, allLogits, { axis: 0 }, { name: 'logits' }),
        };
      }),
    negativeLogProbability: (chosen) =>
      builder.scope('probability', () => {
        let previous = begun;
        if (decoder.deviceTable !== undefined) {
          const before = builder.add(slice, [chosen], { starts: [0], ends: [groups - 1], axes: [0] });
          previous = builder.add(concat, [begun, builder.add(gather, [decoder.deviceTable, before], {})], {
            axis: 0,
          });
        }
        const [outputs] = step(readAt(previous, 0), encoder.h, encoder.c);
        const logits = reshaped(logitsOf(reshaped(outputs, [groups * samples, hidden])), [
          groups,
          samples,
          devices,
        ]);
        const masked = plus(logits, reshaped(mask, [groups, 1, devices]));
        const rows = [reshaped(masked, [groups * samples, devices]), reshaped(chosen, [groups * samples])];
        const each = builder.add(softmaxCrossEntropyLoss, rows, { reduction: 'none' });
        const perSample = reshaped(each, [groups, samples]);
        return builder.add(reduceSum, [perSample], { axes: [0], keepdims: false });
      }),
  };
}

/** W, R and B of an LSTM layer, in ONNX's form. */
function lstmWeights(layers: Layers, width: number, units: number, directions: number): Value[] {
  return [
    layers.parameter('input', [directions, 4 * units, width], width, units),
    layers.parameter('recurrent', [directions, 4 * units, units], units, units),
    layers.parameter('bias', [directions, 8 * units]),
  ];
}
