import { relu } from '../ops/elementwise.ts';
import { maxPool } from '../ops/pooling.ts';
import { classifier } from './image-classifier.ts';

const DIGITS = { sampleShape: [1, 28, 28], classes: 10 } as const;

/** 784 → 10: 7,850 parameters. */
export const mnistSoftmax = classifier(
  { name: 'mnist-softmax', description: 'softmax regression on 28×28 digits', ...DIGITS },
  (layers, samples) => layers.dense('logits', layers.flatten(samples), DIGITS.classes),
);

/** 784 → 128 → 10: 101,770 parameters. */
export const mnistMlp = classifier(
  { name: 'mnist-mlp', description: 'two dense layers (128 hidden units) on 28×28 digits', ...DIGITS },
  (layers, samples) => {
    const hidden = layers.builder.add(relu, [layers.dense('hidden', layers.flatten(samples), 128)], {});
    return layers.dense('logits', layers.boundary(hidden), DIGITS.classes);
  },
);

/**
 * A 5×5 convolution of 8 filters with stride 2, 2×2 max-pooling, a 3×3 convolution of 16 filters, and a dense layer:
 * 9,226 parameters, 103,488 multiply-adds per digit.
 */
export const mnistCnn = classifier(
  {
    name: 'mnist-cnn',
    description: 'two convolutions with max-pooling between, one dense layer, on 28×28 digits',
    ...DIGITS,
  },
  (layers, samples) => {
    const first = layers.convRelu('conv1', samples, {
      filters: 8,
      kernel: [5, 5],
      stride: 2,
      padding: 'same',
    });
    const pooled = layers.builder.add(
      maxPool,
      [first],
      { kernel_shape: [2, 2], strides: [2, 2] },
      { name: 'pool1' },
    );
    const second = layers.convRelu('conv2', layers.boundary(pooled), {
      filters: 16,
      kernel: [3, 3],
      padding: 'same',
    });
    return layers.dense('logits', layers.flatten(layers.boundary(second)), DIGITS.classes);
  },
);

/**
 * LeNet-5 (LeCun, Bottou, Bengio & Haffner, "Gradient-based learning applied to document recognition", 1998, figure 2) as it
 * is built today: rectified units for squashed ones, max-pooling for trained averages, every map of the second convolution
 * sees all of the first, and softmax at the end. Padding by 2 stands for its 32×32 input. 61,706 parameters, 416,520
 * multiply-adds per digit.
 */
export const lenet5 = classifier(
  {
    name: 'lenet-5',
    description: 'LeNet-5 with rectified units and max-pooling, on 28×28 digits',
    ...DIGITS,
  },
  (layers, samples) => {
    const shape = { kernel: [5, 5], stride: 1 } as const;
    const first = layers.convRelu('conv1', samples, { ...shape, filters: 6, padding: 'same' });
    const pooled = layers.boundary(layers.maxPool('pool1', first, 2, 2));
    const second = layers.convRelu('conv2', pooled, { ...shape, filters: 16, padding: 'valid' });
    const flat = layers.flatten(layers.boundary(layers.maxPool('pool2', second, 2, 2)));
    const hidden = layers.denseRelu('dense2', layers.boundary(layers.denseRelu('dense1', flat, 120)), 84);
    return layers.dense('logits', layers.boundary(hidden), DIGITS.classes);
  },
);
