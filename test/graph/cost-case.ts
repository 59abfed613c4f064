import type { Work } from '../../base/work.ts';
import type { Attrs } from '../../graph/op.ts';
import { spec, type TensorSpec } from '../../graph/tensor-spec.ts';

/** What one use of an op costs; a comment beside each case derives the numbers. */
export interface CostCase {
  readonly inputs: readonly TensorSpec[];
  readonly attrs?: Attrs;
  readonly expected: Pick<Work, 'class' | 'flops' | 'bytesRead' | 'bytesWritten'> &
    Pick<Work, 'gemm' | 'isEpilogue' | 'convolution'>;
}

export const f = (...shape: number[]): TensorSpec => spec('float32', ...shape);
export const none = { class: 'none', flops: 0, bytesRead: 0, bytesWritten: 0 } as const;
export const vector = (flops: number, bytesRead: number, bytesWritten: number): CostCase['expected'] => ({
  class: 'vector',
  flops,
  bytesRead,
  bytesWritten,
});
export const data = (bytesRead: number, bytesWritten: number): CostCase['expected'] => ({
  class: 'data',
  flops: 0,
  bytesRead,
  bytesWritten,
});
