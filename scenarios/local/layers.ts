import { stream } from '../../base/random.ts';
import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder, type Value } from '../../graph/builder.ts';
import { totalFlops } from '../../graph/cost.ts';
import type { Graph } from '../../graph/graph.ts';
import {
  add,
  mul,
  relu,
  reluGrad,
  sigmoid,
  sigmoidGrad,
  tanh,
  tanhGrad,
} from '../../graph/ops/elementwise.ts';
import { gelu, geluGrad } from '../../graph/ops/gelu.ts';
import { lrn } from '../../graph/ops/lrn.ts';
import { gemm } from '../../graph/ops/matmul.ts';
import { averagePool, globalAveragePool } from '../../graph/ops/pooling.ts';
import { reduceMean, reduceSum } from '../../graph/ops/reduction.ts';
import { concat, expand, reshape, slice, sliceGrad, transpose } from '../../graph/ops/shape.ts';
import { softmax } from '../../graph/ops/softmax.ts';
import { constant } from '../../graph/ops/state.ts';
import { adam } from '../../graph/optimizers/adam.ts';
import { gradientDescent } from '../../graph/optimizers/gradient-descent.ts';
import { momentum } from '../../graph/optimizers/momentum.ts';
import type { Optimizer } from '../../graph/optimizers/optimizer.ts';
import { byteCount } from '../../graph/tensor-spec.ts';
import { attention, causalMask, feedForward, layerNorm } from '../../graph/zoo/attention.ts';
import { crossEntropy } from '../../graph/zoo/author.ts';
import { clickLoss } from '../../graph/zoo/click-loss.ts';
import { embedding, rows, table } from '../../graph/zoo/embedding.ts';
import { Layers } from '../../graph/zoo/layers.ts';
import { allSteps, timeSteps, unrolled } from '../../graph/zoo/lstm.ts';
import type { Feed } from '../../graph/zoo/model.ts';

/*
 * What calibration measures: single layers with their gradients and updates, in sizes that are spread evenly, by their
 * logarithms, over what a computer's memory and patience allow. No model is among them. So the kernels of whatever is made of
 * such layers run as they do in training: on what the node before made, and through the same program.
 */

/** A layer's training step. */
export interface LayerStep {
  readonly kind: string;
  readonly graph: Graph;
  readonly feeds: readonly Feed[];
  readonly loss: string;
  /** Names of the nodes that update the parameters. */
  readonly targets: readonly string[];
}

interface Draws {
  /** A whole number between both; all orders of magnitude alike. */
  readonly number: (least: number, most: number) => number;
  readonly among: <T>(choices: readonly T[]) => T;
}

/** Adds the layer, returns its loss. */
type LayerKind = (layers: Layers, draws: Draws) => Value;

const ACTIVATIONS = [relu, sigmoid, tanh, gelu] as const;

function classes(layers: Layers, logits: Value): Value {
  const [rows, count] = logits.spec.shape as [number, number];
  return crossEntropy(layers, logits, layers.integers('labels', [rows], count));
}

const dense: LayerKind = (layers, { number, among }) => {
  const x = layers.numbers('x', [number(1, 256), number(8, 1024)]);
  const y = layers.dense('hidden', x, number(8, 1024));
  const z = layers.builder.add(among(ACTIVATIONS), [y], {});
  return classes(layers, layers.dense('logits', z, number(2, 1024)));
};

const convolution: LayerKind = (layers, { number, among }) => {
  const kernel = among([3, 5, 1, 3, 7, 3]);
  const side = number(Math.max(2, kernel), 72);
  const x = layers.numbers('x', [number(1, 64), number(1, 256), side, side]);
  const shape = { kernel: [kernel, kernel], padding: 'same' } as const;
  let y = layers.convRelu('conv1', x, { ...shape, filters: number(4, 512), stride: among([1, 1, 2]) });
  if (among([true, false, false, false])) y = layers.builder.add(lrn, [y], { size: 5 });
  if (y.spec.shape[2]! >= 4) y = layers.maxPool('pool', y, among([2, 3]), 2);
  y = layers.convRelu('conv2', y, { ...shape, kernel: [3, 3], filters: number(4, 512) });
  return classes(layers, layers.dense('logits', layers.flatten(y), 10));
};

/** Few channels of many pixels, and wide filters: what networks of images begin with. */
const first: LayerKind = (layers, { number, among }) => {
  const kernel = among([3, 5, 5, 7, 11]);
  const side = number(Math.max(12, kernel), 128);
  const x = layers.numbers('x', [number(1, 100), number(1, 16), side, side]);
  const shape = { filters: number(4, 96), kernel: [kernel, kernel], stride: among([1, 1, 2, 4]) } as const;
  const y = layers.convRelu('conv', x, { ...shape, padding: among(['same', 'valid']) });
  const pooled = y.spec.shape[2]! >= 4 ? layers.maxPool('pool', y, among([2, 3]), 2) : y;
  return classes(layers, layers.dense('logits', layers.flatten(pooled), 10));
};

/** Many channels of few pixels: the filters are the most of it. */
const deep: LayerKind = (layers, { number, among }) => {
  const side = number(1, 9);
  const x = layers.numbers('x', [number(1, 8), number(96, 640), side, side]);
  const kernel = among([1, 3, 3]);
  const shape = { kernel: [kernel, kernel], padding: 'same', filters: number(96, 640) } as const;
  const z = layers.convRelu('conv1', x, { ...shape, stride: side > 2 ? among([1, 1, 2]) : 1 });
  const y = layers.convRelu('conv2', z, { ...shape, filters: number(96, 640) });
  return classes(layers, layers.dense('logits', layers.flatten(y), 10));
};

const residual: LayerKind = (layers, { number, among }) => {
  const { builder } = layers;
  const filters = number(8, 512);
  const side = number(2, 56);
  const kernel = among([1, 1, 3, 1]);
  const x = layers.numbers('x', [number(1, 16), number(8, 1024), side, side]);
  const shape = { kernel: [kernel, kernel], padding: 'same' } as const;
  const first = layers.convNormRelu('conv1', x, { ...shape, filters, stride: among([1, 1, 2]) });
  const second = layers.convNorm('conv2', first, { ...shape, kernel: [3, 3], filters });
  const sum = builder.add(relu, [builder.add(add, [first, second], {})], {});
  const mean = builder.add(globalAveragePool, [sum], {});
  return classes(layers, layers.dense('logits', layers.flatten(mean), number(10, 1000)));
};

const branches: LayerKind = (layers, { number }) => {
  const { builder } = layers;
  const side = number(8, 36);
  const x = layers.convRelu('stem', layers.numbers('x', [number(1, 8), number(3, 64), side, side]), {
    kernel: [1, 1],
    padding: 'same',
    filters: number(8, 96),
  });
  const pooled = builder.add(averagePool, [x], {
    kernel_shape: [3, 3],
    strides: [1, 1],
    pads: [1, 1, 1, 1],
  });
  const parts = [
    layers.convNormRelu('wide', x, { kernel: [1, 7], padding: 'same', filters: number(8, 64) }),
    layers.convNormRelu('square', x, { kernel: [3, 3], padding: 'same', filters: number(8, 64) }),
    layers.convNormRelu('pooled', pooled, { kernel: [1, 1], padding: 'same', filters: number(8, 64) }),
  ];
  const joined = builder.add(concat, parts, { axis: 1 });
  return classes(layers, layers.dense('logits', layers.flatten(layers.maxPool('pool', joined, 3, 2)), 10));
};

const recurrent: LayerKind = (layers, { number, among }) => {
  const [inputs, units, vocabulary] = [number(8, 512), number(8, 512), number(32, 4096)];
  const [steps, batch] = [3, number(1, 96)];
  const projection = among([true, false, false]) ? number(8, 256) : 0;
  const words = layers.integers('words', [steps, batch], vocabulary);
  const sequence = timeSteps(layers, embedding(layers, 'words', words, vocabulary, inputs));
  const outputs = unrolled(layers, 'lstm', sequence, { inputs, units, projection });
  return classes(layers, layers.dense('logits', allSteps(layers, outputs), vocabulary));
};

const transformer: LayerKind = (layers, { number, among }) => {
  const { builder } = layers;
  const [heads, batch, length, vocabulary] = [
    among([1, 2, 4, 8]),
    number(1, 8),
    number(8, 192),
    number(32, 4096),
  ];
  const width = heads * number(8, 64);
  const plus = (x: Value, y: Value): Value => builder.add(add, [x, y], {});
  const vectors = table(layers, 'words', vocabulary, width);
  const meaning = rows(layers, vectors, layers.integers('words', [batch, length], vocabulary));
  const placed = plus(meaning, table(layers, 'positions', length, width));
  const x = builder.add(reshape, [placed], { shape: [batch * length, width] });
  const mask = among([true, false]) ? { mask: causalMask(layers, length) } : {};
  const normal = layerNorm(layers, 'norm1', x);
  const seen = plus(
    x,
    attention(layers, 'attention', normal, normal, {
      batch,
      heads,
      bias: among([true, true, false]),
      ...mask,
    }),
  );
  const activation = (y: Value): Value =>
    among([true, false, false])
      ? builder.add(relu, [y], {})
      : builder.add(gelu, [y], { approximate: 'tanh' });
  const inner = number(16, 1024);
  const thought = plus(
    seen,
    feedForward(layers, 'mlp', layerNorm(layers, 'norm2', seen), { batch, inner, activation }),
  );
  return classes(layers, builder.add(gemm, [thought, vectors], { transB: true }));
};

const lookups: LayerKind = (layers, { number }) => {
  const { builder } = layers;
  const [batch, values, width] = [number(1, 256), number(64, 65_536), number(1, 96)];
  const parts = Array.from({ length: number(2, 16) }, (_, i) =>
    embedding(layers, `category${i}`, layers.integers(`id${i}`, [batch], values), values, width),
  );
  const joined = builder.add(concat, [layers.numbers('x', [batch, number(2, 128)]), ...parts], { axis: 1 });
  const logits = layers.dense('logits', layers.denseRelu('deep', joined, number(8, 1024)), 1);
  return clickLoss(layers, logits, layers.numbers('clicks', [batch, 1]));
};

/** Ops on elements and their order, each on the same tensors, its result read by nobody. */
const elements: LayerKind = (layers, { number, among }) => {
  const { builder } = layers;
  const shape = [number(1, 512), number(1, 4096)] as const;
  const [x, y] = [layers.parameter('x', shape, 1, 1), layers.parameter('y', shape, 1, 1)];
  const row = layers.parameter('row', [shape[1]]);
  const one = builder.add(constant, [], { dtype: 'float32', shape: [], value: [0.5] });
  for (const op of [add, mul, reluGrad, sigmoidGrad, tanhGrad]) builder.add(op, [x, y], {});
  for (const op of [relu, sigmoid, tanh]) builder.add(op, [x], {});
  for (const other of [row, one]) builder.add(among([add, mul]), [x, other], {});
  for (const op of [gelu, geluGrad]) builder.add(op, op === gelu ? [x] : [x, y], { approximate: 'tanh' });
  builder.add(softmax, [x], { axis: -1 });
  builder.add(transpose, [x], { perm: [1, 0] });
  const axis = among([0, 1]);
  builder.add(concat, [x, y], { axis });
  const half = [Math.ceil(shape[0] / 2), Math.ceil(shape[1] / 2)];
  const part = { starts: [0], ends: [half[axis]!], axes: [axis] };
  const sliced = builder.add(slice, [x], part);
  builder.add(sliceGrad, [sliced], { ...part, shape: [...shape] });
  builder.add(expand, [row], { shape: [...shape] });
  builder.add(reduceMean, [x], { axes: [1] });
  return builder.add(reduceSum, [builder.add(reduceSum, [x], { axes: [0] })], {}, { name: 'loss' });
};

const KINDS: { readonly [kind: string]: LayerKind } = {
  dense,
  first,
  convolution,
  deep,
  residual,
  branches,
  recurrent,
  transformer,
  lookups,
  elements,
};

const OPTIMIZERS: readonly (() => Optimizer)[] = [
  () => gradientDescent(0.01),
  () => gradientDescent(0.01),
  () => momentum({ learningRate: 0.01, momentum: 0.9 }),
  () => adam({ learningRate: 0.001 }),
];

/** Convolutions differ in more respects than the others. */
const TWICE: ReadonlySet<string> = new Set(['first', 'convolution', 'deep', 'residual']);

/** What layers are left out: too small to tell anything but dispatch, too long, or of too much memory. */
export interface LayerLimits {
  readonly mostFlops: number;
  readonly leastFlops: number;
  /** Of the results of all nodes. */
  readonly mostBytes: number;
}

/**
 * `count` layers of each kind, of some twice as many, kinds in turn: whoever stops early has seen all kinds, and all sizes as
 * evenly as can be.
 */
export function calibrationLayers(count: number, limits: LayerLimits): LayerStep[] {
  const perKind = Object.keys(KINDS).map((kind) => {
    const steps: LayerStep[] = [];
    for (let index = 0; steps.length < (TWICE.has(kind) ? 2 * count : count); index++) {
      const step = layerStep(kind, index);
      if (isWithin(step.graph, limits)) steps.push(step);
    }
    return steps;
  });
  return Array.from({ length: 2 * count }, (_, turn) => perKind.flatMap((steps) => steps[turn] ?? [])).flat();
}

function isWithin(graph: Graph, { mostFlops, leastFlops, mostBytes }: LayerLimits): boolean {
  const flops = totalFlops(graph);
  const bytes = graph.spec.reduce((sum, spec) => sum + byteCount(spec), 0);
  return flops <= mostFlops && flops >= leastFlops && bytes <= mostBytes;
}

function layerStep(kind: string, index: number): LayerStep {
  const builder = new GraphBuilder();
  const layers = new Layers(builder, 'float32');
  const loss = KINDS[kind]!(layers, draws(kind, index));
  const { parameters, feeds } = layers;
  if (kind === 'elements') {
    const targets = builder.nodes.map(({ name }) => name);
    return { kind, graph: builder.finish(), feeds, loss: loss.node.name, targets };
  }
  const slopes = gradients(builder, loss, parameters);
  const optimizer = OPTIMIZERS[index % OPTIMIZERS.length]!();
  const { nodes } = optimizer(
    builder,
    parameters.map((parameter, i) => ({ parameter, gradient: slopes[i]! })),
  );
  const graph = builder.finish();
  return { kind, graph, feeds, loss: loss.node.name, targets: nodes.map(({ name }) => name) };
}

/** Numbers of one layer, always the same. */
function draws(kind: string, index: number): Draws {
  const { uniform } = stream(1, 'calibration', kind, index);
  return {
    number: (least, most) => Math.round(least * (most / least) ** uniform()),
    among: (choices) => choices[Math.floor(choices.length * uniform())]!,
  };
}
