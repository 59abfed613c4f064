import * as z from 'zod';
import { getOrMake } from '../../../base/get-or-make.ts';
import type { Cluster } from '../../../devices/cluster.ts';
import type { CollectiveGroup, Plan } from '../../../graph/plan.ts';
import { allReduceWorkers } from '../../../sim/strategies/all-reduce.ts';
import { planBy } from '../../../sim/strategies/input.ts';
import type { Setting } from './kind.ts';
import { planCache } from './plan-cache.ts';
import { dtypeOf, modelOf, type ReplicaFields, replicaKey } from './replica.ts';
import { claimedHosts, overlapsGradients } from './simulated-step.ts';

export const optimizerField = z
  .enum(['sgd', 'momentum', 'adam'])
  .default('sgd')
  .describe('What updates the parameters; those of narrower types have float32 copies unless it is sgd.');

/** Replicas that average their gradients. */
export interface TrainingRun extends ReplicaFields {
  readonly workers: number;
  readonly optimizer: z.output<typeof optimizerField>;
  /** Algorithm of the all-reduce; `auto` unless given. */
  readonly exchange?: string;
  /** 25 MiB unless given. */
  readonly bucket_bytes?: number;
  /** As the stack does, unless given. */
  readonly overlap?: boolean | undefined;
}

/** As PyTorch's DistributedDataParallel has it. */
export const BUCKET_BYTES = 25 * 2 ** 20;

const plans = planCache();
const groups = new WeakMap<Cluster, Map<number, CollectiveGroup>>();

/** The plan of the strategy `all-reduce` for all workers, of which the first stands for all. */
export function trainingPlan(run: TrainingRun, setting: Setting, cluster: Cluster): Plan {
  const { workers, batch, optimizer, exchange = 'auto', bucket_bytes = BUCKET_BYTES, stack } = run;
  const { computesOn } = claimedHosts(setting.cluster, workers);
  const options = {
    optimizer,
    algorithm: exchange,
    bucket: Math.max(1, bucket_bytes),
    overlap: run.overlap ?? overlapsGradients(stack, setting),
  };
  const key = [replicaKey(run), workers, computesOn, deviceNumbers(cluster), options];
  const plan = plans(JSON.stringify(key), () =>
    planBy(allReduceWorkers, {
      model: modelOf(run),
      batch,
      dtype: dtypeOf(run),
      cluster,
      workers,
      computesOn,
      options,
      prefetched: true,
      alike: true,
      updates: 2,
    }),
  );
  // Exchanges are timed once per group: all plans of a cluster share theirs.
  const known = groups.get(cluster) ?? new Map<number, CollectiveGroup>();
  groups.set(cluster, known);
  return { ...plan, groups: [getOrMake(known, workers, () => plan.groups![0]!)] };
}

/** Equal for clusters whose devices have the same names in the same order. */
function deviceNumbers({ devices }: Cluster): string {
  return `${devices.length} ${devices[0]?.name} ${devices[1]?.name} ${devices.at(-1)?.name}`;
}
