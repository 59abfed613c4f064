import { parseQuantity } from '../base/units.ts';
import { CATALOG, type Catalog } from '../devices/catalog/catalog.ts';
import { findDevice } from '../devices/catalog/index.ts';
import type { Cluster } from '../devices/cluster.ts';
import {
  type AcceleratorsDescription,
  buildCluster,
  type ClusterDescription,
  type JobDescription,
} from '../devices/cluster-builder.ts';
import type { DeviceModel, LinkModel } from '../devices/device.ts';
import type { PeersDescription } from '../devices/inside/peers.ts';
import { withSockets } from '../devices/sockets.ts';
import { describeRouting, describeTopology, hasEnd } from './cluster-topology.ts';
import { linkOf } from './link-schema.ts';
import { withProfile } from './profile-file.ts';
import type { Scenario, TrainingScenario } from './schema.ts';

type ClusterChoice = Scenario['cluster'];

/** The kind of device that workers compute on, e.g. `GPU`. */
export function computingKind({ workers }: ClusterChoice): string {
  return workers.accelerator === undefined ? 'CPU' : findDevice(workers.accelerator).kind;
}

export function networkLink({ network }: ClusterChoice, catalog: Catalog = CATALOG): LinkModel {
  return linkOf(network, catalog);
}

/** Hosts that so many training workers fill: a worker computes on one accelerator, or on a host that has none. */
export function hostsOf({ workers: { accelerators } }: ClusterChoice, workers: number): number {
  return Math.ceil(workers / Math.max(1, accelerators));
}

/** Numbers of parameter servers that a training experiment compares; none where the cluster has none. */
export function serversOf(
  { parameter_servers }: ClusterChoice,
  experiment: Pick<TrainingScenario, 'parameter_servers'>,
): readonly number[] {
  if (parameter_servers === undefined) return [];
  return (experiment.parameter_servers ?? [parameter_servers.count]).filter((count) => count > 0);
}

/** The cluster of one run, built of the catalog's models, or of those of a catalog that some fits are left out of. */
export function experimentCluster(
  choice: ClusterChoice,
  hosts: number,
  servers: number,
  catalog: Catalog = CATALOG,
): Cluster {
  return buildCluster(describeCluster(choice, hosts, servers, catalog));
}

/** Worker hosts and parameter servers, joined as the topology says or by one switch. */
export function describeCluster(
  choice: ClusterChoice,
  hosts: number,
  servers: number,
  catalog: Catalog = CATALOG,
): ClusterDescription {
  const nic = networkLink(choice, catalog);
  const { topology, parameter_servers } = choice;
  const { accelerator, accelerators } = choice.workers;
  const jobs: JobDescription[] = [
    {
      name: 'worker',
      tasks: hosts,
      cpu: withProfile(
        withSockets(catalog.device(choice.workers.cpu), choice.workers.cpus ?? 1),
        accelerator === undefined ? choice.workers.profile : undefined,
      ),
      accelerators: acceleratorsOf(choice, accelerators, catalog),
      nic,
      ...(choice.network.count !== undefined && { nics: choice.network.count }),
    },
  ];
  if (servers > 0)
    jobs.push({ name: 'ps', tasks: servers, cpu: catalog.device(parameter_servers!.cpu), nic });
  const { communication } = catalog;
  if (topology === undefined) return { jobs, communication };
  const ends = { workers: hosts, servers, accelerator, accelerators };
  return {
    jobs,
    communication,
    topology: describeTopology(topology, (end) => hasEnd(end, ends) ?? true, catalog),
    routing: describeRouting(topology),
  };
}

function acceleratorsOf(
  { workers }: ClusterChoice,
  count: number,
  catalog: Catalog,
): AcceleratorsDescription | undefined {
  const { accelerator, bus, peer_link, peers = 'mesh', pcie } = workers;
  if (accelerator === undefined) return undefined;
  const others = workers.more_accelerators?.map((id) => withMemory(catalog.device(id), workers));
  return {
    model: withMemory(withProfile(catalog.device(accelerator), workers.profile), workers),
    count,
    ...(others !== undefined && { others }),
    bus: catalog.link(bus),
    // One alone has nobody to be joined to.
    ...(peer_link !== undefined && count > 1 && { peers: describePeers(peers, catalog.link(peer_link)) }),
    ...(pcie !== undefined && {
      tree: {
        acceleratorsPerSwitch: pcie.accelerators_per_switch,
        ...(pcie.switches_per_socket !== undefined && { switchesPerSocket: pcie.switches_per_socket }),
        ...(pcie.socket_link !== undefined && { socketLink: catalog.link(pcie.socket_link) }),
      },
    }),
  };
}

/** The device, with no more memory than its share of it that may be used. */
function withMemory(model: DeviceModel, { accelerator_memory }: ClusterChoice['workers']): DeviceModel {
  if (accelerator_memory === undefined) return model;
  const value = Math.min(model.memoryBytes.value, parseQuantity(accelerator_memory, 'bytes'));
  return { ...model, memoryBytes: { value, evidence: 'assumed', source: 'the scenario' } };
}

function describePeers(through: PeersDescription['through'], link: LinkModel): PeersDescription {
  // 4 links on each P100 of the first DGX-1, 6 on each V100 since.
  return through === 'hybrid-cube-mesh'
    ? { through, link, linksEach: link.id === 'nvlink1' ? 4 : 6 }
    : { through, link };
}

function acceleratorsInWords(count: number, accelerator: string, others: readonly string[]): string {
  const counts = new Map([[accelerator, count - others.length]]);
  for (const id of others) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts].map(([id, n]) => `${n === 1 ? 'one' : n} ${findDevice(id).name}`).join(' and ');
}

/**
 * `1, 2, 4 or 8 workers with one Tesla K40 each, 2 parameter servers, 10 Gigabit Ethernet`. `servers`: the numbers that
 * there are in runs that have any.
 */
export function clusterInWords(
  choice: ClusterChoice,
  workers: readonly number[],
  servers: readonly number[],
  forTraining: boolean,
): string {
  const { accelerator, cpu, accelerators } = choice.workers;
  // A training worker is one accelerator, whatever host it is in.
  const perWorker = forTraining ? 1 : accelerators;
  const many = workers.length > 1 || workers[0]! > 1;
  const joined = (counts: readonly number[]): string =>
    new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(counts.map(String));
  const parts = [
    `${joined(workers)} worker${many ? 's' : ''} with ${
      accelerator === undefined
        ? `only ${findDevice(cpu).name}`
        : `${acceleratorsInWords(perWorker, accelerator, forTraining ? [] : (choice.workers.more_accelerators ?? []))}${many ? ' each' : ''}`
    }`,
  ];
  if (forTraining && accelerators > 1 && many) parts.push(`${accelerators} in a host`);
  if (servers.length > 0)
    parts.push(
      `${joined(servers)} parameter server${servers.length > 1 || servers[0]! > 1 ? 's' : ''} (${findDevice(choice.parameter_servers!.cpu).name})`,
    );
  if (servers.length > 0 || many) {
    const { topology } = choice;
    const shape =
      topology === undefined ? '' : ` (${topology.kind}${topology.routing === 'ecmp' ? ', ECMP' : ''})`;
    const adapters = (choice.network.count ?? 1) === 1 ? '' : `${choice.network.count} × `;
    parts.push(`${adapters}${networkLink(choice).name}${shape}`);
  }
  return parts.join(', ');
}
