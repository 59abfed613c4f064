import { meshRefusal } from './mesh.ts';
import { dataLabel, dataOptions, type MeshOptions, tensorOptions } from './mesh-options.ts';
import { meshPlan } from './mesh-plan.ts';
import { requiredCount } from './options.ts';
import type { Strategy, StrategySetting } from './strategy.ts';

const options = {
  ranks: requiredCount(1, 1024, 'Workers among which the products of each layer are divided.'),
  ...tensorOptions,
  ...dataOptions,
};

/**
 * Tensor parallelism: the products and heads of each layer are divided among `ranks` workers, which exchange what they need of
 * each other within the layer (Shoeybi et al., "Megatron-LM", 2019). As many replicas as there are workers for average
 * their gradients. A mesh without pipelines.
 */
export const tensor: Strategy<typeof options> = {
  kind: 'tensor',
  description: 'products and heads of each layer divided among workers, which exchange within it',
  options,
  usesServers: false,
  refuses: (setting) => meshRefusal(setting, meshOf(setting)),
  replicas: (setting) => meshOf(setting).data,
  gradientsPerUpdate: (setting) => meshOf(setting).data,
  label: ({ ranks, sequence, zero }) =>
    `tensor ${ranks}${sequence ? ', divided by words' : ''}${dataLabel({ zero })}`,
  plan: (input) => meshPlan(input, meshOf(input)),
};

function meshOf({
  workers,
  options: { ranks, ...others },
}: Pick<StrategySetting<typeof options>, 'workers' | 'options'>): MeshOptions {
  return {
    ...others,
    tensor: ranks,
    data: workers / ranks,
    pipeline: 1,
    expert: 1,
    microBatches: 1,
    schedule: '1f1b',
    chunks: 1,
    recompute: 'none',
  };
}
