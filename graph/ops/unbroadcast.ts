import type { GraphBuilder, Value } from '../builder.ts';
import { sameShape } from '../tensor-spec.ts';
import { reduceSum } from './reduction.ts';
import { reshape } from './shape.ts';

/**
 * The gradient that reaches an operand of shape `shape` when `dy` arrived at its broadcast copy: the sum over the
 * axes along which it was repeated.
 */
export function unbroadcast(builder: GraphBuilder, dy: Value, shape: readonly number[]): Value {
  const from = dy.spec.shape;
  if (sameShape(from, shape)) return dy;
  const missing = from.length - shape.length;
  const axes: number[] = [];
  for (let axis = 0; axis < from.length; axis++) {
    if (axis < missing || (shape[axis - missing] === 1 && from[axis] !== 1)) axes.push(axis);
  }
  // Where only leading axes are summed, dropping them gives the shape at once, without a Reshape.
  const keepdims = axes.at(-1)! >= missing;
  const sum = builder.add(reduceSum, [dy], { axes, keepdims });
  return sameShape(sum.spec.shape, shape) ? sum : builder.add(reshape, [sum], { shape, allowzero: true });
}
