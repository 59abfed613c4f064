import type { TablePartsAttrs } from '../../graph/ops/table-parts.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { Kernel, KernelContext } from '../kernel.ts';
import { cleared, element, movable, resolved } from './movable.ts';

export const idsOfParts: Kernel<TablePartsAttrs> = ([ids], { starts }, context) => {
  const rows = resolved(ids!, starts.at(-1)!, context);
  const { dtype, shape } = ids!.spec;
  const outputs = starts.slice(1).map(() => cleared(context, dtype, shape));
  for (const [i, row] of rows.entries()) {
    const part = partOf(row, starts);
    movable(outputs[part]!)[i] = element(ids!.data, row - starts[part]!);
  }
  return outputs;
};

export const joinRows: Kernel<TablePartsAttrs> = ([ids, ...parts], { starts }, context) => {
  const { dtype, shape } = parts[0]!.spec;
  const result = context.allocate(dtype, shape);
  forEachRow(ids!, result, starts, context, (part, from, to) => {
    movable(result).set(movable(parts[part]!).subarray(from, to), from);
  });
  return [result];
};

export const rowsOfParts: Kernel<TablePartsAttrs> = ([ids, rows], { starts }, context) => {
  const { dtype, shape } = rows!.spec;
  const outputs = starts.slice(1).map(() => cleared(context, dtype, shape));
  forEachRow(ids!, rows!, starts, context, (part, from, to) => {
    movable(outputs[part]!).set(movable(rows!).subarray(from, to), from);
  });
  return outputs;
};

/** Calls `visit` per id with the part that holds its row, and where the row is among the elements of `rows` [ids …, …]. */
function forEachRow(
  ids: Tensor,
  rows: Tensor,
  starts: readonly number[],
  context: KernelContext,
  visit: (part: number, from: number, to: number) => void,
): void {
  const at = resolved(ids, starts.at(-1)!, context);
  const width = at.length === 0 ? 0 : rows.data.length / at.length;
  for (const [i, row] of at.entries()) visit(partOf(row, starts), i * width, (i + 1) * width);
}

/** The last part that does not start after `row`. */
function partOf(row: number, starts: readonly number[]): number {
  let [low, high] = [0, starts.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}
