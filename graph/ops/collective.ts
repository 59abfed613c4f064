import { fail, type Op } from '../op.ts';
import { formatSpec, type TensorSpec } from '../tensor-spec.ts';
import { noWork } from './costs.ts';

/*
 * Collectives: every rank of a group runs a node of the same name, and all nodes together exchange their inputs (MPI's
 * terms; NCCL's operations). A node waits until all ranks are there. What the exchange takes is the network's matter;
 * the additions are not costed (see docs/collectives.md).
 *
 * Gradients hold for programs in which each rank computes the same scalar loss, or its own share of it, and the sum of the
 * ranks' derivatives is wanted.
 */

export type CollectiveAttrs = {
  /** Name of the group; `{key}` stands for a coordinate of the loop that runs the node. */
  readonly group: string;
  /** Ranks of the group. */
  readonly ranks: number;
  /** An algorithm of devices/collectives, or `auto`: the fastest on the cluster. */
  readonly algorithm: string;
};

/** Sums, or means, of the ranks' inputs: any number of tensors in one exchange. Outputs: as the inputs, equal on all ranks. */
export type AllReduceAttrs = CollectiveAttrs & { readonly reduction: 'sum' | 'mean' };

/** The axis that is cut into one part per rank, or along which the ranks' parts are joined. */
export type AxisAttrs = CollectiveAttrs & { readonly axis: number };

/** As `AxisAttrs`: the sum or mean of the ranks' inputs is cut. */
export type ReduceScatterAttrs = AxisAttrs & { readonly reduction: 'sum' | 'mean' };

/** Each rank's input is cut along `split` into one part per rank; what the ranks sent is joined along `axis`, in rank order. */
export type AllToAllAttrs = AxisAttrs & { readonly split: number };

export const allReduce: Op<AllReduceAttrs> = {
  name: 'AllReduce',
  infer: (inputs) => (inputs.length > 0 ? inputs : fail('takes at least one tensor')),
  cost: noWork,
};

/** Output: rank r has part r of the reduced tensor. */
export const reduceScatter: Op<ReduceScatterAttrs> = {
  name: 'ReduceScatter',
  infer: (inputs, { axis, ranks }) => [cut(only(inputs), axis, ranks)],
  cost: noWork,
};

/** Output: the ranks' inputs joined in rank order, equal on all ranks. */
export const allGather: Op<AxisAttrs> = {
  name: 'AllGather',
  infer: (inputs, { axis, ranks }) => [joined(only(inputs), axis, ranks)],
  cost: noWork,
};

export const allToAll: Op<AllToAllAttrs> = {
  name: 'AllToAll',
  infer: (inputs, { axis, split, ranks }) => [joined(cut(only(inputs), split, ranks), axis, ranks)],
  cost: noWork,
};

/** Rows of this file, which meet in a group. */
export const ROWS = {
  AllReduce: allReduce,
  ReduceScatter: reduceScatter,
  AllGather: allGather,
  AllToAll: allToAll,
} as const;

/** The collective of devices/collectives that a node is; undefined for other nodes. */
export const COLLECTIVE_OF_OP: { readonly [op: string]: string | undefined } = {
  AllReduce: 'all-reduce',
  ReduceScatter: 'reduce-scatter',
  AllGather: 'all-gather',
  AllToAll: 'all-to-all',
};

function only(inputs: readonly TensorSpec[]): TensorSpec {
  return inputs.length === 1 ? inputs[0]! : fail('takes one tensor');
}

function cut(spec: TensorSpec, axis: number, ranks: number): TensorSpec {
  const extent = spec.shape[axis];
  if (extent === undefined) fail(`${formatSpec(spec)} has no axis ${axis}`);
  if (extent % ranks !== 0) fail(`${ranks} ranks do not divide axis ${axis} of ${formatSpec(spec)}`);
  return { dtype: spec.dtype, shape: spec.shape.with(axis, extent / ranks) };
}

function joined(spec: TensorSpec, axis: number, ranks: number): TensorSpec {
  const extent = spec.shape[axis];
  if (extent === undefined) fail(`${formatSpec(spec)} has no axis ${axis}`);
  return { dtype: spec.dtype, shape: spec.shape.with(axis, extent * ranks) };
}
