import { describe, expect, it } from 'vitest';
import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder, type Value } from '../../graph/builder.ts';
import type { Op } from '../../graph/op.ts';
import { allGather, allReduce, allToAll, reduceScatter } from '../../graph/ops/collective.ts';
import { copyToRanks } from '../../graph/ops/copy-to-ranks.ts';
import { mul } from '../../graph/ops/elementwise.ts';
import { reduceSum } from '../../graph/ops/reduction.ts';
import { reshape } from '../../graph/ops/shape.ts';
import { noOp, placeholder } from '../../graph/ops/state.ts';
import { withoutDeadNodes } from '../../graph/prune.ts';

const group = { group: 'ranks', ranks: 4, algorithm: 'auto' };

function feed(builder: GraphBuilder, ...shape: number[]): Value {
  return builder.add(placeholder, [], { dtype: 'float32', shape }, { name: 'x' });
}

function shapes<A>(op: Op<A>, attrs: A, ...inputs: number[][]): (readonly number[])[] {
  const builder = new GraphBuilder();
  const values = inputs.map((shape) => feed(builder, ...shape));
  return builder.node(op, values, attrs).outputs.map(({ spec }) => spec.shape);
}

describe('shapes', () => {
  it('stay under AllReduce and CopyToRanks', () => {
    expect(shapes(allReduce, { ...group, reduction: 'sum' }, [8, 3], [5])).toEqual([[8, 3], [5]]);
    expect(shapes(copyToRanks, group, [8, 3])).toEqual([[8, 3]]);
  });

  it('are cut by ReduceScatter and joined by AllGather, of each tensor', () => {
    const attrs = { ...group, axis: 1 };
    expect(shapes(reduceScatter, { ...attrs, reduction: 'mean' }, [3, 8], [1, 4, 2])).toEqual([
      [3, 2],
      [1, 1, 2],
    ]);
    expect(shapes(allGather, attrs, [3, 2], [1, 1, 2])).toEqual([
      [3, 8],
      [1, 4, 2],
    ]);
  });

  it('are cut along one axis and joined along another by AllToAll', () => {
    expect(shapes(allToAll, { ...group, split: 0, axis: 1 }, [8, 3, 2])).toEqual([[2, 12, 2]]);
    expect(shapes(allToAll, { ...group, split: 1, axis: 0 }, [2, 12, 2])).toEqual([[8, 3, 2]]);
    expect(shapes(allToAll, { ...group, split: 0, axis: 0 }, [8, 3])).toEqual([[8, 3]]);
  });

  it.each([
    [
      'ReduceScatter',
      () => shapes(reduceScatter, { ...group, reduction: 'sum', axis: 0 }, [6, 3]),
      '4 ranks do not divide axis 0 of float32[6,3]',
    ],
    [
      'ReduceScatter',
      () => shapes(reduceScatter, { ...group, reduction: 'sum', axis: 2 }, [8, 3]),
      'float32[8,3] has no axis 2',
    ],
    ['AllGather', () => shapes(allGather, { ...group, axis: 1 }, [8]), 'float32[8] has no axis 1'],
    [
      'AllToAll',
      () => shapes(allToAll, { ...group, split: 1, axis: 0 }, [8, 3]),
      '4 ranks do not divide axis 1 of float32[8,3]',
    ],
    ['AllReduce', () => shapes(allReduce, { ...group, reduction: 'sum' }), 'takes at least one tensor'],
  ])('%s refuses what does not fit', (_, build, message) => {
    expect(build).toThrow(message);
  });
});

describe('what AllGather gathers for backward', () => {
  /** x · x of what was gathered, through a Reshape: the AllGathers of loss and gradient. */
  function gathers(again: boolean): { names: string[]; builder: GraphBuilder } {
    const builder = new GraphBuilder();
    const x = feed(builder, 2, 3);
    const whole = builder.add(allGather, [x], { ...group, axis: 0, again });
    const flat = builder.add(reshape, [whole], { shape: [24] });
    const squares = builder.add(mul, [flat, flat], {}, { name: 'square' });
    const loss = builder.add(reduceSum, [squares], { keepdims: false }, { name: 'loss' });
    const [slope] = gradients(builder, loss, [x]);
    builder.node({ ...noOp, effect: true }, [loss, slope!], {}, { name: 'end' });
    const graph = withoutDeadNodes(builder.finish());
    return { builder, names: graph.name.filter((_, node) => graph.op[node] === 'AllGather') };
  }

  it('is kept, or gathered once more when the first gradient is there', () => {
    expect(gathers(false).names).toEqual(['AllGather']);
    const { names, builder } = gathers(true);
    expect(names).toEqual(['AllGather', 'gradients/square/AllGather']);
    const after = builder.authored.inNeighbors('gradients/square/AllGather');
    expect(after).toEqual(['x', 'gradients/loss/Expand']);
  });
});
