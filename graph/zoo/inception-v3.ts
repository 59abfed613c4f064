import type { Value } from '../builder.ts';
import { averagePool, globalAveragePool, maxPool } from '../ops/pooling.ts';
import { concat } from '../ops/shape.ts';
import { classifier } from './image-classifier.ts';
import type { Layers } from './layers.ts';
import type { Model } from './model.ts';

/*
 * Inception-v3 (Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016), without
 * the auxiliary head; layer names as in TensorFlow-Slim. Each convolution is followed by batch normalisation with
 * scale and shift, and ReLU; 1,000 classes.
 */

type Kernel = readonly [number, number];
/** A convolution of a branch: name, filters, kernel, and for the last of a reduction block stride 2. */
type Step = readonly [name: string, filters: number, kernel: Kernel, stride?: 2];

const branch = (layers: Layers, name: string, x: Value, steps: readonly Step[]): Value =>
  layers.builder.scope(name, () =>
    steps.reduce(
      (y, [step, filters, kernel, stride]) =>
        layers.convNormRelu(step, y, { filters, kernel, stride, padding: stride === 2 ? 'valid' : 'same' }),
      x,
    ),
  );

const joined = (layers: Layers, values: readonly Value[]): Value =>
  layers.builder.add(concat, values, { axis: 1 }, { name: 'concat' });

const averagePooled = (layers: Layers, x: Value): Value =>
  layers.builder.add(
    averagePool,
    [x],
    { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
    { name: 'Branch_3/AvgPool_0a_3x3' },
  );

const maxPooled = (layers: Layers, name: string, x: Value): Value =>
  layers.builder.add(maxPool, [x], { kernel_shape: [3, 3], strides: [2, 2] }, { name });

/** 35×35 blocks Mixed_5b–5d. */
function block35(layers: Layers, name: string, x: Value, poolFilters: number): Value {
  return layers.builder.scope(name, () =>
    joined(layers, [
      branch(layers, 'Branch_0', x, [['Conv2d_0a_1x1', 64, [1, 1]]]),
      branch(layers, 'Branch_1', x, [
        ['Conv2d_0a_1x1', 48, [1, 1]],
        ['Conv2d_0b_5x5', 64, [5, 5]],
      ]),
      branch(layers, 'Branch_2', x, [
        ['Conv2d_0a_1x1', 64, [1, 1]],
        ['Conv2d_0b_3x3', 96, [3, 3]],
        ['Conv2d_0c_3x3', 96, [3, 3]],
      ]),
      branch(layers, 'Branch_3', averagePooled(layers, x), [['Conv2d_0b_1x1', poolFilters, [1, 1]]]),
    ]),
  );
}

/** 35×35 → 17×17. */
function reduction35(layers: Layers, x: Value, middle: readonly Step[]): Value {
  return layers.builder.scope('Mixed_6a', () =>
    joined(layers, [
      branch(layers, 'Branch_0', x, [['Conv2d_1a_3x3', 384, [3, 3], 2]]),
      branch(layers, 'Branch_1', x, [
        ['Conv2d_0a_1x1', 64, [1, 1]],
        ...middle,
        ['Conv2d_1a_3x3', 96, [3, 3], 2],
      ]),
      maxPooled(layers, 'Branch_2/MaxPool_1a_3x3', x),
    ]),
  );
}

/** 17×17 blocks Mixed_6b–6e with factorised 7×7 convolutions. */
function block17(layers: Layers, name: string, x: Value, width: number): Value {
  return layers.builder.scope(name, () =>
    joined(layers, [
      branch(layers, 'Branch_0', x, [['Conv2d_0a_1x1', 192, [1, 1]]]),
      branch(layers, 'Branch_1', x, [
        ['Conv2d_0a_1x1', width, [1, 1]],
        ['Conv2d_0b_1x7', width, [1, 7]],
        ['Conv2d_0c_7x1', 192, [7, 1]],
      ]),
      branch(layers, 'Branch_2', x, [
        ['Conv2d_0a_1x1', width, [1, 1]],
        ['Conv2d_0b_7x1', width, [7, 1]],
        ['Conv2d_0c_1x7', width, [1, 7]],
        ['Conv2d_0d_7x1', width, [7, 1]],
        ['Conv2d_0e_1x7', 192, [1, 7]],
      ]),
      branch(layers, 'Branch_3', averagePooled(layers, x), [['Conv2d_0b_1x1', 192, [1, 1]]]),
    ]),
  );
}

/** 17×17 → 8×8. */
function reduction17(layers: Layers, x: Value): Value {
  return layers.builder.scope('Mixed_7a', () =>
    joined(layers, [
      branch(layers, 'Branch_0', x, [
        ['Conv2d_0a_1x1', 192, [1, 1]],
        ['Conv2d_1a_3x3', 320, [3, 3], 2],
      ]),
      branch(layers, 'Branch_1', x, [
        ['Conv2d_0a_1x1', 192, [1, 1]],
        ['Conv2d_0b_1x7', 192, [1, 7]],
        ['Conv2d_0c_7x1', 192, [7, 1]],
        ['Conv2d_1a_3x3', 192, [3, 3], 2],
      ]),
      maxPooled(layers, 'Branch_2/MaxPool_1a_3x3', x),
    ]),
  );
}

/** 8×8 blocks Mixed_7b and 7c: the last convolutions of two branches fork into 1×3 and 3×1. */
function block8(layers: Layers, name: string, x: Value): Value {
  const fork = (branchName: string, y: Value, names: readonly [string, string]): Value[] => [
    branch(layers, branchName, y, [[names[0], 384, [1, 3]]]),
    branch(layers, branchName, y, [[names[1], 384, [3, 1]]]),
  ];
  return layers.builder.scope(name, () => {
    const second = branch(layers, 'Branch_1', x, [['Conv2d_0a_1x1', 384, [1, 1]]]);
    const third = branch(layers, 'Branch_2', x, [
      ['Conv2d_0a_1x1', 448, [1, 1]],
      ['Conv2d_0b_3x3', 384, [3, 3]],
    ]);
    return joined(layers, [
      branch(layers, 'Branch_0', x, [['Conv2d_0a_1x1', 320, [1, 1]]]),
      ...fork('Branch_1', second, ['Conv2d_0b_1x3', 'Conv2d_0c_3x1']),
      ...fork('Branch_2', third, ['Conv2d_0c_1x3', 'Conv2d_0d_3x1']),
      branch(layers, 'Branch_3', averagePooled(layers, x), [['Conv2d_0b_1x1', 192, [1, 1]]]),
    ]);
  });
}

function inception(name: string, description: string, middleOf6a: readonly Step[]): Model {
  return classifier({ name, description, sampleShape: [3, 299, 299], classes: 1000 }, (layers, samples) => {
    const stem = (
      x: Value,
      step: string,
      filters: number,
      size: number,
      padding: 'same' | 'valid',
      stride = 1,
    ): Value => layers.convNormRelu(step, x, { filters, kernel: [size, size], padding, stride });
    const parts: readonly ((x: Value) => Value)[] = [
      (x) => stem(x, 'Conv2d_1a_3x3', 32, 3, 'valid', 2),
      (x) => stem(x, 'Conv2d_2a_3x3', 32, 3, 'valid'),
      (x) => stem(x, 'Conv2d_2b_3x3', 64, 3, 'same'),
      (x) => maxPooled(layers, 'MaxPool_3a_3x3', x),
      (x) => stem(x, 'Conv2d_3b_1x1', 80, 1, 'valid'),
      (x) => stem(x, 'Conv2d_4a_3x3', 192, 3, 'valid'),
      (x) => maxPooled(layers, 'MaxPool_5a_3x3', x),
      (x) => block35(layers, 'Mixed_5b', x, 32),
      (x) => block35(layers, 'Mixed_5c', x, 64),
      (x) => block35(layers, 'Mixed_5d', x, 64),
      (x) => reduction35(layers, x, middleOf6a),
      (x) => block17(layers, 'Mixed_6b', x, 128),
      (x) => block17(layers, 'Mixed_6c', x, 160),
      (x) => block17(layers, 'Mixed_6d', x, 160),
      (x) => block17(layers, 'Mixed_6e', x, 192),
      (x) => reduction17(layers, x),
      (x) => block8(layers, 'Mixed_7b', x),
      (x) => block8(layers, 'Mixed_7c', x),
    ];
    const seen = parts.reduce((x, part) => layers.boundary(part(x)), samples);
    const pooled = layers.builder.add(globalAveragePool, [seen], {}, { name: 'AvgPool_1a_8x8' });
    return layers.dense('Logits', layers.flatten(pooled), 1000);
  });
}

/**
 * As tabulated by Paleo (Qi et al., ICLR 2017, nets/inception_v3.json): 23,751,432 parameters and 5,637,488,224
 * multiply-adds forward per image. Its Mixed_6a/Branch_1 has one 3×3 convolution fewer than the published network.
 */
export const inceptionV3 = inception(
  'inception-v3',
  'Inception-v3 for 299×299 images, layer table of Paleo',
  [],
);

/** As published, with the second 3×3 convolution of Mixed_6a/Branch_1: 23,834,568 parameters, 5,713,216,096 multiply-adds. */
export const inceptionV3Published = inception(
  'inception-v3-published',
  'Inception-v3 for 299×299 images, as published (one more convolution in Mixed_6a)',
  [['Conv2d_0b_3x3', 96, [3, 3]]],
);
