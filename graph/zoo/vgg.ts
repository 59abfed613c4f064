import { denseHead, headSettings } from './dense-head.ts';
import { imageClassifier, imageSettings } from './image-classifier.ts';
import type { Model } from './model.ts';
import { setting } from './settings.ts';

/** Convolutions of 3×3 per stage; a 2×2 max-pooling ends each stage. Table 1: A, D and E. */
const STAGES = {
  11: [1, 1, 2, 2, 2],
  16: [2, 2, 3, 3, 3],
  19: [2, 2, 4, 4, 4],
} as const;

/** Filters of each stage, in those of the first. */
const FACTORS = [1, 2, 4, 8, 8] as const;

const width = setting(64, 1, 512, 'Filters of the first convolutions.');

/**
 * Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015. Configuration
 * A is the OxfordNet of convnet-benchmarks. Parameters (table 2: 133, 138 and 144 million) and multiply-adds:
 * 132,863,336 and 7,609,090,048 (A); 138,357,544 and 15,470,264,320 (D); 143,667,240 and 19,632,062,464 (E).
 */
function vgg(layerCount: keyof typeof STAGES): Model {
  return imageClassifier(
    {
      name: `vgg-${layerCount}`,
      description: `VGG with ${layerCount} weight layers (ICLR 2015), 224×224 images`,
    },
    { ...imageSettings(224, 32), ...headSettings, width },
    (layers, samples, values) => {
      let x = samples;
      for (const [stage, count] of STAGES[layerCount].entries()) {
        for (let i = 1; i <= count; i++) {
          const conv = layers.convRelu(`conv${stage + 1}_${i}`, x, {
            filters: values.width * FACTORS[stage]!,
            kernel: [3, 3],
            padding: 'same',
          });
          x = i < count ? layers.boundary(conv) : conv;
        }
        x = layers.boundary(layers.maxPool(`pool${stage + 1}`, x, 2, 2));
      }
      return denseHead(layers, x, values);
    },
  );
}

export const vgg11 = vgg(11);
export const vgg16 = vgg(16);
export const vgg19 = vgg(19);
