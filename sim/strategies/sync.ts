import { GraphBuilder, type NodeHandle, type Value } from '../../graph/builder.ts';
import { identity } from '../../graph/ops/shape.ts';
import { applySparseGradientDescent } from '../../graph/ops/sparse-update.ts';
import {
  accumulatorApply,
  accumulatorTake,
  applyGradientDescent,
  assignAdd,
  constant,
  tokenDequeue,
  tokenEnqueue,
  variable,
} from '../../graph/ops/state.ts';
import { rowGradients } from '../../graph/optimizers/gradient-descent.ts';
import type { PartitionedGraph } from '../../graph/partition.ts';
import type { Loop, Plan } from '../../graph/plan.ts';
import { requiredCount } from './options.ts';
import {
  cutByHints,
  deviceIndex,
  type Parameter,
  parameterServer,
  workerLoop,
  workerTemplate,
} from './parameter-servers.ts';
import type { Strategy, StrategyInput } from './strategy.ts';

/**
 * Synchronous data parallelism, after TensorFlow's SyncReplicasOptimizer (OSDI'16, section 4.4, figures 4b and 4c).
 * A worker waits for a token, reads the parameters, and hands its gradients to one accumulator per variable. A chief
 * loop on the parameter servers takes the mean of the first `required` gradients of each, applies it, and hands out
 * the next tokens. With fewer required than workers, the rest are backups: late gradients are dropped.
 *
 * In one point it follows Chen et al. ("Revisiting distributed synchronous SGD", 2016) instead: a worker that was late
 * goes on from the newest parameters. SyncReplicasOptimizer has one queue of tokens for all, in which those that a
 * late worker left behind make others repeat an old step, whose gradients are then dropped too.
 */
function synchronousPlan(input: StrategyInput, required: number): Plan {
  let token: Value | undefined;
  const { template, parameters } = workerTemplate(input, {
    // The token travels to the worker, which then asks for the parameters and sends the token along with gradients.
    start: (builder) => {
      const device = parameterServer(0);
      const dequeued = builder.add(tokenDequeue, [], { queue: 'tokens/{replica}' }, { device });
      token = builder.add(identity, [dequeued], {}, { name: 'local_step' });
      return token.node;
    },
    deliver: (builder, { name, gradient }) => {
      builder.node(
        accumulatorApply,
        [...(accumulatedRows(gradient) ?? [gradient]), token!],
        { accumulator: name, required },
        { name: `${name}/accumulate` },
      );
    },
  });
  const workers = Array.from({ length: input.workers }, (_, r) => r);
  return {
    loops: [
      chiefLoop(input, parameters, required),
      ...workers.map((r) => workerLoop(input, template, r, false)),
    ],
    accumulators: parameters.map(({ name }) => ({ name, required })),
    queues: workers.map((r) => ({ name: `tokens/${r}`, first: 0 })),
    updates: input.updates,
  };
}

/** A gradient of rows and the rows' ids, where accumulators keep those (ids are int64). */
function accumulatedRows(gradient: Value): readonly [slopes: Value, ids: Value] | undefined {
  const rows = rowGradients(gradient);
  return rows?.[1].spec.dtype === 'int64' ? rows : undefined;
}

function chiefLoop(input: StrategyInput, parameters: readonly Parameter[], required: number): Loop {
  const template = chiefTemplate(input, parameters, required);
  return {
    name: 'chief',
    replica: -1,
    template,
    device: Int32Array.from(template.devices, (role) => deviceIndex(input, role)),
    ownDevice: new Uint8Array(template.devices.length),
    countsUpdates: true,
  };
}

function chiefTemplate(
  { learningRate, parameterServers, workers }: StrategyInput,
  parameters: readonly Parameter[],
  required: number,
): PartitionedGraph {
  const builder = new GraphBuilder();
  const updates = parameters.map(({ name, attrs, device, gradient }): NodeHandle => {
    const ids = accumulatedRows(gradient)?.[1].spec.shape;
    const { dtype, shape } = attrs;
    return builder.onDevice(device, () => {
      const value = builder.add(variable, [], attrs, { name });
      const { outputs } = builder.node(
        accumulatorTake,
        [],
        { accumulator: name, required, dtype, shape, ...(ids && { ids }) },
        { name: `${name}/take` },
      );
      const update = ids === undefined ? applyGradientDescent : applySparseGradientDescent;
      return builder.node(update, [value, ...outputs], { learningRate }, { name: `${name}/update` });
    });
  });
  builder.onDevice(parameterServer(0), () => {
    const int64 = { dtype: 'int64', shape: [] } as const;
    const step = builder.add(
      variable,
      [],
      { ...int64, trainable: false, initializer: 'zeros' },
      { name: 'global_step' },
    );
    const one = builder.add(constant, [], { ...int64, value: [1] }, { name: 'one' });
    const next = builder.add(assignAdd, [step, one], {}, { name: 'global_step/next', control: updates });
    for (let r = 0; r < workers; r++) {
      builder.node(tokenEnqueue, [next], { queue: `tokens/${r}` }, { name: `tokens/${r}` });
    }
  });
  const devices = Array.from({ length: parameterServers }, (_, task) => parameterServer(task));
  return cutByHints(builder.finish(), devices);
}

export const synchronous: Strategy = {
  kind: 'sync',
  description: 'an update takes the mean gradient of all workers; everybody waits for the slowest',
  options: {},
  usesServers: true,
  hasNumbers: true,
  refuses: () => undefined,
  replicas: ({ workers }) => workers,
  gradientsPerUpdate: ({ workers }) => workers,
  label: () => 'synchronous',
  plan: (input) => synchronousPlan(input, input.workers),
};

const backupOptions = {
  backups: requiredCount(1, 10_000, 'So many of the workers are not waited for.'),
};

export const backupWorkers: Strategy<typeof backupOptions> = {
  kind: 'backup',
  description: 'an update takes the first n − b gradients of n workers; the b late ones are dropped',
  options: backupOptions,
  usesServers: true,
  hasNumbers: true,
  refuses: ({ workers, options: { backups } }) =>
    workers > backups ? undefined : `${backups} of ${workers} workers as backups leaves none to wait for`,
  replicas: ({ workers }) => workers,
  gradientsPerUpdate: ({ workers, options: { backups } }) => workers - backups,
  label: ({ backups }) => `synchronous, ${backups} backup${backups === 1 ? '' : 's'}`,
  plan: (input) => synchronousPlan(input, input.workers - input.options.backups),
};
