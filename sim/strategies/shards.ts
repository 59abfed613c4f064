import { algorithmsFor } from '../../devices/collectives/index.ts';
import type { GraphBuilder, NodeHandle, Value } from '../../graph/builder.ts';
import { allGather, reduceScatter } from '../../graph/ops/collective.ts';
import { pad } from '../../graph/ops/pad.ts';
import { reshape, slice } from '../../graph/ops/shape.ts';
import { type VariableAttrs, variable } from '../../graph/ops/state.ts';
import { elementCount, type TensorSpec } from '../../graph/tensor-spec.ts';

/** Algorithms that reduce-scatter and all-gather both have. */
export const SHARDING_ALGORITHMS = Object.keys(algorithmsFor('reduce-scatter')).filter((name) =>
  Object.hasOwn(algorithmsFor('all-gather'), name),
);

/** The ranks among which tensors are cut in equal parts, and how these travel. */
export interface Sharding {
  /** Name of the group, as nodes say it. */
  readonly group: string;
  readonly ranks: number;
  /** The loop's rank in the group, as a coordinate: e.g. `{replica}`. */
  readonly rank: string;
  /** Of reduce-scatter and all-gather; `auto`: the fastest on the cluster. */
  readonly algorithm: string;
}

/**
 * Elements of a rank's part of a tensor. A tensor is cut as one row, filled up with zeros to a multiple of the ranks
 * (DeepSpeed's partition_parameters.py cuts each parameter so).
 */
export function shardSize({ shape }: TensorSpec, ranks: number): number {
  return Math.ceil(elementCount(shape) / ranks);
}

/** A variable that holds a rank's part of a parameter, `name` after the parameter's name, beside it, of type `dtype`. */
export function shardVariable(
  builder: GraphBuilder,
  { name: of, attrs }: Pick<NodeHandle, 'name' | 'attrs'>,
  { ranks, rank }: Sharding,
  {
    name,
    dtype,
    device,
  }: { readonly name: string; readonly dtype: TensorSpec['dtype']; readonly device: string },
): Value {
  const own = attrs as unknown as VariableAttrs;
  const shard: VariableAttrs = {
    dtype,
    shape: [shardSize(own, ranks)],
    trainable: own.trainable,
    initializer: 'copy',
    copy: { of, attrs: own, part: rank },
  };
  return builder.atRoot(() => builder.add(variable, [], shard, { name: `${of}/${name}`, device }));
}

/** What became of tensors, and the exchange in which it did; none where there is one rank. */
export interface ShardExchange {
  readonly values: readonly Value[];
  readonly exchange: NodeHandle | undefined;
}

interface ExchangeOptions {
  readonly name: string;
  readonly control: readonly NodeHandle[];
}

/**
 * The ranks' means of tensors, of which each rank gets its parts, in one exchange. `inPlace`: the parts stay where the
 * tensors are, which then stay too.
 */
export function reduceToShards(
  builder: GraphBuilder,
  tensors: readonly Value[],
  { group, ranks, algorithm }: Sharding,
  { inPlace, ...options }: ExchangeOptions & { readonly inPlace: boolean },
): ShardExchange {
  const rows = tensors.map((tensor) => asRow(builder, tensor, ranks));
  if (ranks === 1) return { values: rows, exchange: undefined };
  const attrs = { group, ranks, algorithm, axis: 0, reduction: 'mean', inPlace } as const;
  const exchange = builder.node(reduceScatter, rows, attrs, options);
  return { values: exchange.outputs, exchange };
}

/** Tensors like `specs`, from all ranks' parts of them, in one exchange. */
export function gatherShards(
  builder: GraphBuilder,
  shards: readonly Value[],
  specs: readonly TensorSpec[],
  { group, ranks, algorithm }: Sharding,
  options: ExchangeOptions,
): ShardExchange {
  const attrs = { group, ranks, algorithm, axis: 0 };
  const exchange = ranks === 1 ? undefined : builder.node(allGather, shards, attrs, options);
  const rows = exchange?.outputs ?? shards;
  const values = rows.map((row, i) => {
    const { shape } = specs[i]!;
    const count = elementCount(shape);
    const isPadded = count < row.spec.shape[0]!;
    const whole = isPadded ? builder.add(slice, [row], { starts: [0], ends: [count], axes: [0] }) : row;
    return builder.add(reshape, [whole], { shape, allowzero: true });
  });
  return { values, exchange };
}

/** A tensor as one row whose length is a multiple of the ranks. */
function asRow(builder: GraphBuilder, tensor: Value, ranks: number): Value {
  const count = elementCount(tensor.spec.shape);
  const row = builder.add(reshape, [tensor], { shape: [count], allowzero: true });
  const missing = shardSize(tensor.spec, ranks) * ranks - count;
  return missing === 0 ? row : builder.add(pad, [row], { pads: [0, missing] });
}
