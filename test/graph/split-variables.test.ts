import { describe, expect, it } from 'vitest';
import { UserError } from '../../base/errors.ts';
import { Session } from '../../executor/session.ts';
import { GraphBuilder, type NodeHandle, type Value } from '../../graph/builder.ts';
import { mul } from '../../graph/ops/elementwise.ts';
import { gather } from '../../graph/ops/gather.ts';
import { placeholder, type VariableAttrs, variable } from '../../graph/ops/state.ts';
import { idsOfParts, joinRows } from '../../graph/ops/table-parts.ts';
import { SplitVariables } from '../../graph/split-variables.ts';
import { numbers, tensor } from '../../graph/tensor.ts';

const ROWS = [2, 1, 4];

function tableOf(builder: GraphBuilder): Value {
  const attrs = { dtype: 'float32', shape: [7, 3], trainable: true, initializer: 'normal' } as const;
  return builder.add(variable, [], attrs, { name: 'table' });
}

/** A table looked up where it is, and used as a whole. */
function model(): { builder: GraphBuilder; found: Value; cubes: Value; table: Value } {
  const builder = new GraphBuilder();
  const table = tableOf(builder);
  const ids = builder.add(placeholder, [], { dtype: 'int64', shape: [5] }, { name: 'ids' });
  const found = builder.add(gather, [table, ids], { axis: 0 }, { name: 'found', colocateWith: table.node });
  const squares = builder.add(mul, [table, table], {}, { name: 'squares' });
  const cubes = builder.add(mul, [squares, table], {}, { name: 'cubes' });
  return { builder, found, cubes, table };
}

function divided(rowsOf: (variable: NodeHandle) => readonly number[]) {
  const source = model();
  const builder = new GraphBuilder();
  const split = new SplitVariables(source.builder, builder, {
    rowsOf,
    homeOf: (_variable, part) => `server${part}`,
    deviceOf: () => 'worker',
    before: [],
  });
  const deviceOf = (name: string): string => builder.authored.getNodeAttribute(name, 'device');
  return { source, builder, split, deviceOf };
}

describe('a variable in parts', () => {
  const { source, builder, split, deviceOf } = divided(() => ROWS);

  it('is as many variables, each at its home, that know of which they are parts', () => {
    const parts = split.partsOf(source.table).map(({ node }) => node);
    expect(parts.map(({ name }) => name)).toEqual(['table/part_0', 'table/part_1', 'table/part_2']);
    expect(parts.map(({ name }) => deviceOf(name))).toEqual(['server0', 'server1', 'server2']);
    const attrs = parts.map((part) => part.attrs as unknown as VariableAttrs);
    expect(attrs.map(({ shape }) => shape[0])).toEqual(ROWS);
    expect(attrs.map(({ origin }) => origin)).toEqual([
      [0, 0],
      [2, 0],
      [3, 0],
    ]);
    for (const { whole, drawnAs } of attrs) expect([whole, drawnAs]).toEqual([[7, 3], 'table']);
  });

  it('is looked up in each part, where that is', () => {
    const lookups = builder.nodes.filter(({ op }) => op.name === 'Gather');
    expect(lookups.map(({ name }) => deviceOf(name))).toEqual(['server0', 'server1', 'server2']);
    // So many of the ids as it has of the rows.
    expect(lookups.map(({ outputs }) => outputs[0]!.spec.filled)).toEqual([2 / 7, 1 / 7, 4 / 7]);
    expect(deviceOf('found')).toBe('worker');
  });

  it('is joined once for all that use all of it', () => {
    const joined = builder.nodes.filter(({ op }) => op.name === 'Concat');
    expect(joined.map(({ name }) => name)).toEqual(['table/joined']);
    expect(deviceOf('table/joined')).toBe('worker');
  });

  it('gives the numbers of the whole one', () => {
    const ids = tensor('int64', [5], [6, 0, -5, 3, 0]);
    const [whole, parts] = [source.builder, builder].map((authored) => {
      const session = new Session(authored.finish(), { seed: 4 });
      return session.run({ fetches: ['found:0', 'cubes:0'], feeds: { ids } }).map(numbers);
    });
    expect(parts).toEqual(whole);
  });

  it('names an id that is no row of it', () => {
    const session = new Session(builder.finish(), { seed: 4 });
    const ids = tensor('int64', [5], [0, 1, 7, 2, 3]);
    expect(() => session.run({ fetches: ['found:0'], feeds: { ids } })).toThrow(UserError);
    expect(() => session.run({ fetches: ['found:0'], feeds: { ids } })).toThrow(
      /^found\/ids: index 7 into an axis of 7 elements/,
    );
  });
});

it('a variable that stays whole leaves the graph as it was', () => {
  const { source, builder, split } = divided(() => [7]);
  const described = ({ nodes }: GraphBuilder) =>
    nodes.map(({ name, op, attrs, inputs }) => [
      name,
      op.name,
      attrs,
      inputs.map(({ node, index }) => `${node.name}:${index}`),
    ]);
  expect(described(builder)).toEqual(described(source.builder));
  expect(split.copyOf(source.found).node.name).toBe('found');
});

describe('parts that are none', () => {
  const builder = new GraphBuilder();
  const ids = builder.add(placeholder, [], { dtype: 'int64', shape: [2] });
  const rows = builder.add(placeholder, [], { dtype: 'float32', shape: [2, 3] });
  it.each([
    [() => builder.add(idsOfParts, [ids], { starts: [0, 4, 4] }), /\[0,4,4\] divides no rows into parts/],
    [() => builder.add(idsOfParts, [ids], { starts: [1, 4] }), /\[1,4\] divides no rows/],
    [() => builder.add(idsOfParts, [rows], { starts: [0, 4] }), /ids must be int64 or int32, given float32/],
    [
      () => builder.add(joinRows, [ids, rows], { starts: [0, 1, 4] }),
      /takes ids and the rows of 2 parts; given 2 inputs/,
    ],
    [() => builder.add(joinRows, [rows, rows], { starts: [0, 1] }), /ids must be int64 or int32/],
  ])('%#', (make, message) => {
    expect(make).toThrow(message);
  });
});
