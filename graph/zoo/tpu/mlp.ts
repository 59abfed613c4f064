import { inferring } from '../author.ts';
import type { InferenceModel } from '../model.ts';
import { fullyConnected } from './layers.ts';

/*
 * The multilayer perceptrons of Jouppi et al., "In-Datacenter Performance Analysis of a Tensor Processing Unit", ISCA 2017,
 * table 1: fully connected layers with ReLU. The paper gives layers and weights, not widths; these make the weights come
 * out and fill the matrix unit about as far as table 3 says.
 */
function mlp(
  name: string,
  batch: number,
  [inputs, ...units]: readonly [number, ...number[]],
): InferenceModel {
  return inferring(
    {
      name,
      description: `${name.toUpperCase()} of the TPU paper: ${units.length} dense layers, int8; batch ${batch} there`,
    },
    {
      settings: {},
      body: (layers, size) =>
        units.reduce(
          (x, width, i) => fullyConnected(layers, `fc${i + 1}`, x, width, 'relu'),
          layers.numbers('samples', [size, inputs]),
        ),
    },
  );
}

/**
 * 4 · 2030² + 2030 · 1730 = 19,995,500 weights; published: 20 million. They leave 2.2 % of the matrix unit idle; by table 3, 0.3
 * of 12.7 % are.
 */
export const mlp0 = mlp('mlp0', 200, [2030, 2030, 2030, 2030, 2030, 1730]);
/**
 * 3 · 1210² + 1210 · 500 = 4,997,300 weights; published: 5 million. They leave 10.3 % of the matrix unit idle; by table 3, 1.2 of
 * 10.6 % are.
 */
export const mlp1 = mlp('mlp1', 168, [1210, 1210, 1210, 1210, 500]);
