import { expect, it } from 'vitest';
import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { libraryKernels } from '../../graph/library-kernels.ts';
import { add, relu } from '../../graph/ops/elementwise.ts';
import { batchNormalization } from '../../graph/ops/normalization.ts';
import { reduceSum } from '../../graph/ops/reduction.ts';
import { variable } from '../../graph/ops/state.ts';

const SHAPE = [8, 16, 10, 10];
/** Bytes of an image tensor in float16. */
const IMAGE = 2 * 8 * 16 * 100;
const CHANNELS = 2 * 16;

/** relu(batch normalisation(x) + y), and its gradients. */
function normalised() {
  const builder = new GraphBuilder();
  const tensor = (name: string, shape: readonly number[]) =>
    builder.add(variable, [], { dtype: 'float16', shape, trainable: true, initializer: 'ones' }, { name });
  const channels = ['scale', 'shift', 'mean', 'variance'].map((name) => tensor(name, [16]));
  const x = tensor('x', SHAPE);
  const { outputs } = builder.node(batchNormalization, [x, ...channels], { training_mode: true });
  const sum = builder.add(add, [outputs[0]!, tensor('y', SHAPE)], {}, { name: 'sum' });
  const positive = builder.add(relu, [sum], {}, { name: 'positive' });
  const loss = builder.add(reduceSum, [positive], { axes: [0, 1, 2, 3], keepdims: false }, { name: 'loss' });
  gradients(builder, loss, [x]);
  const graph = builder.finish();
  const groupOf = graph.name.map((name) => (name.startsWith('gradients/') ? 1 : 0));
  const bytes = (mergesStatistics: boolean) => {
    const work = libraryKernels(graph, { groupOf, mergesStatistics });
    return (name: string) => {
      const { bytesRead, bytesWritten } = work[graph.name.indexOf(name)]!;
      return { bytesRead, bytesWritten };
    };
  };
  const backward = graph.name.find((_, node) => graph.op[node] === 'BatchNormalizationGrad')!;
  return { bytes, backward };
}

it('batch normalisation, residual and ReLU are one kernel', () => {
  const of = normalised().bytes(false);
  // Reads x twice, y, and four numbers per channel; writes one.
  expect(of('positive')).toEqual({ bytesRead: 3 * IMAGE + 4 * CHANNELS, bytesWritten: IMAGE });
  expect(of('BatchNormalization')).toEqual({ bytesRead: 0, bytesWritten: 0 });
  expect(of('sum')).toEqual({ bytesRead: 0, bytesWritten: 0 });
});

it('where convolutions make the sums, batch normalisation goes over its input once, and so does its gradient', () => {
  const { bytes, backward } = normalised();
  expect(bytes(true)('positive')).toEqual({ bytesRead: 2 * IMAGE + 4 * CHANNELS, bytesWritten: IMAGE });
  expect(bytes(false)(backward).bytesRead - bytes(true)(backward).bytesRead).toBe(2 * IMAGE);
});
