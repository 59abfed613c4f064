import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../graph/builder.ts';
import { plannedExchanges } from '../../graph/exchanges.ts';
import { allReduce } from '../../graph/ops/collective.ts';
import { placeholder } from '../../graph/ops/state.ts';
import { type PartitionedGraph, partition } from '../../graph/partition.ts';
import type { CollectiveGroup, Plan } from '../../graph/plan.ts';

/** A step that all-reduces so many numbers in the group `all`. */
function template(elements: number): PartitionedGraph {
  const builder = new GraphBuilder();
  const own = builder.add(placeholder, [], { dtype: 'float32', shape: [elements] }, { name: 'own' });
  const attrs = { group: 'all', ranks: 2, algorithm: 'auto', reduction: 'sum' } as const;
  builder.node(allReduce, [own], attrs, { name: 'sum' });
  return partition(builder.finish(), ['rank'], new Int32Array(2));
}

function plan(templates: readonly PartitionedGraph[], groups: readonly CollectiveGroup[]): Plan {
  return {
    loops: templates.map((own, replica) => ({
      name: `worker/${replica}`,
      replica,
      template: own,
      device: Int32Array.of(replica),
      ownDevice: Uint8Array.of(1),
      countsUpdates: replica === 0,
    })),
    accumulators: [],
    queues: [],
    groups,
    updates: 1,
  };
}

const alike = template(3);

describe('who meets whom', () => {
  it('is in the order of the group, not of the loops', () => {
    const { exchanges, exchangeOf } = plannedExchanges(
      plan([alike, alike], [{ name: 'all', devices: [1, 0] }]),
    );
    expect(exchanges).toHaveLength(1);
    expect(exchanges[0]).toMatchObject({ name: 'sum', collective: 'all-reduce', bytes: 12 });
    expect(exchanges[0]!.members.map(({ rank, loop }) => [rank, loop])).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect(exchangeOf.map((own) => [...own.values()])).toEqual([[0], [0]]);
  });

  it('has to bring equally much', () => {
    const group = { name: 'all', devices: [0, 1] };
    expect(() => plannedExchanges(plan([alike, template(4)], [group]))).toThrow(
      'sum: the ranks of group all bring tensors of different sizes',
    );
  });

  it.each([
    ['no group', [], 'sum: the plan declares no group all'],
    ['a device of no rank', [{ name: 'all', devices: [0, 2] }], 'sum: its device is not in group all'],
    [
      'a rank too many',
      [{ name: 'all', devices: [0, 1, 2] }],
      'sum: 2 of the 3 ranks of group all take part',
    ],
  ])('%s is our own fault', (_, groups, message) => {
    expect(() => plannedExchanges(plan([alike, alike], groups))).toThrow(message);
  });
});
