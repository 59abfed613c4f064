import type { GraphBuilder, Value } from '../builder.ts';
import { type Attrs, fail, type Op } from '../op.ts';
import { formatSpec, type TensorSpec } from '../tensor-spec.ts';
import { noWork } from './costs.ts';
import { mul } from './elementwise.ts';
import { constant } from './state.ts';

/*
 * Collectives: every rank of a group runs a node of the same name, and all nodes together exchange their inputs (MPI's
 * terms; NCCL's operations). A node waits until all ranks are there. What the exchange takes is the network's matter;
 * the additions are not costed (see docs/collectives.md).
 *
 * Gradients hold for programs whose ranks all differentiate the same scalar loss, and in which a tensor is on each rank
 *   whole: alike on all; its gradient is then whole, too;
 *   cut: each rank has a part; its gradient is the gradient of that part;
 *   a share: the tensor meant is the sum of the ranks'; the gradient of a share is that of the sum, and so whole.
 * Where a whole tensor goes into what each rank computes for itself, CopyToRanks has to say so: each rank's gradient is a
 * share then, and the sum of the ranks' is taken. Forward and backward are pairs (Shoeybi et al., "Megatron-LM", 2019,
 * section 3; Korthikanti et al., "Reducing Activation Recomputation in Large Transformer Models", 2022, section 4.2.2):
 *   CopyToRanks    whole → for each rank's own use            sum of the ranks' shares
 *   AllReduce      share → whole                              none
 *   AllGather      cut → whole, for each rank's own use       ReduceScatter
 *   ReduceScatter  share → cut                                AllGather
 *   AllToAll       cut along one axis → along another         AllToAll back
 */

export type CollectiveAttrs = {
  /** Name of the group; `{key}` stands for a coordinate of the loop that runs the node. */
  readonly group: string;
  /** Ranks of the group. */
  readonly ranks: number;
  /** An algorithm of devices/collectives, or `auto`: the fastest on the cluster. */
  readonly algorithm: string;
};

/**
 * Sums, means or greatest of the ranks' inputs, element by element: any number of tensors in one exchange. Outputs: as the
 * inputs, equal on all ranks.
 */
export type AllReduceAttrs = CollectiveAttrs & { readonly reduction: 'sum' | 'mean' | 'max' };

/** The axis that is cut into one part per rank, or along which the ranks' parts are joined: of each tensor. */
export type AxisAttrs = CollectiveAttrs & { readonly axis: number };

export type AllGatherAttrs = AxisAttrs & {
  /** Backward does not keep what was gathered, but gathers it again: see gathered-again.ts. */
  readonly again?: boolean;
};

/** As `AxisAttrs`: the sum or mean of the ranks' inputs is cut. */
export type ReduceScatterAttrs = AxisAttrs & {
  readonly reduction: 'sum' | 'mean';
  /** Whether a rank's part stays where the input is, all of which then stays; false unless given. */
  readonly inPlace?: boolean;
};

/** Each rank's input is cut along `split` into one part per rank; what the ranks sent is joined along `axis`, in rank order. */
export type AllToAllAttrs = AxisAttrs & { readonly split: number };

export const allReduce: Op<AllReduceAttrs> = {
  name: 'AllReduce',
  infer: some,
  cost: noWork,
  // Through the greatest none flows: it is taken to shift exponents, which changes no result.
  gradient: ({ builder, attrs, dy }) =>
    dy.map((g) => (attrs.reduction === 'max' ? undefined : g && shareOf(builder, g, attrs))),
};

/** Any number of tensors in one exchange. Outputs: rank r has part r of each reduced tensor. */
export const reduceScatter: Op<ReduceScatterAttrs> = {
  name: 'ReduceScatter',
  infer: (inputs, { axis, ranks }) => some(inputs).map((input) => cut(input, axis, ranks)),
  cost: noWork,
  gradient: ({ builder, attrs, dy }) => {
    const { reduction: _, ...gathered } = attrs;
    return together(dy, (arrived) =>
      builder.node(allGather, arrived, gathered).outputs.map((g) => shareOf(builder, g, attrs)),
    );
  },
};

/** Any number of tensors in one exchange. Outputs: of each, the ranks' joined in rank order, equal on all ranks. */
export const allGather: Op<AllGatherAttrs> = {
  name: 'AllGather',
  infer: (inputs, { axis, ranks }) => some(inputs).map((input) => joined(input, axis, ranks)),
  cost: noWork,
  gradient: ({ builder, attrs, dy }) => {
    const { again: _, ...scattered } = attrs;
    return together(
      dy,
      (arrived) => builder.node(reduceScatter, arrived, { ...scattered, reduction: 'sum' }).outputs,
    );
  },
};

export const allToAll: Op<AllToAllAttrs> = {
  name: 'AllToAll',
  infer: (inputs, { axis, split, ranks }) => [joined(cut(only(inputs), split, ranks), axis, ranks)],
  cost: noWork,
  gradient: ({ builder, attrs, dy: [dy] }) => [
    builder.add(allToAll, [dy!], { ...attrs, axis: attrs.split, split: attrs.axis }),
  ],
};

/** Rows of this file, which meet in a group. */
export const ROWS = {
  AllReduce: allReduce,
  ReduceScatter: reduceScatter,
  AllGather: allGather,
  AllToAll: allToAll,
} as const;

/** Whether output i of a node takes no memory of its own, but stays in that of input i: all-reduces work so in NCCL. */
export function isInPlace(op: string, attrs: Attrs): boolean {
  return op === 'AllReduce' || (op === 'ReduceScatter' && attrs.inPlace === true);
}

/** The collective of devices/collectives that a node is; undefined for other nodes. */
export const COLLECTIVE_OF_OP: { readonly [op: string]: string | undefined } = {
  AllReduce: 'all-reduce',
  ReduceScatter: 'reduce-scatter',
  AllGather: 'all-gather',
  AllToAll: 'all-to-all',
};

/** Per output: its gradient after one exchange of all that arrived. */
function together(
  dy: readonly (Value | undefined)[],
  exchange: (arrived: readonly Value[]) => readonly Value[],
): (Value | undefined)[] {
  const exchanged = exchange(dy.filter((g) => g !== undefined)).values();
  return dy.map((g) => g && exchanged.next().value);
}

/** The gradient of a rank's share, from that of the sum or mean of all. */
function shareOf(builder: GraphBuilder, g: Value, { reduction, ranks }: AllReduceAttrs): Value {
  if (reduction === 'sum') return g;
  const { dtype } = g.spec;
  return builder.add(mul, [g, builder.add(constant, [], { dtype, shape: [], value: [1 / ranks] })], {});
}

function some(inputs: readonly TensorSpec[]): readonly TensorSpec[] {
  return inputs.length > 0 ? inputs : fail('takes at least one tensor');
}

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
