import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder, type Value } from '../../graph/builder.ts';
import type { Graph } from '../../graph/graph.ts';
import { conv } from '../../graph/ops/convolution.ts';
import { relu } from '../../graph/ops/elementwise.ts';
import { softmaxCrossEntropyLoss } from '../../graph/ops/loss.ts';
import { matmul } from '../../graph/ops/matmul.ts';
import { batchNormalization } from '../../graph/ops/normalization.ts';
import { globalAveragePool, maxPool } from '../../graph/ops/pooling.ts';
import { concat, reshape } from '../../graph/ops/shape.ts';
import { applyGradientDescent, placeholder, variable } from '../../graph/ops/state.ts';

/** One convolution of a branch: filters, kernel height and width, stride. */
type Layer = readonly [filters: number, height: number, width: number, stride?: number];

const a = (pool: number): Layer[][] => [
  [[64, 1, 1]],
  [
    [48, 1, 1],
    [64, 5, 5],
  ],
  [
    [64, 1, 1],
    [96, 3, 3],
    [96, 3, 3],
  ],
  [[pool, 1, 1]],
];
const b = (c: number): Layer[][] => [
  [[192, 1, 1]],
  [
    [c, 1, 1],
    [c, 1, 7],
    [192, 7, 1],
  ],
  [
    [c, 1, 1],
    [c, 7, 1],
    [c, 1, 7],
    [c, 7, 1],
    [192, 1, 7],
  ],
  [[192, 1, 1]],
];
const c: Layer[][] = [
  [[320, 1, 1]],
  [
    [384, 1, 1],
    [768, 1, 3],
  ],
  [
    [448, 1, 1],
    [384, 3, 3],
    [768, 3, 1],
  ],
  [[192, 1, 1]],
];

/** The cells of Inception-v3, with the 1×3 and 3×1 filters that it runs side by side joined into one layer. */
const CELLS: readonly (readonly [name: string, branches: readonly (readonly Layer[])[]])[] = [
  ['Mixed_5b', a(32)],
  ['Mixed_5c', a(64)],
  ['Mixed_5d', a(64)],
  [
    'Mixed_6a',
    [
      [[384, 3, 3, 2]],
      [
        [64, 1, 1],
        [96, 3, 3],
        [96, 3, 3, 2],
      ],
    ],
  ],
  ['Mixed_6b', b(128)],
  ['Mixed_6c', b(160)],
  ['Mixed_6d', b(160)],
  ['Mixed_6e', b(192)],
  [
    'Mixed_7a',
    [
      [
        [192, 1, 1],
        [320, 3, 3, 2],
      ],
      [
        [192, 1, 1],
        [192, 1, 7],
        [192, 7, 1],
        [192, 3, 3, 2],
      ],
    ],
  ],
  ['Mixed_7b', c],
  ['Mixed_7c', c],
];

/** A training step of a network with the stem, the branches and the sizes of Inception-v3 (about 2,000 nodes). */
export function inceptionLike(batch = 32, cells = CELLS.length): Graph {
  const g = new GraphBuilder();
  const parameters: { value: Value; scope: string }[] = [];
  const parameter = (scope: string, name: string, shape: number[]): Value => {
    const attrs = { dtype: 'float32', shape, trainable: true, initializer: 'zeros' } as const;
    const value = g.add(variable, [], attrs, { name });
    parameters.push({ value, scope });
    return value;
  };
  const layer = (path: string, name: string, x: Value, [filters, kh, kw, stride = 1]: Layer): Value =>
    g.scope(name, () => {
      const scope = `${path}${name}`;
      const w = parameter(scope, 'weights', [filters, x.spec.shape[1]!, kh, kw]);
      const [py, px] = [(kh - 1) >> 1, (kw - 1) >> 1];
      const y = g.add(conv, [x, w], { strides: [stride, stride], pads: [py, px, py, px] });
      const vectors = ['scale', 'beta'].map((n) => parameter(scope, n, [filters]));
      const attrs = { dtype: 'float32', shape: [filters], trainable: false, initializer: 'zeros' } as const;
      const moments = ['mean', 'variance'].map((n) => g.add(variable, [], attrs, { name: n }));
      return g.add(
        relu,
        [g.add(batchNormalization, [y, ...vectors, ...moments], { training_mode: true })],
        {},
      );
    });
  const pool = (x: Value, stride: number): Value =>
    g.add(maxPool, [x], { kernel_shape: [3, 3], strides: [stride, stride], pads: [1, 1, 1, 1] });

  let x = g.add(placeholder, [], { dtype: 'float32', shape: [batch, 3, 299, 299] }, { name: 'images' });
  const labels = g.add(placeholder, [], { dtype: 'int64', shape: [batch] }, { name: 'labels' });
  for (const [name, spec] of [
    ['Conv2d_1a_3x3', [32, 3, 3, 2]],
    ['Conv2d_2a_3x3', [32, 3, 3]],
    ['Conv2d_2b_3x3', [64, 3, 3]],
  ] as const) {
    x = layer('', name, x, spec);
  }
  x = g.scope('MaxPool_3a_3x3', () => pool(x, 2));
  x = layer('', 'Conv2d_3b_1x1', x, [80, 1, 1]);
  x = layer('', 'Conv2d_4a_3x3', x, [192, 3, 3]);
  x = g.scope('MaxPool_5a_3x3', () => pool(x, 2));
  for (const [name, branches] of CELLS.slice(0, cells)) {
    x = g.scope(name, () => {
      const last = name.endsWith('a');
      const outputs = branches.map((layers, i) =>
        g.scope(`Branch_${i}`, () => {
          let y = i === 3 ? pool(x, 1) : x;
          for (const [j, spec] of layers.entries()) {
            y = layer(`${name}/Branch_${i}/`, `Conv2d_0${'abcde'[j]}_${spec[1]}x${spec[2]}`, y, spec);
          }
          return y;
        }),
      );
      if (last) outputs.push(g.scope(`Branch_${branches.length}`, () => pool(x, 2)));
      return g.add(concat, outputs, { axis: 1 }, { name: 'concat' });
    });
  }
  const loss = g.scope('Logits', () => {
    const pooled = g.add(globalAveragePool, [x], {});
    const channels = pooled.spec.shape[1]!;
    const features = g.add(reshape, [pooled], { shape: [batch, channels] });
    const logits = g.add(matmul, [features, parameter('Logits', 'weights', [channels, 1000])], {});
    return g.add(softmaxCrossEntropyLoss, [logits, labels], {});
  });
  const d = gradients(
    g,
    loss,
    parameters.map((p) => p.value),
  );
  for (const [i, { value, scope }] of parameters.entries()) {
    g.node(applyGradientDescent, [value, d[i]!], { learningRate: 0.1 }, { name: `${scope}/update` });
  }
  return g.finish();
}
