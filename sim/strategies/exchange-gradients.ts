import type { GraphBuilder, NodeHandle, Value } from '../../graph/builder.ts';
import { allGather, allReduce } from '../../graph/ops/collective.ts';
import { mul } from '../../graph/ops/elementwise.ts';
import { gatherGrad } from '../../graph/ops/gather.ts';
import { constant, noOp } from '../../graph/ops/state.ts';
import { rowGradients } from '../../graph/optimizers/gradient-descent.ts';
import type { ParameterGradient } from '../../graph/optimizers/optimizer.ts';
import { gradientBuckets } from './buckets.ts';

export interface ExchangeOptions {
  /** Name of the group, as nodes say it: `{key}` stands for a coordinate of the loop. */
  readonly group: string;
  readonly ranks: number;
  /** Of all-reduce; `auto`: the fastest on the cluster. */
  readonly algorithm: string;
  /** A bucket is exchanged as soon as it has so many bytes. */
  readonly bucketBytes: number;
  /** Whether exchanges start while backward goes on. */
  readonly overlap: boolean;
  /**
   * Whether the gradient of a table of which rows were looked up is exchanged as the rows of all ranks, which grows with
   * the ranks, instead of as the whole table: Horovod's and PyTorch's way. The update has to take rows (`descend`).
   */
  readonly rows?: boolean;
}

export interface Exchanged {
  /** Means over the ranks, in the order given, equal on all ranks. */
  readonly gradients: readonly ParameterGradient[];
  /** The last exchange, after which all are done. */
  readonly last: NodeHandle | undefined;
}

/**
 * Adds the exchange of data-parallel gradients: an all-reduce per bucket, in the order in which backward makes the
 * gradients, one after another (a communicator does one collective at a time, as NCCL's on one stream). Buckets are as
 * PyTorch's (see gradientBuckets). All gradients are on one device.
 *
 * Rows of tables are gathered with their ids instead (Horovod's allreduce of IndexedSlices: horovod/tensorflow/__init__.py)
 * and divided by the number of ranks.
 */
export function exchangeGradients(
  builder: GraphBuilder,
  gradients: readonly ParameterGradient[],
  { group, ranks, algorithm, bucketBytes, overlap, rows = false }: ExchangeOptions,
): Exchanged {
  if (ranks === 1 || gradients.length === 0) return { gradients, last: undefined };
  const collective = { group, ranks };
  const exchanged = new Map<ParameterGradient, Value>();
  const rowsOf = ({ gradient }: ParameterGradient) => (rows ? gatherableRows(gradient) : undefined);
  const buckets = gradientBuckets(gradients, bucketBytes, (one) => rowsOf(one) !== undefined);
  let last = overlap ? undefined : backwardDone(builder, gradients);
  builder.scope('exchange', () => {
    for (const [i, bucket] of buckets.entries()) {
      const options = { name: `bucket${i}`, control: last === undefined ? [] : [last] };
      const sparse = rowsOf(bucket[0]!);
      if (sparse !== undefined) {
        last = builder.node(allGather, sparse, { ...collective, axis: 0, algorithm: 'auto' }, options);
        exchanged.set(bucket[0]!, gradientOfRows(builder, bucket[0]!.gradient, last.outputs, ranks));
      } else {
        const attrs = { ...collective, algorithm, reduction: 'mean' } as const;
        last = builder.node(
          allReduce,
          bucket.map(({ gradient }) => gradient),
          attrs,
          options,
        );
        for (const [place, one] of bucket.entries()) exchanged.set(one, last.outputs[place]!);
      }
    }
  });
  return {
    gradients: gradients.map((one) => ({ parameter: one.parameter, gradient: exchanged.get(one)! })),
    last,
  };
}

/**
 * A node after the whole backward. It reads the gradients, since control edges would keep the ops that make them from
 * being merged with others; of tables it reads the rows' gradients, lest one as long as the table be made for it alone.
 */
export function backwardDone(builder: GraphBuilder, gradients: readonly ParameterGradient[]): NodeHandle {
  const inputs = gradients.map(({ gradient }) => rowGradients(gradient)?.[0] ?? gradient);
  return builder.node(noOp, inputs, {}, { name: 'backward' });
}

/** Rows' gradients and ids that can be joined along their first axes. */
function gatherableRows(gradient: Value): readonly [slopes: Value, ids: Value] | undefined {
  const rows = rowGradients(gradient);
  return rows !== undefined && rows[1].spec.shape.length > 0 ? rows : undefined;
}

/** The mean gradient of a table, from all ranks' gradients of rows and the ids of these. */
function gradientOfRows(
  builder: GraphBuilder,
  { node }: Value,
  [slopes, ids]: readonly Value[],
  ranks: number,
): Value {
  const { dtype } = slopes!.spec;
  const share = builder.add(constant, [], { dtype, shape: [], value: [1 / ranks] }, { name: 'share' });
  const mean = builder.add(mul, [slopes!, share], {}, { name: 'mean' });
  return builder.add(gatherGrad, [mean, ids!], node.attrs as Parameters<typeof gatherGrad.infer>[1]);
}
