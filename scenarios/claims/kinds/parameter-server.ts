import * as z from 'zod';
import { UserError } from '../../../base/errors.ts';
import type { Cluster } from '../../../devices/cluster.ts';
import type { Plan } from '../../../graph/plan.ts';
import { EMPIRICAL_DURATIONS, findDurations } from '../../../sim/disturbances/empirical.ts';
import { disturbancesOf } from '../../../sim/disturbances/index.ts';
import { STRATEGIES } from '../../../sim/strategies/index.ts';
import { planBy } from '../../../sim/strategies/input.ts';
import { count, name } from '../../fields.ts';
import { colocatedServers, PLACEMENTS } from './colocated-servers.ts';
import type { ClaimKind, Setting } from './kind.ts';
import { planCache } from './plan-cache.ts';
import { dtypeOf, modelOf, parametersOf, replicaFields, replicaKey } from './replica.ts';
import {
  claimedCluster,
  claimedHosts,
  nominalBytesPerSecond,
  stepOf,
  stepSeconds,
} from './simulated-step.ts';

const fields = replicaFields({
  workers: count(1, 10_000).describe('Devices, each a replica; backups come on top.'),
  servers: count(1, 1000).default(1).describe('Parameter servers.'),
  placement: z
    .enum(PLACEMENTS)
    .default('hosts')
    .describe(
      'Where servers are: hosts of their own; the CPUs of the first worker hosts, one each (in-host); or the first accelerators, one each (in-device).',
    ),
  updates: z
    .enum(['sync', 'async'])
    .default('sync')
    .describe('An update takes the gradients of all workers, or each by itself.'),
  backups: count(0, 10_000).default(0).describe('Further workers, so many of which are not waited for.'),
  summed_in_hosts: z
    .boolean()
    .default(false)
    .describe(
      'Whether the gradients of the accelerators of a host are summed there, so that each host is one worker to the servers.',
    ),
  stragglers: name('table of durations', EMPIRICAL_DURATIONS)
    .optional()
    .describe('Measured durations that compute times of workers are drawn from. All alike, if absent.'),
});
type Fields = z.output<typeof fields>;

/** Steps of each worker that are timed where luck spreads them, of at most so many together; the first does not count. */
const STEPS_BY_LUCK = 20;
const WORKER_STEPS = 2000;
const stepsByLuck = (workers: number): number =>
  Math.max(5, Math.min(STEPS_BY_LUCK, Math.round(WORKER_STEPS / workers)));
/** Messages of more workers than these wait for each other instead of sharing links, which takes a tenth of the time to simulate. */
const MOST_SHARING = 100;
/** The first settles, and one more is timed. */
const STEPS = 3;

const plans = planCache();

function planOf(run: Fields, setting: Setting, cluster: Cluster, steps: number): Plan {
  const { workers, servers, updates, backups, batch, placement } = run;
  const { computesOn } = claimedHosts(setting.cluster, workers);
  const of = [workers, servers, updates, backups, placement, steps, computesOn, cluster.devices.length];
  return plans(JSON.stringify([replicaKey(run), of]), () =>
    planBy(updates === 'async' ? STRATEGIES.async : backups > 0 ? STRATEGIES.backup : STRATEGIES.sync, {
      model: modelOf(run),
      batch,
      dtype: dtypeOf(run),
      cluster,
      workers: workers + backups,
      parameterServers: servers,
      computesOn,
      options: backups > 0 ? { backups } : {},
      prefetched: true,
      updates: updates === 'async' ? steps * workers : steps,
    }),
  );
}

interface ServedStep {
  readonly seconds: number;
  readonly plan: Plan;
  readonly cluster: Cluster;
}

/** `together`: devices that wait for each other, where that is not all workers. */
function servedStep(run: Fields, setting: Setting, together = run.workers): ServedStep {
  const { workers, servers, backups, placement, updates, stragglers } = run;
  const own = placement === 'hosts';
  if (own && setting.cluster !== undefined && setting.cluster.parameter_servers === undefined)
    throw new UserError(
      'the hardware has no hosts for parameter servers; give it parameter_servers, or let placement be in-host',
    );
  const hosts = claimedCluster(setting, workers + backups, own ? servers : 0);
  const cluster = own ? hosts : colocatedServers(hosts, placement, servers);
  const plan = planOf(run, setting, cluster, stragglers === undefined ? STEPS : stepsByLuck(workers));
  const disturbances =
    stragglers === undefined
      ? undefined
      : disturbancesOf({ empirical: findDurations(stragglers) }, cluster, 1);
  const waits = updates === 'sync' && stragglers === undefined && backups === 0;
  const step = {
    plan,
    cluster,
    run,
    together: waits ? together : 1,
    updatesPerStep: updates === 'async' ? workers : 1,
    network: workers > MOST_SHARING ? ('store-and-forward' as const) : ('fluid' as const),
    ...(disturbances !== undefined && { disturbances }),
  };
  return { seconds: stepSeconds(step, setting), plan, cluster };
}

/**
 * Hosts as workers, with one accelerator each, and what several in a host take longer than one: what they copy to the
 * host's memory and what is added there. As if the one began when the other is done, though they overlap in part.
 */
function summedStep(run: Fields, setting: Setting): ServedStep {
  const { cluster: choice } = setting;
  const { hosts } = claimedHosts(choice, run.workers);
  if (run.backups > 0 || run.updates === 'async')
    throw new UserError(
      'hosts that sum their gradients wait for each other; leave out backups, and let updates be sync',
    );
  const one = {
    ...choice!,
    workers: { ...choice!.workers, accelerators: Math.min(1, choice!.workers.accelerators) },
  };
  const among = servedStep({ ...run, workers: hosts }, { ...setting, cluster: one }, run.workers);
  const inside = (workers: number): number =>
    servedStep({ ...run, workers, servers: 1, placement: 'in-host' }, setting, 1).seconds;
  const perHost = Math.min(run.workers, choice!.workers.accelerators);
  return perHost > 1 ? { ...among, seconds: among.seconds + inside(perHost) - inside(1) } : among;
}

/** Training by parameter servers, as `stepcast run` simulates the strategies `sync`, `backup` and `async`. */
export const parameterServer: ClaimKind<Fields> = {
  name: 'parameter-server',
  what: 'a training step of workers whose parameters live on servers',
  fields: fields as unknown as z.ZodType<Fields>,
  onOneDevice: { workers: 1, servers: 1, backups: 0 },
  predict: (run, setting) => {
    if (run.updates === 'async' && run.backups > 0)
      throw new UserError(
        'backups are of workers that wait for each other; leave them out, or let updates be sync',
      );
    const { seconds, plan, cluster } = (run.summed_in_hosts ? summedStep : servedStep)(run, setting);
    const exchangeSeconds = nominalSeconds(run, plan, cluster);
    return stepOf(run, { seconds, workers: run.workers, plan, cluster, exchangeSeconds });
  },
  sizes: (run) => ({
    devices: run.workers,
    servers: run.servers,
    batch: run.batch,
    parameters: parametersOf(run),
  }),
};

/** All parameters out and all gradients in, over the adapters of one worker or of the servers, whichever takes longer. */
function nominalSeconds(run: Fields, { loops }: Plan, cluster: Cluster): number {
  const { template, device } = loops.at(-1)!;
  const server = cluster.indexOf('/job:ps/task:0/device:CPU:0');
  const bytes = template.transferBytes.reduce((sum, one) => sum + one, 0);
  const role = template.devices.findIndex((name) => name.startsWith('/job:worker/') && !name.includes('CPU'));
  const worker = device[role < 0 ? 0 : role]!;
  return (bytes * Math.max(1, run.workers / run.servers)) / nominalBytesPerSecond(cluster, worker, server);
}
