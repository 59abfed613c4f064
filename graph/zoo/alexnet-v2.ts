import type { Value } from '../builder.ts';
import { denseHead, headSettings } from './dense-head.ts';
import { imageClassifier, imageSettings } from './image-classifier.ts';

/**
 * The variant of Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014, that the
 * convnet-benchmarks suite times, in the layer table of TensorFlow-Slim and Paleo: one group, no normalisation.
 * 50,303,912 parameters, 736,555,776 multiply-adds.
 */
export const alexnetV2 = imageClassifier(
  {
    name: 'alexnet-v2',
    description: 'AlexNet of "One weird trick" (2014; convnet-benchmarks, TensorFlow-Slim), 224×224 images',
  },
  { ...imageSettings(224, 67), ...headSettings },
  (layers, samples, values) => {
    const conv = (name: string, x: Value, filters: number, size: number): Value =>
      layers.convRelu(name, x, { filters, kernel: [size, size], padding: 'same' });
    const first = layers.convRelu('conv1', samples, {
      filters: 64,
      kernel: [11, 11],
      stride: 4,
      padding: 'valid',
    });
    let x = layers.boundary(layers.maxPool('pool1', first, 3, 2));
    x = layers.boundary(layers.maxPool('pool2', conv('conv2', x, 192, 5), 3, 2));
    x = layers.boundary(conv('conv3', x, 384, 3));
    x = layers.boundary(conv('conv4', x, 384, 3));
    x = layers.boundary(conv('conv5', x, 256, 3));
    return denseHead(layers, layers.boundary(layers.maxPool('pool5', x, 3, 2)), values);
  },
);
