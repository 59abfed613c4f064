import type { Value } from '../builder.ts';
import { lrn } from '../ops/lrn.ts';
import { denseHead, headSettings } from './dense-head.ts';
import { imageClassifier, imageSettings } from './image-classifier.ts';
import type { Layers } from './layers.ts';

/**
 * Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks", NIPS 2012: convolutions 2, 4
 * and 5 in two groups (the paper's two GPUs), local response normalisation after the first two. 60,965,224 parameters
 * (the paper says 60 million), 724,406,816 multiply-adds. The image is 227×227: the paper's 224 does not
 * give its 55×55 positions.
 */
export const alexnet = imageClassifier(
  {
    name: 'alexnet',
    description: 'AlexNet as published in 2012 (two groups, response normalisation), 227×227 images',
  },
  { ...imageSettings(227, 67), ...headSettings },
  (layers, samples, values) => {
    const conv = (name: string, x: Value, filters: number, size: number, group: number): Value =>
      layers.convRelu(name, x, { filters, kernel: [size, size], padding: 'same', group });
    const first = layers.convRelu('conv1', samples, {
      filters: 96,
      kernel: [11, 11],
      stride: 4,
      padding: 'valid',
    });
    let x = layers.boundary(layers.maxPool('pool1', normalised(layers, 'norm1', first), 3, 2));
    x = layers.boundary(
      layers.maxPool('pool2', normalised(layers, 'norm2', conv('conv2', x, 256, 5, 2)), 3, 2),
    );
    x = layers.boundary(conv('conv3', x, 384, 3, 1));
    x = layers.boundary(conv('conv4', x, 384, 3, 2));
    x = layers.boundary(conv('conv5', x, 256, 3, 2));
    return denseHead(layers, layers.boundary(layers.maxPool('pool5', x, 3, 2)), values);
  },
);

/** n = 5, k = 2, α = 10⁻⁴, β = 0.75 (section 3.3); ONNX divides its alpha by n. */
function normalised({ builder }: Layers, name: string, x: Value): Value {
  return builder.add(lrn, [x], { size: 5, alpha: 5e-4, beta: 0.75, bias: 2 }, { name });
}
