import type { Value } from '../builder.ts';
import { fail, type Op } from '../op.ts';
import { filledCount, formatSpec, sameShape, type TensorSpec } from '../tensor-spec.ts';
import { takes } from './checks.ts';
import { moved, vectorWork } from './costs.ts';
import { indexTensor } from './indices.ts';
import { constant } from './state.ts';

/*
 * Lookups in a table whose rows are divided among several variables (TensorFlow's DynamicPartition and DynamicStitch around
 * Gather; OSDI'16, section 4.2 and figure 3): ids go to the parts that hold their rows, each part looks up its own, and the
 * rows are put together again. How many ids a part gets depends on the ids, and shapes here are fixed. So each part gets a
 * tensor as long as all ids, in which ids of other parts are padding: 0 among ids, anything among rows, zeros among
 * gradients. What is stored, sent and worked on is costed as if the ids were spread evenly over the rows: so many of them
 * fall to a part as it has of the rows (`TensorSpec.filled`).
 */

export type TablePartsAttrs = {
  /** First row of each part; at the end, the rows of all. */
  readonly starts: readonly number[];
};

/** Of ids [ids …], per part: where its own are among its rows. Negative ones count from the end. A comparison per id. */
export const idsOfParts: Op<TablePartsAttrs> = {
  name: 'IdsOfParts',
  infer: (inputs, { starts }) => {
    takes(inputs, 1, 1, 'ids');
    indexTensor(inputs[0]!, 'ids');
    return shares(starts).map((filled) => ({ ...inputs[0]!, filled }));
  },
  cost: ([ids], outputs) => vectorWork(filledCount(ids!), [ids!], outputs),
};

/** Of ids and what each part looked up, [ids …, …] each: the rows of all ids. Reads and writes each row once. */
export const joinRows: Op<TablePartsAttrs> = {
  name: 'JoinRows',
  infer: (inputs, { starts }) => {
    takes(inputs, 1 + parts(starts), 1 + parts(starts), `ids and the rows of ${parts(starts)} parts`);
    const [ids, first, ...others] = inputs as [TensorSpec, TensorSpec, ...TensorSpec[]];
    rowsOf(first, ids);
    for (const other of others) {
      if (other.dtype !== first.dtype || !sameShape(other.shape, first.shape))
        fail(`${formatSpec(other)} differs from the rows of the first part, ${formatSpec(first)}`);
    }
    return [{ dtype: first.dtype, shape: first.shape }];
  },
  cost: moved,
  gradient: ({ builder, inputs: [ids], attrs, dy: [dy] }) => [
    undefined,
    ...builder.node(rowsOfParts, [ids!, dy!], attrs).outputs,
  ],
};

/** Of ids and their rows, per part: its own rows, and zeros. Reads and writes each row once. */
export const rowsOfParts: Op<TablePartsAttrs> = {
  name: 'RowsOfParts',
  infer: (inputs, { starts }) => {
    takes(inputs, 2, 2, 'ids and rows');
    const [ids, rows] = inputs as [TensorSpec, TensorSpec];
    rowsOf(rows, ids);
    return shares(starts).map((filled) => ({ dtype: rows.dtype, shape: rows.shape, filled }));
  },
  cost: moved,
  gradient: ({ builder, inputs: [ids, rows], outputs, attrs, dy }) => {
    const { dtype, shape } = rows!.spec;
    const zeros = (): Value => builder.add(constant, [], { dtype, shape, value: [0] });
    return [
      undefined,
      builder.add(joinRows, [ids!, ...outputs.map((_, part) => dy[part] ?? zeros())], attrs),
    ];
  },
};

function parts(starts: readonly number[]): number {
  return starts.length - 1;
}

/** Per part: the share of the rows that it holds. */
function shares(starts: readonly number[]): number[] {
  const [from, to] = [starts[0], starts.at(-1)!];
  const ascending = starts.every((start, i) => i === 0 || start > starts[i - 1]!);
  if (starts.length < 2 || from !== 0 || !ascending) fail(`[${starts.join(',')}] divides no rows into parts`);
  return starts.slice(1).map((end, part) => (end - starts[part]!) / to);
}

function rowsOf(rows: TensorSpec, ids: TensorSpec): void {
  indexTensor(ids, 'ids');
  if (!sameShape(rows.shape.slice(0, ids.shape.length), ids.shape))
    fail(`${formatSpec(rows)} are no rows for ids ${formatSpec(ids)}`);
}
