import { fail, type Op } from '../op.ts';
import { byteCount, filledCount, formatSpec, sameShape, type TensorSpec } from '../tensor-spec.ts';
import { takes } from './checks.ts';

/**
 * Gradient descent on the rows of a table that were looked up (TensorFlow: IndexedSlices and ScatterSub; OSDI'16, section
 * 4.2). Inputs: the variable [rows, …], the gradients of what was looked up [ids …, …], and the ids (int32 or int64):
 * row[id] := row[id] − learningRate · gradient, for one id after another. Output: the new value. One multiplication and
 * one subtraction per element of the gradients; reads the rows, the gradients and the ids, and writes the rows: nothing of
 * the rest of the table.
 */
export const applySparseGradientDescent: Op<{ readonly learningRate: number }> = {
  name: 'ApplySparseGradientDescent',
  changes: 1,
  infer: (inputs) => {
    takes(inputs, 3, 3, 'a variable, gradients and ids');
    const [table, slopes, ids] = inputs as [TensorSpec, TensorSpec, TensorSpec];
    if (ids.dtype !== 'int64' && ids.dtype !== 'int32') fail(`the ids are ${ids.dtype}`);
    const expected = { dtype: table.dtype, shape: [...ids.shape, ...table.shape.slice(1)] };
    if (
      table.shape.length === 0 ||
      slopes.dtype !== table.dtype ||
      !sameShape(slopes.shape, expected.shape)
    ) {
      fail(`the gradients are ${formatSpec(slopes)}, not ${formatSpec(expected)}`);
    }
    return [table];
  },
  cost: ([table, slopes, ids]) => ({
    class: 'vector',
    dtype: table!.dtype,
    flops: 2 * filledCount(slopes!),
    bytesRead: 2 * byteCount(slopes!) + byteCount(ids!),
    bytesWritten: byteCount(slopes!),
  }),
};
