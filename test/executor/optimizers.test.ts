import { describe, expect, it, test } from 'vitest';
import { UserError } from '../../base/errors.ts';
import { initialValue } from '../../executor/kernels/initial-value.ts';
import { Session } from '../../executor/session.ts';
import { GraphBuilder, type Value } from '../../graph/builder.ts';
import { mul, sub } from '../../graph/ops/elementwise.ts';
import { reduceSum } from '../../graph/ops/reduction.ts';
import { assign, assignAdd, constant, type VariableAttrs, variable } from '../../graph/ops/state.ts';
import { adagrad } from '../../graph/optimizers/adagrad.ts';
import { adam } from '../../graph/optimizers/adam.ts';
import { gradientDescent } from '../../graph/optimizers/gradient-descent.ts';
import { minimize } from '../../graph/optimizers/minimize.ts';
import { momentum } from '../../graph/optimizers/momentum.ts';
import type { Optimizer } from '../../graph/optimizers/optimizer.ts';
import { numbers } from '../../graph/tensor.ts';

const START = [1, -2, 0.5];
const GOAL = [0, 1, 0.25];
/** The loss is Σ scale · (x − goal)², so that its gradient is 2 · scale · (x − goal). */
const SCALE = [1, 0.1, 5];

function bowl(optimizer: Optimizer, dtype: 'float32' | 'float64') {
  const builder = new GraphBuilder();
  const shape = [3];
  const x = builder.add(
    variable,
    [],
    { dtype, shape, trainable: true, initializer: 'value', value: START },
    { name: 'x' },
  );
  const fixed = (value: readonly number[]) => builder.add(constant, [], { dtype, shape, value });
  const away = builder.add(sub, [x, fixed(GOAL)], {});
  const squares = builder.add(mul, [builder.add(mul, [away, away], {}), fixed(SCALE)], {});
  const loss = builder.add(reduceSum, [squares], { keepdims: false }, { name: 'loss' });
  const { slots } = minimize(builder, loss, [x], optimizer);
  return { session: new Session(builder.finish()), slots: slots.map(({ node }) => node.name) };
}

const slope = (x: number, i: number): number => 2 * SCALE[i]! * (x - GOAL[i]!);

/** The rules as their papers state them, one element at a time, in float64: x after each of `steps`. */
const published: [string, Optimizer, (i: number, steps: number) => number][] = [
  [
    'gradient descent',
    gradientDescent(0.05),
    (i, steps) => {
      let x = START[i]!;
      for (let t = 1; t <= steps; t++) x -= 0.05 * slope(x, i);
      return x;
    },
  ],
  [
    'momentum',
    momentum({ learningRate: 0.02, momentum: 0.9 }),
    (i, steps) => {
      // Sutskever et al. 2013, equations 1 and 2, with the rate outside the velocity, as TensorFlow has it.
      let [x, v] = [START[i]!, 0];
      for (let t = 1; t <= steps; t++) {
        v = 0.9 * v + slope(x, i);
        x -= 0.02 * v;
      }
      return x;
    },
  ],
  [
    'Nesterov’s momentum',
    momentum({ learningRate: 0.02, momentum: 0.9, useNesterov: true }),
    (i, steps) => {
      // Sutskever et al. 2013, equations 3 and 4: the gradient at y = x + μ v; what the op keeps is y.
      let [x, v] = [START[i]!, 0];
      for (let t = 1; t <= steps; t++) {
        v = 0.9 * v - 0.02 * slope(x + 0.9 * v, i);
        x += v;
      }
      return x + 0.9 * v;
    },
  ],
  [
    'Adagrad',
    adagrad({ learningRate: 0.3, initialSum: 0 }),
    (i, steps) => {
      // Duchi et al. 2011, figure 1, with diagonal matrices and δ = 0.
      let [x, squares] = [START[i]!, 0];
      for (let t = 1; t <= steps; t++) {
        const g = slope(x, i);
        squares += g * g;
        x -= (0.3 * g) / Math.sqrt(squares);
      }
      return x;
    },
  ],
  [
    'Adam',
    adam({ learningRate: 0.1, epsilon: 0 }),
    (i, steps) => {
      // Kingma & Ba 2015, algorithm 1.
      let [x, m, v] = [START[i]!, 0, 0];
      for (let t = 1; t <= steps; t++) {
        const g = slope(x, i);
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        x -= (0.1 * (m / (1 - 0.9 ** t))) / Math.sqrt(v / (1 - 0.999 ** t));
      }
      return x;
    },
  ],
];

describe('the published rules', () => {
  for (const [what, optimizer, expected] of published) {
    it(`${what} follows its paper, to the last digits of float64, and in float32`, () => {
      for (const [dtype, tolerance] of [
        ['float64', 1e-12],
        ['float32', 2e-4],
      ] as const) {
        const { session } = bowl(optimizer, dtype);
        for (let step = 1; step <= 30; step++) {
          session.run({ targets: ['train'] });
          const x = numbers(session.variables.readVariable('x')!);
          for (const [i, value] of x.entries()) {
            expect(Math.abs(value - expected(i, step)), `${dtype}, step ${step}`).toBeLessThan(tolerance);
          }
        }
      }
    });

    it(`${what} goes towards the least loss`, () => {
      const { session } = bowl(optimizer, 'float32');
      const losses = Array.from({ length: 300 }, () => {
        const [loss] = session.run({ fetches: ['loss'], targets: ['train'] });
        return numbers(loss!)[0]!;
      });
      expect(losses.at(-1)).toBeLessThan(0.05 * losses[0]!);
    });
  }

  it('keep what they remember in variables beside the parameter', () => {
    expect(bowl(gradientDescent(1), 'float32').slots).toEqual([]);
    expect(bowl(momentum({ learningRate: 1, momentum: 0 }), 'float32').slots).toEqual(['x/Momentum']);
    const { session, slots } = bowl(adam({ learningRate: 1 }), 'float32');
    expect(slots).toEqual(['beta1_power', 'beta2_power', 'x/Adam', 'x/Adam_1']);
    const { graph } = session;
    const group = (name: string) => graph.colocation[graph.name.indexOf(name)];
    for (const name of ['x/Adam', 'x/Adam_1', 'x/update']) expect(group(name)).toBe(group('x'));
  });

  it('refuse a gradient of another shape, naming the node', () => {
    const builder = new GraphBuilder();
    const value = (shape: number[]): Value =>
      builder.add(constant, [], { dtype: 'float32', shape, value: [0] });
    const wrong = () =>
      momentum({ learningRate: 1, momentum: 1 })(builder, [{ parameter: value([2]), gradient: value([3]) }]);
    expect(wrong).toThrow(UserError);
    expect(wrong).toThrow(/^Constant\w*\/update: ApplyMomentum\(.*input 2 is float32\[3\], not float32\[2\]/);
  });
});

test('a change of what a change put out is a change of the same variable', () => {
  const builder = new GraphBuilder();
  const scalar = { dtype: 'float32', shape: [] } as const;
  const x = builder.add(variable, [], { ...scalar, trainable: false, initializer: 'zeros' }, { name: 'x' });
  const two = builder.add(constant, [], { ...scalar, value: [2] });
  const set = builder.add(assign, [x, two], {});
  builder.add(assignAdd, [set, two], {}, { name: 'more' });
  const session = new Session(builder.finish());
  session.run({ targets: ['more'] });
  expect(numbers(session.variables.readVariable('x')!)).toEqual([4]);
});

test('a change of what is no variable is an error', () => {
  const builder = new GraphBuilder();
  const one = builder.add(constant, [], { dtype: 'float32', shape: [], value: [1] }, { name: 'one' });
  builder.add(assignAdd, [one, one], {}, { name: 'more' });
  const session = new Session(builder.finish());
  expect(() => session.run({ targets: ['more'] })).toThrow(
    /more: its input 0 has to be a variable; one is none/,
  );
});

describe('first values', () => {
  const drawn = (attrs: Partial<VariableAttrs>, seed = 1, name = 'w'): number[] =>
    numbers(
      initialValue(
        name,
        { dtype: 'float64', shape: [100, 100], trainable: true, initializer: 'zeros', ...attrs },
        seed,
      ),
    );

  it('of a part of a variable are those of that part', () => {
    const all = drawn({ initializer: 'normal', shape: [4, 3, 6] });
    const part = drawn({ initializer: 'normal', shape: [2, 3, 2], whole: [4, 3, 6], origin: [1, 0, 3] });
    const expected = [1, 2].flatMap((i) =>
      [0, 1, 2].flatMap((j) => [3, 4].map((k) => all[(i * 3 + j) * 6 + k]!)),
    );
    expect(part).toEqual(expected);
    expect(drawn({ initializer: 'ones', shape: [2], whole: [4], origin: [2] })).toEqual([1, 1]);
  });

  it('of a copy are those of the other variable, of its parts and then zeros', () => {
    const attrs = { dtype: 'float64', shape: [3, 2], trainable: true, initializer: 'normal' } as const;
    const all = drawn(attrs);
    const part = (index: number) =>
      drawn({ initializer: 'copy', shape: [4], copy: { of: 'w', attrs, part: `${index}` } }, 1, 'other');
    expect([...part(0), ...part(1)]).toEqual([...all, 0, 0]);
    const whole = { ...attrs, initializer: 'copy', copy: { of: 'w', attrs, part: '0' } } as const;
    expect(drawn(whole, 1, 'other')).toEqual(all);
    // A copy of a type that is wider than the other's is not rounded to that.
    const narrow = { ...attrs, dtype: 'bfloat16' } as const;
    expect(drawn({ ...whole, copy: { of: 'w', attrs: narrow, part: '0' } }, 1, 'other')).toEqual(all);
    const given = { ...attrs, initializer: 'value', value: [1, 2, 3, 4, 5, 6] } as const;
    const rest = { of: 'w', attrs: given, part: '1' };
    expect(drawn({ initializer: 'copy', shape: [4], copy: rest }, 1, 'other')).toEqual([5, 6, 0, 0]);
  });

  it('of what is no part of the whole are refused', () => {
    const attrs = { dtype: 'float32', trainable: true, initializer: 'zeros' } as const;
    const add = (shape: number[], origin?: number[]) =>
      new GraphBuilder().add(variable, [], { ...attrs, shape, whole: [4, 2], origin });
    expect(() => add([2, 2], [3, 0])).toThrow('[2,2] from [3,0] on is no part of [4,2]');
    expect(() => add([2], [0])).toThrow('[2] from [0] on is no part of [4,2]');
    expect(() => add([2, 2])).toThrow('where the part begins is missing');
  });

  const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
  const deviation = (values: readonly number[]) => {
    const centre = mean(values);
    return Math.sqrt(mean(values.map((x) => (x - centre) ** 2)));
  };

  // 10,000 draws: the mean is within 4 % of a deviation, the deviation within 4 % (four standard errors), but by
  // a chance of 1 in 10,000; the streams are fixed.
  const distributions: [string, Partial<VariableAttrs>, number, number, number, number][] = [
    ['uniform', { low: -1, high: 3 }, 1, 4 / Math.sqrt(12), -1, 3],
    ['normal', { mean: 2, deviation: 3 }, 2, 3, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    // The deviation of a standard normal cut at ±2: √(1 − 4 φ(2) / (2 Φ(2) − 1)) = 0.87963.
    ['truncatedNormal', { mean: 2, deviation: 3 }, 2, 3 * 0.87963, -4, 8],
    ['glorot', { fanIn: 10, fanOut: 14 }, 0, 0.5 / Math.sqrt(3), -0.5, 0.5],
    ['he', { fanIn: 8 }, 0, 0.5, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  ];
  for (const [initializer, attrs, centre, spread, least, greatest] of distributions) {
    it(`${initializer}: its mean, deviation and bounds`, () => {
      const values = drawn({ initializer: initializer as VariableAttrs['initializer'], ...attrs });
      expect(Math.abs(mean(values) - centre)).toBeLessThan(0.04 * spread);
      expect(Math.abs(deviation(values) / spread - 1)).toBeLessThan(0.04);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(least);
      expect(Math.max(...values)).toBeLessThanOrEqual(greatest);
    });
  }

  it('depend on the seed and the name of the variable, and on nothing else', () => {
    const normal = { initializer: 'normal' } as const;
    expect(drawn(normal)).toEqual(drawn(normal));
    expect(drawn(normal)).not.toEqual(drawn(normal, 2));
    expect(drawn(normal)).not.toEqual(drawn(normal, 1, 'v'));
  });

  it('that need a fan say so', () => {
    expect(() => drawn({ initializer: 'he' })).toThrow(/variable w: the initializer he needs fanIn/);
  });
});
