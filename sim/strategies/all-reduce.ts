import { algorithmsFor } from '../../devices/collectives/index.ts';
import { withMasterCopies } from '../../graph/optimizers/master-copy.ts';
import { BUCKET_BYTES } from './buckets.ts';
import { backwardDone, exchangeGradients } from './exchange-gradients.ts';
import { bytesOption, choiceOption, flagOption } from './options.ts';
import { computeRole } from './parameter-servers.ts';
import { replicaStep, replicasPlan, replicaTemplate, WORKERS } from './replicas.ts';
import type { Strategy } from './strategy.ts';
import { optimizerOf, optimizerOption, updatesAfter } from './worker-optimizers.ts';

const options = {
  algorithm: choiceOption(
    ['auto', ...Object.keys(algorithmsFor('all-reduce'))],
    'How gradients are summed; auto: the fastest on the cluster, bucket by bucket.',
  ),
  bucket: bytesOption(BUCKET_BYTES, 'Gradients are exchanged as one from so many bytes; the first 1 MiB.'),
  overlap: flagOption(true, 'Whether exchanges start while backward goes on.'),
  optimizer: optimizerOption('sgd'),
};

/**
 * Synchronous data parallelism without servers: every worker has a copy of the variables, and the workers' gradients are
 * averaged by all-reduces, which run while backward goes on (see exchangeGradients; Sergeev & Del Balso, "Horovod",
 * 2018; Li et al., "PyTorch Distributed", VLDB 2020). Equal gradients keep the copies equal.
 *
 * Plain gradient descent takes the gradient of a table's rows as the rows of all workers; the other optimizers need that
 * of the whole table, and keep float32 copies of parameters that are narrower (see withMasterCopies).
 */
export const allReduceWorkers: Strategy<typeof options> = {
  kind: 'all-reduce',
  description: 'workers have copies of the variables and average their gradients by all-reduces',
  options,
  usesServers: false,
  refuses: () => undefined,
  replicas: ({ workers }) => workers,
  gradientsPerUpdate: ({ workers }) => workers,
  label: ({ algorithm, overlap, optimizer }) =>
    `all-reduce${algorithm === 'auto' ? '' : ` (${algorithm})`}${overlap ? '' : ' after backward'}${optimizer === 'sgd' ? '' : `, ${optimizer}`}`,
  plan: (input) => {
    const { algorithm, bucket, overlap, optimizer } = input.options;
    const { builder, gradients } = replicaStep(input);
    const plain = optimizerOf(optimizer, input.learningRate);
    const update = optimizer === 'sgd' ? plain : withMasterCopies(plain);
    builder.onDevice(computeRole(input), () => {
      const { gradients: means, last } = exchangeGradients(builder, gradients, {
        group: WORKERS,
        ranks: input.workers,
        algorithm,
        bucketBytes: bucket,
        overlap,
        rows: optimizer === 'sgd',
      });
      updatesAfter([last ?? backwardDone(builder, gradients)], builder, update, means);
    });
    return replicasPlan(input, replicaTemplate(input, builder.finish()));
  },
};
