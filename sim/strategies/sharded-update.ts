import type { GraphBuilder, NodeHandle, Value } from '../../graph/builder.ts';
import { cast } from '../../graph/ops/cast.ts';
import { assign } from '../../graph/ops/state.ts';
import { isNarrow } from '../../graph/optimizers/master-copy.ts';
import { type Optimizer, type ParameterGradient, updateOptions } from '../../graph/optimizers/optimizer.ts';
import { gradientBuckets } from './buckets.ts';
import { backwardDone } from './exchange-gradients.ts';
import { gatherShards, reduceToShards, type Sharding, shardVariable } from './shards.ts';
import { updatesAfter } from './worker-optimizers.ts';

export interface ShardedUpdateOptions extends Sharding {
  /** A bucket is exchanged as soon as it has so many bytes. */
  readonly bucketBytes: number;
  /** Whether gradients are exchanged while backward goes on. */
  readonly overlap: boolean;
  /** Whether gradients are kept whole until the update: stage 1. If not, a rank keeps its parts only: stage 2. */
  readonly keepsGradients: boolean;
  readonly optimizer: Optimizer;
}

/**
 * Adds an update whose optimizer state is divided among the ranks, stages 1 and 2 of ZeRO (Rajbhandari et al., "ZeRO: Memory
 * optimizations toward training trillion parameter models", SC 2020, sections 5.1 and 5.2). Gradients are reduce-scattered,
 * bucket by bucket; each rank updates its parts of the parameters, in copies of its own of 32 bits, with the optimizer's
 * slots for them; what comes of it is all-gathered, and copied into the parameters. Exchanges of one kind go one after
 * another.
 */
export function updateSharded(
  builder: GraphBuilder,
  gradients: readonly ParameterGradient[],
  options: ShardedUpdateOptions,
): void {
  const { bucketBytes, overlap, keepsGradients, optimizer } = options;
  const buckets = gradientBuckets(gradients, bucketBytes);
  const parts: ParameterGradient[] = [];
  let last = overlap ? undefined : backwardDone(builder, gradients);
  for (const [i, bucket] of buckets.entries()) {
    const { values, exchange } = reduceToShards(
      builder,
      bucket.map(({ gradient }) => gradient),
      options,
      { name: `exchange/reduce${i}`, control: controlOf(last), inPlace: keepsGradients },
    );
    last = exchange ?? last;
    for (const [place, { parameter }] of bucket.entries()) {
      parts.push({ parameter: masterShard(builder, parameter, options), gradient: values[place]! });
    }
  }
  const { nodes } = updatesAfter([last ?? backwardDone(builder, gradients)], builder, optimizer, parts);
  writeBack(builder, buckets, nodes, options);
}

/** A rank's part of a parameter, of 32 bits at least. */
function masterShard(builder: GraphBuilder, parameter: Value, sharding: Sharding): Value {
  const { device } = updateOptions(builder, parameter);
  const dtype = isNarrow(parameter) ? 'float32' : parameter.spec.dtype;
  return shardVariable(builder, parameter.node, sharding, { name: 'master', dtype, device });
}

/** Parameters := what all ranks' updated parts, in the order of the buckets, make together. */
function writeBack(
  builder: GraphBuilder,
  buckets: readonly (readonly ParameterGradient[])[],
  updates: readonly NodeHandle[],
  sharding: Sharding,
): void {
  let done = 0;
  let last: NodeHandle | undefined;
  for (const [i, bucket] of buckets.entries()) {
    const parameters = bucket.map(({ parameter }) => parameter);
    const updated = parameters.map(({ spec: { dtype } }) => {
      const value = updates[done++]!.outputs[0]!;
      return value.spec.dtype === dtype
        ? value
        : builder.add(cast, [value], { to: dtype }, { name: 'rounded' });
    });
    const specs = parameters.map(({ spec }) => spec);
    const options = { name: `exchange/gather${i}`, control: controlOf(last) };
    const { values, exchange } = gatherShards(builder, updated, specs, sharding, options);
    last = exchange;
    for (const [place, parameter] of parameters.entries()) {
      builder.node(assign, [parameter, values[place]!], {}, updateOptions(builder, parameter));
    }
  }
}

function controlOf(node: NodeHandle | undefined): readonly NodeHandle[] {
  return node === undefined ? [] : [node];
}
