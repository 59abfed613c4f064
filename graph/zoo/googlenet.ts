import type { Value } from '../builder.ts';
import { globalAveragePool, maxPool } from '../ops/pooling.ts';
import { concat } from '../ops/shape.ts';
import { imageClassifier, imageSettings } from './image-classifier.ts';
import type { Layers } from './layers.ts';

/** Filters: 1×1; before and of 3×3; before and of 5×5; after the pooling (table 1). None: a 3×3 pooling by 2. */
const MODULES: readonly (readonly [number, number, number, number, number, number] | undefined)[] = [
  [64, 96, 128, 16, 32, 32],
  [128, 128, 192, 32, 96, 64],
  undefined,
  [192, 96, 208, 16, 48, 64],
  [160, 112, 224, 24, 64, 64],
  [128, 128, 256, 24, 64, 64],
  [112, 144, 288, 32, 64, 64],
  [256, 160, 320, 32, 128, 128],
  undefined,
  [256, 160, 320, 32, 128, 128],
  [384, 192, 384, 48, 128, 128],
];

/** 3×3; `stride` 2 makes the image half as long, rounded up. */
function pooled({ builder }: Layers, x: Value, stride: number): Value {
  const pads = stride === 1 ? [1, 1, 1, 1] : [0, 0, 0, 0];
  return builder.add(
    maxPool,
    [x],
    { kernel_shape: [3, 3], strides: [stride, stride], pads, ceil_mode: true },
    { name: 'pool' },
  );
}

function inception(layers: Layers, x: Value, filters: NonNullable<(typeof MODULES)[number]>): Value {
  const [narrow, before3, of3, before5, of5, after] = filters;
  const conv = (name: string, y: Value, count: number, size: number): Value =>
    layers.convRelu(name, y, { filters: count, kernel: [size, size], padding: 'same' });
  const branches = [
    conv('1x1', x, narrow, 1),
    conv('3x3', conv('3x3_reduce', x, before3, 1), of3, 3),
    conv('5x5', conv('5x5_reduce', x, before5, 1), of5, 5),
    conv('pool_projection', pooled(layers, x, 1), after, 1),
  ];
  return layers.builder.add(concat, branches, { axis: 1 }, { name: 'concat' });
}

/**
 * Szegedy et al., "Going Deeper with Convolutions", CVPR 2015, as convnet-benchmarks times it: without the auxiliary heads and
 * without response normalisation. 6,998,552 parameters, 1,582,671,872 multiply-adds.
 */
export const googlenet = imageClassifier(
  { name: 'googlenet', description: 'GoogLeNet, Inception v1 (2014), 224×224 images' },
  imageSettings(224, 32),
  (layers, samples, { classes }) => {
    const { builder } = layers;
    const conv = (name: string, y: Value, filters: number, size: number, stride = 1): Value =>
      layers.convRelu(name, y, { filters, kernel: [size, size], stride, padding: 'same' });
    let x = builder.scope('stem', () => pooled(layers, conv('conv1', samples, 64, 7, 2), 2));
    x = layers.boundary(x);
    const narrow = conv('conv2_reduce', x, 64, 1);
    x = layers.boundary(builder.scope('conv2', () => pooled(layers, conv('3x3', narrow, 192, 3), 2)));
    for (const [i, filters] of MODULES.entries()) {
      x = layers.boundary(
        builder.scope(`module${i + 1}`, () =>
          filters === undefined ? pooled(layers, x, 2) : inception(layers, x, filters),
        ),
      );
    }
    const means = builder.add(globalAveragePool, [x], {}, { name: 'average' });
    return layers.dense('classifier', layers.flatten(means), classes);
  },
);
