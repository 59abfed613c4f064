import { imageClassifier, imageSettings } from './image-classifier.ts';
import { setting } from './settings.ts';

/**
 * Overfeat, the fast model (Sermanet et al., ICLR 2014, table 1), as convnet-benchmarks times it: the third convolution is padded
 * too. 145,920,872 parameters, 2,801,403,904 multiply-adds. TensorFlow-Slim's has 64 filters in the first convolution:
 * 145,704,424 and 2,647,011,328.
 */
export const overfeat = imageClassifier(
  { name: 'overfeat', description: 'Overfeat, fast model (2014; convnet-benchmarks), 231×231 images' },
  { ...imageSettings(231, 231), width: setting(96, 1, 512, 'Filters of the first convolution.') },
  (layers, samples, { classes, width }) => {
    const first = layers.convRelu('conv1', samples, {
      filters: width,
      kernel: [11, 11],
      stride: 4,
      padding: 'valid',
    });
    let x = layers.boundary(layers.maxPool('pool1', first, 2, 2));
    const second = layers.convRelu('conv2', x, { filters: 256, kernel: [5, 5], padding: 'valid' });
    x = layers.boundary(layers.maxPool('pool2', second, 2, 2));
    for (const [i, filters] of [512, 1024, 1024].entries())
      x = layers.boundary(layers.convRelu(`conv${i + 3}`, x, { filters, kernel: [3, 3], padding: 'same' }));
    x = layers.flatten(layers.boundary(layers.maxPool('pool5', x, 2, 2)));
    x = layers.denseRelu('fc6', x, 3072);
    x = layers.boundary(layers.denseRelu('fc7', x, 4096));
    return layers.dense('fc8', x, classes);
  },
);
