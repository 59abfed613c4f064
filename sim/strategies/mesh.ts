import { divisorsNear } from '../../base/divisors.ts';
import { dataLabel, dataOptions, type MeshOptions, pipelineOptions, tensorOptions } from './mesh-options.ts';
import { meshPlan } from './mesh-plan.ts';
import { type Chosen, countOption } from './options.ts';
import { SHARDING_ALGORITHMS } from './shards.ts';
import type { Strategy, StrategySetting } from './strategy.ts';

const options = {
  tensor: countOption(1, 1, 1024, 'Workers among which the products of each layer are divided.'),
  pipeline: countOption(1, 1, 1024, 'Workers among which the layers are divided, one behind the other.'),
  expert: countOption(1, 1, 1024, 'Replicas among which experts are divided.'),
  ...pipelineOptions,
  ...tensorOptions,
  ...dataOptions,
};

/**
 * A mesh of tensor × data × pipeline ranks: each replica's layers are divided among the devices of a pipeline, the products
 * within a layer among tensor ranks, and as many replicas as there are workers left for average their gradients (Narayanan
 * et al., "Efficient large-scale language model training on GPU clusters using Megatron-LM", SC 2021). Experts are divided
 * among replicas next to each other. Ranks are numbered as Megatron-LM's: see workerAt.
 *
 * Stages are cut where the model says (between its blocks), or else where few values cross, so that the longest is as short
 * as can be. Each tensor rank sends the next stage what it has: all of an activation, or, with `sequence`, its own words.
 */
export const mesh: Strategy<typeof options> = {
  kind: 'mesh',
  description:
    'tensor ranks within layers, pipelines over layers, and replicas of both; experts among replicas',
  options,
  usesServers: false,
  refuses: (setting) => meshRefusal(setting, meshOf(setting)),
  replicas: (setting) => meshOf(setting).data,
  gradientsPerUpdate: (setting) => meshOf(setting).data,
  label: (chosen) => meshLabel(chosen),
  plan: (input) => meshPlan(input, meshOf(input)),
};

type MeshSetting = Pick<StrategySetting<typeof options>, 'workers' | 'options'>;

function meshOf({ workers, options: chosen }: MeshSetting): MeshOptions {
  const { micro_batches, ...others } = chosen;
  return { ...others, microBatches: micro_batches, data: workers / (others.tensor * others.pipeline) };
}

function meshLabel({ tensor, pipeline, expert, schedule, recompute, zero }: Chosen<typeof options>): string {
  const extents = [
    ...(tensor > 1 ? [`tensor ${tensor}`] : []),
    ...(pipeline > 1 ? [`pipeline ${pipeline}${schedule === '1f1b' ? '' : ` (${schedule})`}`] : []),
    ...(expert > 1 ? [`expert ${expert}`] : []),
  ];
  const shape = extents.length === 0 ? 'mesh' : extents.join(' × ');
  return `${shape}${recompute === 'none' ? '' : `, recompute ${recompute}`}${dataLabel({ zero })}`;
}

/** Why a mesh cannot be run so, and what could; undefined where it can. */
export function meshRefusal(
  { workers, batch, model }: Pick<StrategySetting, 'workers' | 'batch' | 'model'>,
  mesh: MeshOptions,
): string | undefined {
  const { tensor, pipeline, data, expert, microBatches, schedule, chunks, sequence } = mesh;
  const ranks = tensor * pipeline;
  if (workers % ranks !== 0) {
    const below = Math.floor(workers / ranks) * ranks;
    const near = [...(below > 0 ? [below] : []), below + ranks].join(' or ');
    const shape = tensor > 1 && pipeline > 1 ? ` (tensor ${tensor} × pipeline ${pipeline})` : '';
    return `${workers} workers cannot be divided into replicas of ${ranks}${shape}; ${near} can`;
  }
  if (data % expert !== 0)
    return `${expert} expert ranks do not divide ${data} replicas; ${divisorsNear(data, expert)} would`;
  if (batch % microBatches !== 0)
    return `${microBatches} micro-batches do not divide a batch of ${batch}; ${divisorsNear(batch, microBatches)} would`;
  if (schedule === 'interleaved') {
    if (chunks < 2) return 'the schedule interleaved needs 2 chunks or more';
    if (microBatches % pipeline !== 0) {
      const near = Math.max(1, Math.floor(microBatches / pipeline)) * pipeline;
      return `the schedule interleaved needs micro-batches that ${pipeline} pipeline devices divide, such as ${near}, not ${microBatches}`;
    }
  } else if (chunks > 1) return `chunks are of the schedule interleaved, not of ${schedule}`;
  if (mesh.zero === 1 && ![...SHARDING_ALGORITHMS, 'auto'].includes(mesh.algorithm))
    return `zero takes algorithms that reduce-scatter and all-gather: auto, ${SHARDING_ALGORITHMS.join(', ')}, not ${mesh.algorithm}`;
  return model.indivisible({ tensor, sequence, expert });
}
