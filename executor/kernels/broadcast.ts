import { elementCount } from '../../graph/tensor-spec.ts';

/** Per axis of `to`: how far to step in a row-major tensor of shape `from` that broadcasts to it; 0 repeats. */
export function broadcastStrides(from: readonly number[], to: readonly number[]): number[] {
  const strides = new Array<number>(to.length).fill(0);
  let stride = 1;
  for (let axis = from.length - 1; axis >= 0; axis--) {
    const extent = from[axis]!;
    if (extent !== 1) strides[axis + to.length - from.length] = stride;
    stride *= extent;
  }
  return strides;
}

/** Row-major strides of a shape. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** Handles `count` elements: of the result from `at`, of the operands from a and b in steps of stepA and stepB. */
export type RowVisitor = (
  at: number,
  count: number,
  a: number,
  stepA: number,
  b: number,
  stepB: number,
) => void;

/**
 * Walks a row-major result of shape `shape` in rows as long as the operands' strides allow (the whole tensor where
 * nothing is repeated), so that the visitor's loop is the only one that runs per element.
 */
export function forEachRow(
  shape: readonly number[],
  stridesA: readonly number[],
  stridesB: readonly number[],
  visit: RowVisitor,
): void {
  const total = elementCount(shape);
  if (total === 0) return;
  // Merge neighbouring axes that both operands cross in one stride. The last axis of each list is the row.
  const extents = [1];
  const a = [0];
  const b = [0];
  for (const [axis, extent] of shape.entries()) {
    if (extent === 1) continue;
    const last = extents.length - 1;
    if (a[last] === stridesA[axis]! * extent && b[last] === stridesB[axis]! * extent) {
      extents[last]! *= extent;
      a[last] = stridesA[axis]!;
      b[last] = stridesB[axis]!;
    } else {
      extents.push(extent);
      a.push(stridesA[axis]!);
      b.push(stridesB[axis]!);
    }
  }
  const row = extents.length - 1;
  const count = extents[row]!;
  const index = new Array<number>(row).fill(0);
  let fromA = 0;
  let fromB = 0;
  for (let at = 0; at < total; at += count) {
    visit(at, count, fromA, a[row]!, fromB, b[row]!);
    for (let axis = row - 1; axis >= 0; axis--) {
      fromA += a[axis]!;
      fromB += b[axis]!;
      if (++index[axis]! < extents[axis]!) break;
      fromA -= a[axis]! * extents[axis]!;
      fromB -= b[axis]! * extents[axis]!;
      index[axis] = 0;
    }
  }
}
