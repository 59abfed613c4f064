import { meshRefusal } from './mesh.ts';
import { dataLabel, dataOptions, type MeshOptions, pipelineOptions } from './mesh-options.ts';
import { meshPlan } from './mesh-plan.ts';
import { requiredCount } from './options.ts';
import type { Strategy, StrategySetting } from './strategy.ts';

const options = {
  stages: requiredCount(1, 1024, 'Workers among which the layers are divided, one behind the other.'),
  ...pipelineOptions,
  ...dataOptions,
};

/**
 * Pipelines: the layers of each replica are divided among `stages` workers, through which the micro-batches of its batch go
 * one behind the other (Huang et al., "GPipe", NeurIPS 2019; Narayanan et al., SC 2021). As many replicas as there are
 * workers for average their gradients. A mesh without tensor ranks.
 */
export const pipeline: Strategy<typeof options> = {
  kind: 'pipeline',
  description: 'layers divided among workers, through which micro-batches follow one another',
  options,
  usesServers: false,
  refuses: (setting) => meshRefusal(setting, meshOf(setting)),
  replicas: (setting) => meshOf(setting).data,
  gradientsPerUpdate: (setting) => meshOf(setting).data,
  label: ({ stages, schedule, chunks, recompute, zero }) => {
    const order = schedule === 'interleaved' ? `interleaved ${chunks}` : schedule;
    return `pipeline of ${stages}, ${order}${recompute === 'none' ? '' : `, recompute ${recompute}`}${dataLabel({ zero })}`;
  },
  plan: (input) => meshPlan(input, meshOf(input)),
};

function meshOf({
  workers,
  options: { stages, micro_batches, ...others },
}: Pick<StrategySetting<typeof options>, 'workers' | 'options'>): MeshOptions {
  return {
    ...others,
    microBatches: micro_batches,
    pipeline: stages,
    data: workers / stages,
    tensor: 1,
    expert: 1,
    sequence: false,
  };
}
