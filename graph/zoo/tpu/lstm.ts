import type { Value } from '../../builder.ts';
import { concat, reshape } from '../../ops/shape.ts';
import { inferring } from '../author.ts';
import type { Layers } from '../layers.ts';
import type { InferenceModel } from '../model.ts';
import { setting } from '../settings.ts';
import { fullyConnected, fullyConnectedMap, nonlinear, plus, times } from './layers.ts';

/*
 * The recurrent networks of Jouppi et al., ISCA 2017, table 1: one time step of a stack of LSTM cells, each gate one fully
 * connected layer over [x, h]. (A weight is used once per sample there: table 1's operations per byte are the batch.) The
 * paper gives layers and weights, not widths. By its counters the array works two cycles per sample and tile (active beside
 * shift cycles, table 3), so activations had 16 bits there, which pass the array twice; here they have 8. Both wait for weights.
 */

interface Stack {
  readonly inputs: number;
  readonly cells: number;
  readonly units: number;
  /** Outputs of a last fully connected layer; 0: there is none. */
  readonly classes: number;
}

function lstm(name: string, batch: number, stack: Stack): InferenceModel {
  const { inputs, cells, classes } = stack;
  return inferring(
    {
      name,
      description: `${name.toUpperCase()} of the TPU paper: one step of ${cells} LSTM cells, int8; batch ${batch} there`,
    },
    {
      settings: { units: setting(stack.units, 1, 65_536, 'Memory cells of each layer.') },
      body: (layers, size, { units }) => {
        let x = layers.numbers('samples', [size, inputs]);
        for (let cell = 1; cell <= cells; cell++) {
          const state = {
            c: layers.numbers(`cell${cell}/c`, [size, units]),
            h: layers.numbers(`cell${cell}/h`, [size, units]),
          };
          x = layers.builder.scope(`cell${cell}`, () => step(layers, x, state));
        }
        return classes === 0 ? x : fullyConnected(layers, 'softmax', x, classes, 'linear');
      },
    },
  );
}

/** h′ = o·tanh(f·c + i·j). */
function step(layers: Layers, x: Value, { c, h }: { readonly c: Value; readonly h: Value }): Value {
  const units = c.spec.shape[1]!;
  const product = ofInputAndState(layers, x, h);
  const gate = (name: string): Value => product(name, units, 'sigmoid');
  const candidate = product('candidate', units, 'tanh');
  const next = plus(layers, times(layers, gate('forget'), c), times(layers, gate('input'), candidate));
  return times(layers, gate('output'), nonlinear(layers, next, 'tanh'));
}

/**
 * Fully connected layers over [x, h]. The TPU takes x and h as what they are, rows of features of their own: two positions of an
 * image, where they are equally wide.
 */
function ofInputAndState(
  layers: Layers,
  x: Value,
  h: Value,
): (name: string, units: number, activation: 'sigmoid' | 'tanh') => Value {
  const { builder } = layers;
  const [batch, width] = h.spec.shape as [number, number];
  if (layers.dtype !== 'int8' || x.spec.shape[1] !== width) {
    const joined = builder.add(concat, [x, h], { axis: 1 });
    return (name, units, activation) => fullyConnected(layers, name, joined, units, activation);
  }
  const rows = [x, h].map((row) => builder.add(reshape, [row], { shape: [batch, width, 1, 1] }));
  const both = builder.add(concat, rows, { axis: 2 });
  return (name, units, activation) => fullyConnectedMap(layers, name, both, units, activation);
}

/**
 * 24 fully connected layers: 6 cells of 4 gates [2048 × 1024], the first of [2560 × 1024], which fill the matrix unit (no
 * unused multipliers in table 3). 52,428,800 weights; published: 24 layers, 52 million.
 */
export const lstm0 = lstm('lstm0', 64, { inputs: 1536, cells: 6, units: 1024, classes: 0 });

/**
 * 37 fully connected layers: 9 cells of 4 gates, each of two 600 × 600 matrices, which the paper speaks of, and one layer of
 * 600 × 13,500. 34,020,000 weights; published: 37 layers, 34 million. They leave 36 % of the matrix unit idle; by table 3, 4.2
 * of 10.5 % are. The 45 element-wise ops are more than the 19 vector layers published, which must each do several.
 */
export const lstm1 = lstm('lstm1', 96, { inputs: 600, cells: 9, units: 600, classes: 13_500 });
