import * as z from 'zod';
import type { Cluster } from '../../../devices/cluster.ts';
import { algorithmsFor } from '../../../devices/collectives/index.ts';
import { plannedExchanges } from '../../../graph/exchanges.ts';
import type { Plan } from '../../../graph/plan.ts';
import { count } from '../../fields.ts';
import type { ClaimKind, Setting } from './kind.ts';
import { parametersOf, replicaFields } from './replica.ts';
import {
  claimedCluster,
  claimedHosts,
  nominalBytesPerSecond,
  stepOf,
  stepSeconds,
} from './simulated-step.ts';
import { computingPlan, onDevice } from './single-device.ts';
import { BUCKET_BYTES, optimizerField, trainingPlan } from './training-plan.ts';

const fields = replicaFields({
  workers: count(1, 100_000).describe('Devices, each a replica.'),
  optimizer: optimizerField,
  exchange: z
    .enum(['auto', ...Object.keys(algorithmsFor('all-reduce'))])
    .default('auto')
    .describe('Algorithm of the all-reduce of gradients; auto: the fastest on the cluster.'),
  bucket_bytes: count(0, 1_000_000_000)
    .default(BUCKET_BYTES)
    .describe('Gradients are exchanged as one from so many bytes; 0: each by itself.'),
  overlap: z
    .boolean()
    .optional()
    .describe('Whether exchanges start while backward goes on. As the software does, if absent.'),
  accumulation: count(1, 100_000)
    .default(1)
    .describe('Micro-batches whose gradients are added before they are exchanged.'),
});
type Fields = z.output<typeof fields>;

/**
 * Synchronous data parallelism by all-reduces, as `stepcast run` simulates the strategy of that name. Micro-batches that are
 * accumulated, but the last, are forward and backward of one device by itself.
 */
export const dataParallel: ClaimKind<Fields> = {
  name: 'data-parallel',
  what: 'a training step of replicas that average their gradients by all-reduces',
  fields: fields as unknown as z.ZodType<Fields>,
  onOneDevice: { workers: 1 },
  predict: (run, setting) => {
    const { workers, accumulation } = run;
    const cluster = claimedCluster(setting, workers);
    const plan = trainingPlan(run, setting, cluster);
    const last = stepSeconds({ plan, cluster, run, together: workers }, setting);
    const others = accumulation === 1 ? 0 : (accumulation - 1) * microBatchSeconds(run, setting);
    const step = { seconds: last + others, workers, plan, cluster, accumulation };
    return stepOf(run, { ...step, exchangeSeconds: nominalSeconds(plan, cluster) });
  },
  sizes: (run) => ({ devices: run.workers, batch: run.batch, parameters: parametersOf(run) }),
};

function microBatchSeconds(run: Fields, setting: Setting): number {
  const cluster = claimedCluster(setting, 1);
  const { computesOn } = claimedHosts(setting.cluster, 1);
  const device = cluster.indexOf(`/job:worker/task:0/device:${computesOn}:0`);
  const plan = onDevice(computingPlan(run, 'forward+backward', setting), device);
  return stepSeconds({ plan, cluster, run, together: run.workers }, setting);
}

/** A ring's bytes at the nominal rate of the slowest link between the first and the last worker. */
function nominalSeconds(plan: Plan, cluster: Cluster): number {
  const { devices } = plan.groups![0]!;
  if (devices.length === 1) return 0;
  const bytes = plannedExchanges(plan).exchanges.reduce((sum, exchange) => sum + exchange.bytes, 0);
  const share = (2 * (devices.length - 1)) / devices.length;
  return (share * bytes) / nominalBytesPerSecond(cluster, devices[0]!, devices.at(-1)!);
}
