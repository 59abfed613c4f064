import type { Value } from '../../builder.ts';
import { maxPool } from '../../ops/pooling.ts';
import { inferring } from '../author.ts';
import { setting } from '../settings.ts';
import { convolution, fullyConnected, fullyConnectedMap } from './layers.ts';

/*
 * The convolutional networks of Jouppi et al., ISCA 2017, table 1. The paper gives layers, weights and operations per
 * weight byte, not shapes.
 */

/**
 * AlphaGo's: 16 convolutions on a board of 19×19. Each weight is used 361 times per board, 2888 times in a batch of 8, as
 * published. 48 planes come in (Silver et al. 2016); 256 filters fill the matrix unit, which the paper's counters say (no
 * unused multipliers). 7.9 million weights; published: 8 million.
 */
export const cnn0 = inferring(
  {
    name: 'cnn0',
    description: 'CNN0 of the TPU paper (AlphaGo): 16 convolutions on 19×19, int8; batch 8 there',
  },
  {
    settings: { filters: setting(256, 1, 65_536, 'Filters of each convolution.') },
    body: (layers, batch, { filters }) => {
      let x = convolution(layers, 'conv1', layers.numbers('samples', [batch, 48, 19, 19]), filters, 3);
      for (let layer = 2; layer <= 14; layer++) x = convolution(layers, `conv${layer}`, x, filters, 3);
      return convolution(layers, 'conv16', convolution(layers, 'conv15', x, filters, 1), filters, 1);
    },
  },
);

/** Convolutions after the first, at each size of the image. */
const STAGES = [
  { convolutions: 11, filters: 128, kernel: 3 },
  { convolutions: 46, filters: 224, kernel: 3 },
  { convolutions: 14, filters: 96, kernel: 1 },
] as const;

/**
 * 72 convolutions, 13 poolings and 4 fully connected layers, of an Inception: images of 112×112 in blocks of 4×4 pixels, 28×28
 * and 14×14 positions. The widths are so chosen that what the paper publishes comes out: 100 million weights, 1750 operations
 * per weight byte in a batch of 32, features so shallow that half of the matrix unit idles while it works (table 3, rows 2
 * and 3), and tiles for the fully connected layers: their share of shift cycles (row 5), beside that of active ones, says about
 * 3,250 a batch, where weights that filled their tiles would take a third. Shallow features explain that too.
 */
export const cnn1 = inferring(
  {
    name: 'cnn1',
    description: 'CNN1 of the TPU paper: 72 convolutions, 13 poolings, 4 dense layers, int8; batch 32 there',
  },
  {
    settings: {},
    body: (layers, batch) => {
      let x = convolution(layers, 'conv1', layers.numbers('samples', [batch, 48, 28, 28]), 128, 3);
      let convolutions = 1;
      let pools = 0;
      const pool = (stride: number): Value => {
        const attrs = { kernel_shape: [3, 3], strides: [stride, stride], pads: [1, 1, 1, 1] };
        return layers.builder.add(maxPool, [x], attrs, { name: `pool${++pools}` });
      };
      for (const [i, { convolutions: count, filters, kernel }] of STAGES.entries()) {
        x = pool(i === 1 ? 2 : 1);
        for (let layer = 1; layer <= count; layer++) {
          x = convolution(layers, `conv${++convolutions}`, x, filters, kernel);
          // Inception's modules pool beside their convolutions, at the same size.
          if (layer % 7 === 0) x = pool(1);
        }
      }
      x = pool(1);
      x = fullyConnectedMap(layers, 'fc1', x, 3584, 'relu');
      x = fullyConnected(layers, 'fc2', x, 2048, 'relu');
      x = fullyConnected(layers, 'fc3', x, 1024, 'relu');
      return fullyConnected(layers, 'fc4', x, 512, 'linear');
    },
  },
);
