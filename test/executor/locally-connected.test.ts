import { expect, it, test } from 'vitest';
import { evaluateNode } from '../../executor/evaluate.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import type { Op } from '../../graph/op.ts';
import { OPS, type OpName } from '../../graph/ops/index.ts';
import { placeholder } from '../../graph/ops/state.ts';
import { float32, numbers, type Tensor } from '../../graph/tensor.ts';

/* Filters that are the same at every position make a convolution, which has kernels of its own. */

/** Whole numbers: sums and products of them are exact, whatever the order. */
function whole(from: number, ...shape: number[]): Tensor {
  const count = shape.reduce((product, extent) => product * extent, 1);
  return float32(
    shape,
    Array.from({ length: count }, (_, i) => (((i + 1) * (from + 7)) % 11) - 5),
  );
}

const values = (op: OpName, inputs: readonly Tensor[], attrs = {}): number[] =>
  numbers(evaluateNode(op, inputs, attrs, 'node')[0]!);

/** 4×5 images of 2 maps, windows of 3×2 at 2×4 positions, 3 filters. */
const images = whole(1, 2, 2, 4, 5);
const filters = whole(2, 3, 2, 3, 2);
const slopes = whole(3, 2, 3, 2, 4);
const POSITIONS = 2 * 4;
const everywhere = float32(
  [2, 4, 3, 2, 3, 2],
  Array.from({ length: POSITIONS }, () => numbers(filters)).flat(),
);

test('the layer is the convolution', () => {
  expect(values('LocallyConnected', [images, everywhere])).toEqual(values('Conv', [images, filters]));
});

test('its gradient in the images is the convolution’s', () => {
  const convolution = values('ConvInputGrad', [slopes, filters], { shape: images.spec.shape });
  expect(values('LocallyConnectedInputGrad', [slopes, everywhere])).toEqual(convolution);
});

test('its gradients in the filters of all positions sum up to the convolution’s', () => {
  const perPosition = values('LocallyConnectedFilterGrad', [slopes, images]);
  const size = numbers(filters).length;
  const summed = Array.from({ length: size }, (_, i) => {
    let sum = 0;
    for (let position = 0; position < POSITIONS; position++) sum += perPosition[position * size + i]!;
    return sum;
  });
  expect(summed).toEqual(values('ConvFilterGrad', [slopes, images], { shape: filters.spec.shape }));
});

it.each([
  ['LocallyConnected', [1, 2, 4, 4], [3, 3, 5, 3, 2, 2], '2 channels, but filters for 3'],
  ['LocallyConnected', [1, 3, 4, 4], [2, 3, 5, 3, 2, 2], 'filters at 2 positions, but a window of 2 has 3'],
  ['LocallyConnected', [1, 3, 4], [2, 3, 5, 3, 2, 2], 'images must have 4 axes, has 3'],
  [
    'LocallyConnectedInputGrad',
    [1, 4, 2, 3],
    [2, 3, 5, 3, 2, 2],
    /float32\[1,4,2,3\] is not what the filters make/,
  ],
  ['LocallyConnectedFilterGrad', [2, 4, 2, 3], [1, 3, 4, 4], 'gradients of 2 images, given 1'],
  ['LocallyConnectedFilterGrad', [1, 4, 5, 3], [1, 3, 4, 4], '5×3 positions in images of 4×4'],
] as const)('%s of %j and %j: one clear sentence', (name, a, b, message) => {
  const builder = new GraphBuilder();
  const fed = [a, b].map((shape) => builder.add(placeholder, [], { dtype: 'float32', shape }));
  expect(() => builder.add(OPS[name] as Op<never>, fed, {} as never)).toThrow(message);
});
