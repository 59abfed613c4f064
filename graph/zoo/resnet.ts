import { globalAveragePool } from '../ops/pooling.ts';
import { imageClassifier, imageSettings } from './image-classifier.ts';
import type { Model, ModelFacts } from './model.ts';
import { type Depth, PLAIN, residualStage, stem } from './residual-blocks.ts';
import { setting } from './settings.ts';

function resnet(depth: Depth, facts: ModelFacts, variant = PLAIN): Model {
  return imageClassifier(
    facts,
    { ...imageSettings(224, 32), width: setting(64, 1, 512, 'Filters of the first convolution.') },
    (layers, samples, { width, classes }) => {
      let x = stem(layers, samples, width);
      layers.boundary(x);
      for (const stage of [0, 1, 2, 3] as const) {
        x = residualStage(layers, x, { depth, stage, width, variant }, (y) => layers.boundary(y));
      }
      const pooled = layers.builder.add(globalAveragePool, [x], {}, { name: 'pool5' });
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
