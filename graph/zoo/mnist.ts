import { relu } from '../ops/elementwise.ts';
import { maxPool } from '../ops/pooling.ts';
import { classifier } from './layers.ts';

const DIGITS = { sampleShape: [1, 28, 28], classes: 10 } as const;
const POOL = { kernel_shape: [2, 2], strides: [2, 2] };

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
    return layers.dense('logits', hidden, DIGITS.classes);
  },
);

/** Two 3×3 convolutions of 8 and 16 filters, each with 2×2 max-pooling, and a dense layer: 9,098 parameters. */
export const mnistCnn = classifier(
  {
    name: 'mnist-cnn',
    description: 'two 3×3 convolutions with max-pooling, one dense layer, on 28×28 digits',
    ...DIGITS,
  },
  (layers, samples) => {
    const first = layers.convRelu('conv1', samples, { filters: 8, kernel: [3, 3], padding: 'same' });
    const half = layers.builder.add(maxPool, [first], POOL, { name: 'pool1' });
    const second = layers.convRelu('conv2', half, { filters: 16, kernel: [3, 3], padding: 'same' });
    const quarter = layers.builder.add(maxPool, [second], POOL, { name: 'pool2' });
    return layers.dense('logits', layers.flatten(quarter), DIGITS.classes);
  },
);
