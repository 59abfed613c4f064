import { NO_WORK, type Work } from '../base/work.ts';
import type { Graph } from './graph.ts';
import { byteCount, type TensorSpec } from './tensor-spec.ts';

export interface FusedAttentionOptions {
  /** Per node: what runs one after the other, e.g. a task of a device; nodes of −1 stay as they are. */
  readonly groupOf: ArrayLike<number>;
  /** Words of a sequence: scores are tensors [batch, heads, words, words]. */
  readonly length: number;
  /** Whether words see only those before them: half of the products is skipped. */
  readonly causal: boolean;
}

/**
 * `work`, where attention never writes its scores (Dao et al., "FlashAttention", 2022): products keep what they read and write
 * besides; mask, softmax and dropout are computed on the way; backward computes the scores once more. Time only: the graph and
 * its numbers stay as they are.
 */
export function fusedAttention(
  graph: Graph,
  work: readonly Work[],
  { groupOf, length, causal }: FusedAttentionOptions,
): Work[] {
  const isScores = ({ shape }: TensorSpec): boolean =>
    shape.length >= 3 && shape.at(-1) === length && shape.at(-2) === length;
  const share = causal ? 0.5 : 1;
  return work.map((own, node): Work => {
    if (groupOf[node]! < 0 || own.class === 'none') return own;
    let read = 0;
    let written = 0;
    let touches = false;
    const count = (tensor: number): number => {
      const spec = graph.spec[tensor]!;
      if (!isScores(spec)) return byteCount(spec);
      touches = true;
      return 0;
    };
    for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++)
      read += count(graph.input[e]!);
    for (let t = graph.outputStart[node]!; t < graph.outputStart[node + 1]!; t++) written += count(t);
    if (!touches) return own;
    if (own.class !== 'matmul') return NO_WORK;
    // Backward has the scores of forward's first product to compute again: a quarter of its four products.
    const again = graph.name[node]!.startsWith('gradients/') ? 1.25 : 1;
    return {
      class: 'attention',
      dtype: own.dtype,
      flops: again * share * own.flops,
      bytesRead: read,
      bytesWritten: written,
    };
  });
}
