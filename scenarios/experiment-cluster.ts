import { findDevice, findLink } from '../devices/catalog/index.ts';
import type { Cluster } from '../devices/cluster.ts';
import {
  type AcceleratorsDescription,
  buildCluster,
  type ClusterDescription,
  type JobDescription,
} from '../devices/cluster-builder.ts';
import type { LinkModel } from '../devices/device.ts';
import type { PeersDescription } from '../devices/inside/peers.ts';
import { describeRouting, describeTopology, hasEnd } from './cluster-topology.ts';
import { linkOf } from './link-schema.ts';
import type { Scenario } from './schema.ts';

type ClusterChoice = Scenario['cluster'];

/** The device of each worker that computes, e.g. `GPU:0`. */
export function workerDevice({ workers }: ClusterChoice): string {
  return workers.accelerator === undefined ? 'CPU:0' : `${findDevice(workers.accelerator).kind}:0`;
}

export function networkLink({ network }: ClusterChoice): LinkModel {
  return linkOf(network);
}

/** The cluster of one run, built. */
export function experimentCluster(choice: ClusterChoice, workers: number, forTraining: boolean): Cluster {
  return buildCluster(describeCluster(choice, workers, forTraining));
}

/**
 * `workers` worker hosts, joined as the topology says or by one switch. For training: with the scenario's parameter
 * servers, and one accelerator per worker, since that is what one worker computes on.
 */
export function describeCluster(
  choice: ClusterChoice,
  workers: number,
  forTraining: boolean,
): ClusterDescription {
  const nic = networkLink(choice);
  const { topology, parameter_servers } = choice;
  const { accelerator } = choice.workers;
  const accelerators = forTraining ? Math.min(1, choice.workers.accelerators) : choice.workers.accelerators;
  const servers = forTraining ? (parameter_servers?.count ?? 0) : 0;
  const jobs: JobDescription[] = [
    {
      name: 'worker',
      tasks: workers,
      cpu: findDevice(choice.workers.cpu),
      accelerators: acceleratorsOf(choice, accelerators),
      nic,
    },
  ];
  if (servers > 0) jobs.push({ name: 'ps', tasks: servers, cpu: findDevice(parameter_servers!.cpu), nic });
  if (topology === undefined) return { jobs };
  const ends = { workers, servers, accelerator, accelerators };
  return {
    jobs,
    topology: describeTopology(topology, (end) => hasEnd(end, ends) ?? true),
    routing: describeRouting(topology),
  };
}

function acceleratorsOf({ workers }: ClusterChoice, count: number): AcceleratorsDescription | undefined {
  const { accelerator, bus, peer_link, peers = 'mesh', pcie } = workers;
  if (accelerator === undefined) return undefined;
  return {
    model: findDevice(accelerator),
    count,
    bus: findLink(bus),
    // One alone has nobody to be joined to.
    ...(peer_link !== undefined && count > 1 && { peers: describePeers(peers, peer_link) }),
    ...(pcie !== undefined && {
      tree: {
        acceleratorsPerSwitch: pcie.accelerators_per_switch,
        ...(pcie.switches_per_socket !== undefined && { switchesPerSocket: pcie.switches_per_socket }),
        ...(pcie.socket_link !== undefined && { socketLink: findLink(pcie.socket_link) }),
      },
    }),
  };
}

function describePeers(through: PeersDescription['through'], id: string): PeersDescription {
  const link = findLink(id);
  // 4 links on each P100 of the first DGX-1, 6 on each V100 since.
  return through === 'hybrid-cube-mesh'
    ? { through, link, linksEach: id === 'nvlink1' ? 4 : 6 }
    : { through, link };
}

/** `1, 2, 4 or 8 workers with a Tesla K40 each, 2 parameter servers, 10 Gigabit Ethernet` */
export function clusterInWords(choice: ClusterChoice, workers: readonly number[], servers: boolean): string {
  const { accelerator, cpu } = choice.workers;
  const accelerators = servers ? 1 : choice.workers.accelerators;
  const many = workers.length > 1 || workers[0]! > 1;
  const list = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(workers.map(String));
  const parts = [
    `${list} worker${many ? 's' : ''} with ${
      accelerator === undefined
        ? `only ${findDevice(cpu).name}`
        : `${accelerators === 1 ? 'one' : accelerators} ${findDevice(accelerator).name}${many ? ' each' : ''}`
    }`,
  ];
  if (servers)
    parts.push(
      `${choice.parameter_servers!.count} parameter servers (${findDevice(choice.parameter_servers!.cpu).name})`,
    );
  if (servers || many) {
    const { topology } = choice;
    const shape =
      topology === undefined ? '' : ` (${topology.kind}${topology.routing === 'ecmp' ? ', ECMP' : ''})`;
    parts.push(`${networkLink(choice).name}${shape}`);
  }
  return parts.join(', ');
}
