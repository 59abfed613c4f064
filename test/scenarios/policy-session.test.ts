import { expect, it } from 'vitest';
import { GraphBuilder } from '../../graph/builder.ts';
import { mul } from '../../graph/ops/elementwise.ts';
import { reduceSum } from '../../graph/ops/reduction.ts';
import { placeholder, variable } from '../../graph/ops/state.ts';
import { gradientDescent } from '../../graph/optimizers/gradient-descent.ts';
import { minimize } from '../../graph/optimizers/minimize.ts';
import { policySession } from '../../scenarios/policy-session.ts';

it('runs, trains and sets the variables of a policy network', () => {
  const builder = new GraphBuilder();
  const x = builder.add(placeholder, [], { dtype: 'float32', shape: [2] }, { name: 'x' });
  const attrs = { dtype: 'float32', shape: [2], trainable: true, initializer: 'value', value: [3] } as const;
  const w = builder.add(variable, [], attrs, { name: 'w' });
  const loss = builder.add(reduceSum, [builder.add(mul, [w, x], {})], { keepdims: false }, { name: 'loss' });
  minimize(builder, loss, [w], gradientDescent(0.5));
  const session = policySession(builder.finish(), 1);
  const feeds = { x: { shape: [2], data: Float32Array.of(1, 2) } };
  expect(session.run({ feeds, fetches: ['loss:0'], targets: ['train'] })).toEqual([Float32Array.of(9)]);
  // w := 3 − 0.5 · (1, 2)
  expect(session.run({ feeds, fetches: ['w:0'] })).toEqual([Float32Array.of(2.5, 2)]);
  const value = Float32Array.of(10, 20);
  session.assign('w', { shape: [2], data: value });
  value.fill(0);
  expect(session.run({ feeds, fetches: ['loss:0'] })).toEqual([Float32Array.of(50)]);
});
