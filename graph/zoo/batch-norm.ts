import type { Value } from '../builder.ts';
import { add, mul } from '../ops/elementwise.ts';
import { batchNormalization } from '../ops/normalization.ts';
import { assign } from '../ops/state.ts';
import type { Layers } from './layers.ts';

/** Batch normalisation of [batch, channels, …] with scale and shift, which updates its running statistics. */
export function batchNorm(layers: Layers, x: Value, channels: number): Value {
  const { builder } = layers;
  const scale = layers.parameter('scale', [channels], undefined, undefined, 'ones');
  const shift = layers.parameter('shift', [channels]);
  const mean = layers.variable('running_mean', [channels], 'zeros', false);
  const variance = layers.variable('running_variance', [channels], 'ones', false);
  const { outputs } = builder.node(batchNormalization, [x, scale, shift, mean, variance], {
    training_mode: true,
  });
  for (const [running, updated] of [
    [mean, outputs[1]!],
    [variance, outputs[2]!],
  ] as const) {
    builder.node(assign, [running, updated], {}, { colocateWith: running.node });
  }
  return outputs[0]!;
}

/** What is left of batch normalisation that does not train, with its statistics: x · scale + shift, of each channel. */
export function fixedNorm(layers: Layers, x: Value, channels: number): Value {
  const perChannel = [channels, ...x.spec.shape.slice(2).map(() => 1)];
  const scale = layers.variable('scale', perChannel, 'ones', false);
  const shift = layers.variable('shift', perChannel, 'zeros', false);
  const scaled = layers.builder.add(mul, [x, scale], {});
  return layers.builder.add(add, [scaled, shift], {});
}
