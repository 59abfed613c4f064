import type { Value } from '../builder.ts';
import { add, mul, relu, sigmoid } from '../ops/elementwise.ts';
import { globalAveragePool, maxPool } from '../ops/pooling.ts';
import { reshape } from '../ops/shape.ts';
import { imageClassifier, imageSettings } from './image-classifier.ts';
import type { Layers } from './layers.ts';
import type { Model, ModelFacts } from './model.ts';
import { setting } from './settings.ts';

/** Blocks per stage (He et al., table 1; of 200 layers: "Identity Mappings in Deep Residual Networks", ECCV 2016, appendix). */
const STAGES = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
  200: [3, 24, 36, 3],
} as const;

type Depth = keyof typeof STAGES;

/** How a network departs from the one of 2015. */
interface Variant {
  /** Groups of the 3×3 convolutions, which then have twice the filters of a group of 2 · `width / groups` each (ResNeXt). */
  readonly groups?: number;
  /** Whether the stride of a bottleneck is that of its 3×3 convolution ("v1.5") rather than of the first 1×1. */
  readonly strideInMiddle?: boolean;
  /** Whether each block weighs its channels by what it sees of them all (squeeze and excitation). */
  readonly squeezes?: boolean;
}

const PLAIN: Variant = {};

/** One block: x → channels of the stage, `stride` times smaller along each edge. */
type Block = (layers: Layers, x: Value, width: number, stride: number, variant: Variant) => Value;

/** Two 3×3 convolutions, added to what came in: by itself, or through a 1×1 convolution where the shape changes. */
const basic: Block = (layers, x, width, stride) => {
  const conv = { kernel: [3, 3], padding: 'same', filters: width } as const;
  const first = layers.convNormRelu('conv1', x, { ...conv, stride });
  return residual(layers, x, layers.convNorm('conv2', first, conv), stride);
};

/**
 * 1×1, 3×3 and 1×1 convolutions to width, width and 4 · width channels, added to what came in: by itself, or through
 * a 1×1 convolution where the shape changes. The stride is that of the first convolution, as published; later programs
 * move it to the 3×3.
 */
const bottleneck: Block = (
  layers,
  x,
  width,
  stride,
  { groups = 1, strideInMiddle = false, squeezes = false },
) => {
  const conv = { kernel: [1, 1], padding: 'same' } as const;
  const inner = groups === 1 ? width : 2 * width;
  const [first, middle] = strideInMiddle ? [1, stride] : [stride, 1];
  let y = layers.convNormRelu('conv1', x, { ...conv, filters: inner, stride: first });
  const among = groups === 1 ? {} : { group: groups };
  y = layers.convNormRelu('conv2', y, { ...conv, filters: inner, kernel: [3, 3], stride: middle, ...among });
  y = layers.convNorm('conv3', y, { ...conv, filters: 4 * width });
  return residual(layers, x, squeezes ? excited(layers, y) : y, stride);
};

function residual(layers: Layers, x: Value, y: Value, stride: number): Value {
  const { builder } = layers;
  const filters = y.spec.shape[1]!;
  const keeps = stride === 1 && x.spec.shape[1] === filters;
  const shortcut = keeps
    ? x
    : layers.convNorm('shortcut', x, { kernel: [1, 1], padding: 'same', filters, stride });
  return builder.add(relu, [builder.add(add, [y, shortcut], {})], {});
}

/**
 * Channels, each times a factor that two dense layers make of the means of all: Hu et al., "Squeeze-and-Excitation Networks",
 * CVPR 2018, with their reduction by 16.
 */
function excited(layers: Layers, y: Value): Value {
  const { builder } = layers;
  const [batch, channels] = y.spec.shape as [number, number, number, number];
  return builder.scope('excitation', () => {
    const means = layers.flatten(builder.add(globalAveragePool, [y], {}));
    const squeezed = layers.denseRelu('squeeze', means, channels / 16);
    const factors = builder.add(sigmoid, [layers.dense('excite', squeezed, channels)], {});
    const spread = builder.add(reshape, [factors], { shape: [batch, channels, 1, 1] });
    return builder.add(mul, [y, spread], {});
  });
}

function resnet(depth: Depth, facts: ModelFacts, variant = PLAIN): Model {
  const block = depth < 50 ? basic : bottleneck;
  return imageClassifier(
    facts,
    { ...imageSettings(224, 32), width: setting(64, 1, 512, 'Filters of the first convolution.') },
    (layers, samples, { width, classes }) => {
      const { builder } = layers;
      const stem = layers.convNormRelu('conv1', samples, {
        filters: width,
        kernel: [7, 7],
        stride: 2,
        padding: 'same',
      });
      let x = builder.add(
        maxPool,
        [stem],
        { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
        { name: 'pool1' },
      );
      layers.boundary(x);
      for (const [stage, count] of STAGES[depth].entries()) {
        for (let number = 1; number <= count; number++) {
          const stride = stage > 0 && number === 1 ? 2 : 1;
          x = builder.scope(`conv${stage + 2}_${number}`, () =>
            block(layers, x, width * 2 ** stage, stride, variant),
          );
          layers.boundary(x);
        }
      }
      const pooled = builder.add(globalAveragePool, [x], {}, { name: 'pool5' });
      return layers.dense('fc', layers.flatten(pooled), classes);
    },
  );
}

/**
 * He et al., "Deep Residual Learning for Image Recognition", CVPR 2016. Parameters and multiply-adds: 25,557,032 and
 * 3,857,973,248 (50 layers; table 1 says 3.8·10⁹), 44,549,160 and 7,570,194,432 (101; 7.6·10⁹), 60,192,808 and
 * 11,282,415,616 (152; 11.3·10⁹).
 */
function published(depth: Depth): Model {
  return resnet(depth, {
    name: `resnet-${depth}`,
    description: `ResNet v1 with ${depth} weight layers (CVPR 2016), 224×224 images`,
  });
}

export const resnet18 = published(18);
export const resnet34 = published(34);
export const resnet50 = published(50);
export const resnet101 = published(101);
export const resnet152 = published(152);
export const resnet200 = published(200);

/** What MLPerf and NVIDIA's examples train: torchvision's strides. */
export const resnet50v15 = resnet(
  50,
  {
    name: 'resnet-50-v1.5',
    description: 'ResNet-50 with the strides of its 3×3 convolutions, 224×224 images',
  },
  { strideInMiddle: true },
);

/** Xie et al., "Aggregated Residual Transformations for Deep Neural Networks", CVPR 2017: 32 groups of 4 filters, times 2 per stage. */
export const resnext101 = resnet(
  101,
  { name: 'resnext-101-32x4d', description: 'ResNeXt-101, 32 groups of width 4 (CVPR 2017), 224×224 images' },
  { groups: 32, strideInMiddle: true },
);

export const seResnext101 = resnet(
  101,
  {
    name: 'se-resnext-101-32x4d',
    description: 'ResNeXt-101 32×4d with squeeze and excitation (CVPR 2018), 224×224 images',
  },
  { groups: 32, strideInMiddle: true, squeezes: true },
);
