import type { Value } from '../builder.ts';
import { add, relu } from '../ops/elementwise.ts';
import { globalAveragePool, maxPool } from '../ops/pooling.ts';
import { imageClassifier, imageSettings } from './image-classifier.ts';
import type { Layers } from './layers.ts';
import type { Model } from './model.ts';
import { setting } from './settings.ts';

/** Bottleneck blocks per stage (He et al., table 1). */
const STAGES = {
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
} as const;

/**
 * 1×1, 3×3 and 1×1 convolutions to width, width and 4 · width channels, added to what came in: by itself, or through
 * a 1×1 convolution where the shape changes. The stride is that of the first convolution, as published
 * (later programs move it to the 3×3).
 */
function bottleneck(layers: Layers, x: Value, width: number, stride: number): Value {
  const { builder } = layers;
  const conv = { kernel: [1, 1], padding: 'same' } as const;
  let y = layers.convNormRelu('conv1', x, { ...conv, filters: width, stride });
  y = layers.convNormRelu('conv2', y, { ...conv, filters: width, kernel: [3, 3] });
  y = layers.convNorm('conv3', y, { ...conv, filters: 4 * width });
  const keeps = stride === 1 && x.spec.shape[1] === 4 * width;
  const shortcut = keeps ? x : layers.convNorm('shortcut', x, { ...conv, filters: 4 * width, stride });
  return builder.add(relu, [builder.add(add, [y, shortcut], {})], {});
}

/**
 * He et al., "Deep Residual Learning for Image Recognition", CVPR 2016. Parameters and multiply-adds: 25,557,032 and
 * 3,857,973,248 (50 layers; table 1 says 3.8·10⁹), 44,549,160 and 7,570,194,432 (101; 7.6·10⁹), 60,192,808 and
 * 11,282,415,616 (152; 11.3·10⁹).
 */
function resnet(layerCount: keyof typeof STAGES): Model {
  return imageClassifier(
    {
      name: `resnet-${layerCount}`,
      description: `ResNet v1 with ${layerCount} weight layers (CVPR 2016), 224×224 images`,
    },
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
      for (const [stage, count] of STAGES[layerCount].entries()) {
        for (let block = 1; block <= count; block++) {
          const stride = stage > 0 && block === 1 ? 2 : 1;
          x = builder.scope(`conv${stage + 2}_${block}`, () =>
            bottleneck(layers, x, width * 2 ** stage, stride),
          );
          layers.boundary(x);
        }
      }
      const pooled = builder.add(globalAveragePool, [x], {}, { name: 'pool5' });
      return layers.dense('fc', layers.flatten(pooled), classes);
    },
  );
}

export const resnet50 = resnet(50);
export const resnet101 = resnet(101);
export const resnet152 = resnet(152);
