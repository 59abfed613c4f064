import * as z from 'zod';
import { UserError } from '../../../base/errors.ts';
import { getOrMake } from '../../../base/get-or-make.ts';
import type { Cluster } from '../../../devices/cluster.ts';
import { algorithmsFor, COLLECTIVES, type CollectiveName } from '../../../devices/collectives/index.ts';
import { communicationTime } from '../../../devices/communication/communication-seconds.ts';
import { type GroupPaths, groupPaths } from '../../../devices/communication/group-paths.ts';
import type { CollectiveGroup } from '../../../graph/plan.ts';
import { exchangeTime } from '../../../sim/exchange-times.ts';
import { count, map } from '../../fields.ts';
import type { ClaimKind } from './kind.ts';
import { claimedCluster, claimedHosts, nominalBytesPerSecond } from './simulated-step.ts';

/**
 * What a Python program waits for each collective besides, where it times one after the other: the framework's issue of one op
 * (Groundy: about 20 us for an element-wise op of PyTorch on a V100).
 */
export const PYTHON_SECONDS = 20e-6;

const fields = map({
  collective: z
    .enum(Object.keys(COLLECTIVES) as [CollectiveName, ...CollectiveName[]])
    .describe('What the devices do together.'),
  workers: count(2, 100_000).describe('Devices that take part; they fill one host after the other.'),
  bytes: z
    .number()
    .gt(0)
    .describe(
      'all-reduce, reduce, broadcast: the vector; reduce-scatter: what each brings; all-gather: what each ends with; all-to-all: what each has for all.',
    ),
  algorithm: z
    .string()
    .default('auto')
    .describe('auto: whichever is the fastest, as communication libraries choose.'),
  library_year: count(2000, 2100)
    .optional()
    .describe(
      'Year of the communication library of GPUs: what is younger is not used. The latest, if absent.',
    ),
  timed_by: z
    .enum(['benchmark', 'python'])
    .default('benchmark')
    .describe(
      'benchmark: many of them, one right after the other (nccl-tests, OSU); python: each by itself from a framework, so that issuing it is waited for too.',
    ),
});
type Fields = z.output<typeof fields>;

/** What algbw is multiplied with for busbw (nccl-tests, doc/PERFORMANCE.md): bytes that cross each device's link, over the size. */
function busFactor(collective: CollectiveName, ranks: number): number {
  if (collective === 'broadcast' || collective === 'reduce') return 1;
  return ((collective === 'all-reduce' ? 2 : 1) * (ranks - 1)) / ranks;
}

interface Group {
  readonly group: CollectiveGroup;
  readonly nominal: number;
  /** Of GPUs. */
  readonly paths: GroupPaths | undefined;
}

const groups = new WeakMap<Cluster, Map<number, Group>>();

function groupOf(cluster: Cluster, workers: number, kind: string): Group {
  const devices = cluster.devices.flatMap(({ model }, index) => (model.kind === kind ? [index] : []));
  if (devices.length < workers)
    throw new UserError(`workers: ${workers}, and the hardware has ${devices.length} devices`);
  const chosen = devices.slice(0, workers);
  return {
    group: { name: 'all', devices: chosen },
    nominal: Math.min(
      ...chosen.map((device, rank) => nominalBytesPerSecond(cluster, device, chosen[(rank + 1) % workers]!)),
    ),
    paths: kind === 'GPU' ? groupPaths(cluster, chosen) : undefined,
  };
}

/** A collective by itself, on links that nothing else uses. */
export const collective: ClaimKind<Fields> = {
  name: 'collective',
  what: 'one collective among so many devices',
  fields: fields as unknown as z.ZodType<Fields>,
  predict: (run, setting) => {
    const { workers, bytes, algorithm, library_year: year, timed_by } = run;
    const cluster = claimedCluster(setting, workers);
    const { computesOn } = claimedHosts(setting.cluster, workers);
    const known = groups.get(cluster) ?? new Map<number, Group>();
    groups.set(cluster, known);
    const { group, nominal, paths } = getOrMake(known, workers, () => groupOf(cluster, workers, computesOn));
    if (algorithm !== 'auto') algorithmsFor(run.collective);
    const task = { collective: run.collective, bytes };
    const seconds =
      algorithm === 'auto' && paths !== undefined && cluster.communication !== undefined
        ? communicationTime({ ...task, ...(year && { year }) }, paths, cluster.communication).seconds
        : exchangeTime({ ...task, algorithm, group }, cluster).seconds;
    const factor = busFactor(run.collective, workers);
    const ideal = (factor * bytes) / nominal;
    return {
      seconds: seconds + (timed_by === 'python' ? PYTHON_SECONDS : 0),
      devices: workers,
      bytes,
      busFactor: factor,
      rooflineSeconds: ideal,
      idealSeconds: ideal,
    };
  },
  sizes: ({ workers, bytes }) => ({ devices: workers, bytes }),
};
