import { describe, expect, it, test } from 'vitest';
import { Session } from '../../executor/session.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { mul } from '../../graph/ops/elementwise.ts';
import { reduceSum } from '../../graph/ops/reduction.ts';
import { constant, variable } from '../../graph/ops/state.ts';
import { adam } from '../../graph/optimizers/adam.ts';
import { withMasterCopies } from '../../graph/optimizers/master-copy.ts';
import { minimize } from '../../graph/optimizers/minimize.ts';
import { momentum } from '../../graph/optimizers/momentum.ts';
import type { Optimizer } from '../../graph/optimizers/optimizer.ts';
import { numbers } from '../../graph/tensor.ts';

/** The loss is w itself: every step of plain momentum 0 takes the learning rate off it. */
function falling(dtype: 'bfloat16' | 'float32', optimizer: Optimizer) {
  const builder = new GraphBuilder();
  const spec = { dtype, shape: [1] } as const;
  const w = builder.add(
    variable,
    [],
    { ...spec, trainable: true, initializer: 'value', value: [1] },
    { name: 'w' },
  );
  const one = builder.add(constant, [], { ...spec, value: [1] });
  const loss = builder.add(reduceSum, [builder.add(mul, [w, one], {})], { keepdims: false });
  const { slots } = minimize(builder, loss, [w], optimizer);
  const session = new Session(builder.finish());
  const held = (name: string): number => Number(numbers(session.variables.readVariable(name)!)[0]);
  return { session, slots, held };
}

const plain = momentum({ learningRate: 2 ** -10, momentum: 0 });

describe('a parameter of 8 significant bits', () => {
  it('never changes by less than its last bit', () => {
    const { session, held } = falling('bfloat16', plain);
    for (let step = 0; step < 8; step++) session.run({ targets: ['train'] });
    expect(held('w')).toBe(1);
  });

  it('does with a copy of 32 bits, of which it is the rounded value', () => {
    const { session, held } = falling('bfloat16', withMasterCopies(plain));
    const seen: number[] = [];
    for (let step = 1; step <= 8; step++) {
      session.run({ targets: ['train'] });
      expect(held('w/master')).toBe(1 - step * 2 ** -10);
      seen.push(held('w'));
    }
    // Below 1 the last bit of bfloat16 is worth 2⁻⁸, four steps; ties go to even.
    const [whole, below, next] = [1, 1 - 2 ** -8, 1 - 2 ** -7];
    expect(seen).toEqual([whole, whole, below, below, below, next, next, next]);
  });
});

test('slots are like the copy: with Adam, 12 bytes beside the 2 of the parameter', () => {
  const { slots } = falling('bfloat16', withMasterCopies(adam({ learningRate: 0.1 })));
  const perElement = slots.filter(({ spec: { shape } }) => shape.length > 0);
  expect(perElement.map(({ node: { name } }) => name)).toEqual([
    'w/master',
    'w/master/Adam',
    'w/master/Adam_1',
  ]);
  expect(new Set(slots.map(({ spec: { dtype } }) => dtype))).toEqual(new Set(['float32']));
});

test('a parameter of 32 bits has no copy', () => {
  const { slots } = falling('float32', withMasterCopies(plain));
  expect(slots.map(({ node: { name } }) => name)).toEqual(['w/Momentum']);
});
