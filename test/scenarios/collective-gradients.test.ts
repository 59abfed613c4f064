import { describe, expect, it } from 'vitest';
import type { GraphBuilder, Value } from '../../graph/builder.ts';
import { allGather, allReduce, allToAll, reduceScatter } from '../../graph/ops/collective.ts';
import { copyToRanks } from '../../graph/ops/copy-to-ranks.ts';
import { add, exp, log, mul, sub } from '../../graph/ops/elementwise.ts';
import { reduceMax, reduceSum } from '../../graph/ops/reduction.ts';
import { constant, variable } from '../../graph/ops/state.ts';
import { numbers } from '../../graph/tensor.ts';
import { algorithm, GROUP, runRanks } from './ranks.ts';

/*
 * A parameter x [6, 6], whole on all ranks or cut among them by rows, goes through a collective into a loss. Its gradient
 * agrees with central differences of the loss in the elements of x, each changed on all ranks that have it.
 */

const SIDE = 6;
const COUNT = SIDE * SIDE;

type Program = (p: {
  readonly builder: GraphBuilder;
  readonly x: Value;
  /** x times numbers of the rank's own. */
  readonly own: (x: Value) => Value;
  readonly group: { readonly group: string; readonly ranks: number; readonly algorithm: string };
}) => Value;

const squares = (builder: GraphBuilder, x: Value): Value =>
  builder.add(reduceSum, [builder.add(mul, [x, x], {})], { keepdims: false });

/** The ranks' losses are shares of the loss. */
const shares =
  (of: Program): Program =>
  (p) =>
    p.builder.add(allReduce, [squares(p.builder, of(p))], { ...p.group, reduction: 'sum' });

const whole: { readonly [what: string]: Program } = {
  CopyToRanks: shares(({ builder, x, own, group }) => own(builder.add(copyToRanks, [x], group))),
  ...Object.fromEntries(
    (['sum', 'mean'] as const).flatMap((reduction) => [
      [
        `AllReduce, ${reduction}`,
        ({ builder, x, own, group }) => {
          const share = own(builder.add(copyToRanks, [x], group));
          return squares(builder, builder.add(allReduce, [share], { ...group, reduction }));
        },
      ],
      ...[0, 1].map((axis): [string, Program] => [
        `ReduceScatter, ${reduction}, along axis ${axis}`,
        shares(({ builder, x, own, group }) => {
          const share = own(builder.add(copyToRanks, [x], group));
          return own(builder.add(reduceScatter, [share], { ...group, reduction, axis }));
        }),
      ]),
    ]) satisfies [string, Program][],
  ),
  'two tensors in one ReduceScatter': shares(({ builder, x, own, group }) => {
    const share = own(builder.add(copyToRanks, [x], group));
    const attrs = { ...group, reduction: 'sum', axis: 0 } as const;
    const { outputs } = builder.node(reduceScatter, [share, builder.add(mul, [share, share], {})], attrs);
    return builder.add(mul, [outputs[0]!, outputs[1]!], {});
  }),
};

const cut: { readonly [what: string]: Program } = {
  'AllGather along axis 0': shares(({ builder, x, own, group }) =>
    own(builder.add(allGather, [x], { ...group, axis: 0 })),
  ),
  'AllGather along axis 1': shares(({ builder, x, own, group }) =>
    own(builder.add(allGather, [x], { ...group, axis: 1 })),
  ),
  'two tensors in one AllGather, of which one is used': shares(({ builder, x, own, group }) =>
    own(builder.node(allGather, [builder.add(mul, [x, x], {}), x], { ...group, axis: 0 }).outputs[1]!),
  ),
  'AllToAll from rows to columns': shares(({ builder, x, own, group }) =>
    own(builder.add(allToAll, [x], { ...group, split: 1, axis: 0 })),
  ),
  'AllToAll along one axis': shares(({ builder, x, own, group }) =>
    own(builder.add(allToAll, [x], { ...group, split: 1, axis: 1 })),
  ),
  'AllReduce, max: the logarithm of a sum of exponentials': ({ builder, x, group }) => {
    const most = builder.add(reduceMax, [x], { keepdims: false });
    const greatest = builder.add(allReduce, [most], { ...group, reduction: 'max' });
    const share = builder.add(reduceSum, [builder.add(exp, [builder.add(sub, [x, greatest], {})], {})], {
      keepdims: false,
    });
    const sum = builder.add(allReduce, [share], { ...group, reduction: 'sum' });
    return builder.add(add, [builder.add(log, [sum], {}), greatest], {});
  },
};

/** 0.3, 0.47, 0.64 … below 1, signs alternating. */
const spread = (i: number): number => (0.3 + ((0.17 * i) % 0.7)) * (i % 2 === 0 ? 1 : -1);
const START = Array.from({ length: COUNT }, (_, i) => spread(i));

/** Loss and gradients [ranks, elements] where x is `values`. */
function run(program: Program, ranks: number, isCut: boolean, values: readonly number[]) {
  const rows = isCut ? SIDE / ranks : SIDE;
  const results = runRanks({
    ranks,
    feed: () => undefined,
    author: (builder, rank) => {
      const first = isCut ? rank * rows * SIDE : 0;
      const value = values.slice(first, first + rows * SIDE);
      const attrs = { dtype: 'float32', shape: [rows, SIDE], trainable: true, initializer: 'value' } as const;
      const x = builder.add(variable, [], { ...attrs, value }, { name: 'x' });
      const own = (y: Value): Value => {
        const { dtype, shape } = y.spec;
        const count = shape.reduce((product, extent) => product * extent, 1);
        const factors = Array.from({ length: count }, (_, i) => spread(3 * i + 5 * rank + 1));
        return builder.add(mul, [y, builder.add(constant, [], { dtype, shape, value: factors })], {});
      };
      const loss = program({ builder, x, own, group: { group: GROUP, ranks, algorithm } });
      return { loss, parameters: [x] };
    },
  });
  expect(new Set(results.map(({ loss }) => loss)).size).toBe(1);
  return {
    loss: results[0]!.loss,
    gradients: results.map(({ gradients }) => [...numbers(gradients.get('x')!)]),
  };
}

/** Half the distance of a central difference. */
const STEP = 1 / 64;
/** Elements that are changed: some of each rank's. */
const CHANGED = [0, 7, 14, 20, 27, 35];

describe.each([
  ['whole', whole],
  ['cut', cut],
] as const)('gradients of what is %s', (state, programs) => {
  describe.each([2, 3])('on %i ranks', (ranks) => {
    it.each(Object.entries(programs))('%s', (_, program) => {
      const isCut = state === 'cut';
      const { gradients } = run(program, ranks, isCut, START);
      if (!isCut) for (const gradient of gradients) expect(gradient).toEqual(gradients[0]);
      const gradient = isCut ? gradients.flat() : gradients[0]!;
      for (const i of CHANGED) {
        const at = (x: number): number => run(program, ranks, isCut, START.with(i, x)).loss;
        const slope = (at(START[i]! + STEP) - at(START[i]! - STEP)) / (2 * STEP);
        expect(gradient[i]!).toBeCloseTo(slope, 2);
      }
    });
  });
});
