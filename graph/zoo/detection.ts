import type { Value } from '../builder.ts';
import { conv } from '../ops/convolution.ts';
import { add, mul, sub } from '../ops/elementwise.ts';
import { reduceMean } from '../ops/reduction.ts';
import { concat, reshape } from '../ops/shape.ts';
import { type Authored, crossEntropy } from './author.ts';
import type { Layers } from './layers.ts';
import { LABELS } from './model.ts';

/*
 * What networks have in common that find things in images, by scores and offsets of fixed boxes at every position of several
 * feature maps.
 */

export interface BoxConvolution {
  readonly channels: number;
  readonly filters: number;
  readonly kernel?: 1 | 3;
  readonly stride?: 1 | 2;
}

/** A convolution with bias that keeps the size of images at stride 1. It has the same parameters wherever it is applied. */
export function biasedConvolution(
  layers: Layers,
  name: string,
  { channels, filters, kernel = 3, stride = 1 }: BoxConvolution,
): (x: Value) => Value {
  const { builder } = layers;
  const window = kernel * kernel;
  const [weights, bias] = builder.scope(name, () => [
    layers.parameter('weights', [filters, channels, kernel, kernel], window * channels, window * filters),
    layers.parameter('bias', [filters]),
  ]);
  const pad = (kernel - 1) / 2;
  const attrs = { strides: [stride, stride], pads: [pad, pad, pad, pad] };
  return (x) => builder.add(conv, [x, weights!, bias!], attrs, { name });
}

/** Of each feature map [batch, boxes · values, height, width]: all as one [batch, values, boxes of all maps]. */
export function ofAllBoxes({ builder }: Layers, maps: readonly Value[], values: number): Value {
  const flat = maps.map((map) => builder.add(reshape, [map], { shape: [map.spec.shape[0]!, values, -1] }));
  return builder.add(concat, flat, { axis: 2 });
}

/**
 * A loss of scores [batch, classes, boxes] and offsets [batch, 4, boxes]: the mean cross-entropy of every box's class, and the
 * mean squared difference from the offsets that are fed. A stand-in that reads and writes the same tensors as the losses that are
 * trained with, which weigh boxes: SSD's leaves out most that hold nothing, RetinaNet's (focal) makes light of the certain ones.
 */
export function boxLoss(layers: Layers, scores: Value, offsets: Value): Authored {
  const { builder } = layers;
  const [batch, classes, boxes] = scores.spec.shape as [number, number, number];
  const labels = layers.integers(LABELS, [batch, boxes], classes);
  const targets = layers.numbers('offsets', offsets.spec.shape);
  const loss = builder.scope('loss', () => {
    const difference = builder.add(sub, [offsets, targets], {});
    const squares = builder.add(mul, [difference, difference], {});
    const apart = builder.add(reduceMean, [squares], { axes: [0, 1, 2], keepdims: false });
    return builder.add(add, [crossEntropy(layers, scores, labels), apart], {}, { name: 'sum' });
  });
  return { labels, logits: scores, loss };
}
