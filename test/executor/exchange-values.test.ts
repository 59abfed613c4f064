import { expect, test } from 'vitest';
import { exchangedValues } from '../../executor/exchange-values.ts';
import { numbers, tensor } from '../../graph/tensor.ts';

const RANKS = 3;
const inputs = Array.from({ length: RANKS }, (_, rank) =>
  [0, 1].map((k) =>
    tensor(
      'float32',
      [3, 2],
      Array.from({ length: 6 }, (_v, i) => 100 * rank + 10 * k + i),
    ),
  ),
);

// A backend may write results into what nobody reads any more: that must be nobody else's.
test.each([
  ['AllReduce', { reduction: 'sum' }],
  ['AllReduce', { reduction: 'mean' }],
  ['AllReduce', { reduction: 'max' }],
  ['ReduceScatter', { reduction: 'mean', axis: 0 }],
  ['AllGather', { axis: 1 }],
  ['AllToAll', { axis: 1, split: 0 }],
] as const)('%s %o leaves its inputs as they are, and each rank has tensors of its own', (op, attrs) => {
  const before = inputs.map((rank) => rank.map((value) => [...numbers(value)]));
  const outputs = exchangedValues(op, attrs, inputs);
  const buffers = [...outputs, ...inputs].flatMap((rank) => rank.map(({ data }) => data.buffer));
  expect(outputs).toHaveLength(RANKS);
  expect(new Set(buffers).size).toBe(buffers.length);
  expect(inputs.map((rank) => rank.map((value) => [...numbers(value)]))).toEqual(before);
});
