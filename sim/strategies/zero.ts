import { withMasterCopies } from '../../graph/optimizers/master-copy.ts';
import type { PartitionedGraph } from '../../graph/partition.ts';
import { BUCKET_BYTES } from './buckets.ts';
import { backwardDone } from './exchange-gradients.ts';
import { bytesOption, choiceOption, flagOption, requiredCount } from './options.ts';
import { computeRole } from './parameter-servers.ts';
import { replicaStep, replicasPlan, replicaTemplate, WORKERS } from './replicas.ts';
import { shardedStep } from './sharded-parameters.ts';
import { updateSharded } from './sharded-update.ts';
import { SHARDING_ALGORITHMS } from './shards.ts';
import type { Strategy, StrategyInput } from './strategy.ts';
import { optimizerOf, optimizerOption, updatesAfter } from './worker-optimizers.ts';

const options = {
  stage: requiredCount(
    1,
    3,
    'What is divided among the workers: 1, the state of the optimizer; 2, gradients too; 3, parameters too (FSDP).',
  ),
  algorithm: choiceOption(
    ['auto', ...SHARDING_ALGORITHMS],
    'How tensors are reduced and gathered; auto: the fastest on the cluster, each time.',
  ),
  bucket: bytesOption(
    BUCKET_BYTES,
    'Gradients are exchanged as one from so many bytes, and, in stage 3, parameters gathered as one.',
  ),
  overlap: flagOption(
    true,
    'Whether gradients are exchanged while backward goes on; in stage 3 they always are.',
  ),
  optimizer: optimizerOption('adam'),
};

/**
 * All-reduce data parallelism without its redundancy (Rajbhandari et al., "ZeRO: Memory optimizations toward training
 * trillion parameter models", SC 2020): optimizer state, gradients and parameters are divided among the workers, stage by
 * stage. The numbers are those of all-reduce; memory and messages are not.
 *
 * With Ψ parameters of 16 bits, N workers and Adam, a worker's parameters, gradients and state take 16Ψ bytes undivided,
 * 4Ψ + 12Ψ/N in stage 1, 2Ψ + 14Ψ/N in stage 2 and 16Ψ/N in stage 3 (figure 1), besides the buckets or units that are being
 * exchanged; a worker sends about 2Ψ elements per step, in stage 3 3Ψ (section 7). Parameters of 32 bits are updated in
 * copies of such too, in stages 1 and 2, as DeepSpeed does. Gradients of tables are exchanged whole, not as rows.
 */
export const zero: Strategy<typeof options> = {
  kind: 'zero',
  description:
    'all-reduce training whose optimizer state, gradients and parameters are divided among the workers',
  options,
  usesServers: false,
  refuses: () => undefined,
  replicas: ({ workers }) => workers,
  gradientsPerUpdate: ({ workers }) => workers,
  label: ({ stage, algorithm, optimizer }) =>
    `ZeRO-${stage}${algorithm === 'auto' ? '' : ` (${algorithm})`}${optimizer === 'adam' ? '' : `, ${optimizer}`}`,
  plan: (input) =>
    replicasPlan(input, input.options.stage === 3 ? shardedTemplate(input) : updatingTemplate(input)),
};

function sharding({ workers, options: { algorithm } }: StrategyInput<typeof options>) {
  return { group: WORKERS, ranks: workers, rank: '{replica}', algorithm };
}

function updatingTemplate(input: StrategyInput<typeof options>): PartitionedGraph {
  const { stage, bucket, overlap, optimizer } = input.options;
  const { builder, gradients } = replicaStep(input);
  builder.onDevice(computeRole(input), () =>
    updateSharded(builder, gradients, {
      ...sharding(input),
      bucketBytes: bucket,
      overlap,
      keepsGradients: stage === 1,
      optimizer: optimizerOf(optimizer, input.learningRate),
    }),
  );
  return replicaTemplate(input, builder.finish());
}

function shardedTemplate(input: StrategyInput<typeof options>): PartitionedGraph {
  const { bucket, optimizer } = input.options;
  const { builder, gradients, last } = shardedStep(replicaStep(input), sharding(input), bucket);
  const update = withMasterCopies(optimizerOf(optimizer, input.learningRate));
  builder.onDevice(computeRole(input), () =>
    updatesAfter([last ?? backwardDone(builder, gradients)], builder, update, gradients),
  );
  return replicaTemplate(input, builder.finish());
}
