import { findDevice, findLink } from '../devices/catalog/index.ts';
import { linkModel } from '../devices/catalog/read.ts';
import type { Cluster } from '../devices/cluster.ts';
import {
  type AcceleratorsDescription,
  buildCluster,
  type JobDescription,
} from '../devices/cluster-builder.ts';
import type { LinkModel } from '../devices/device.ts';
import type { Scenario } from './schema.ts';

type ClusterChoice = Scenario['cluster'];

/** The device of each worker that computes, e.g. `GPU:0`. */
export function workerDevice({ workers }: ClusterChoice): string {
  return workers.accelerator === undefined ? 'CPU:0' : `${findDevice(workers.accelerator).kind}:0`;
}

export function networkLink({ network }: ClusterChoice): LinkModel {
  return 'link' in network ? findLink(network.link) : linkModel(network);
}

/**
 * `workers` worker hosts, all on one switch. For training: with the scenario's parameter servers, and one accelerator
 * per worker, since that is what one worker computes on.
 */
export function experimentCluster(choice: ClusterChoice, workers: number, forTraining: boolean): Cluster {
  const nic = networkLink(choice);
  const jobs: JobDescription[] = [
    {
      name: 'worker',
      tasks: workers,
      cpu: findDevice(choice.workers.cpu),
      accelerators: acceleratorsOf(choice, forTraining ? 1 : choice.workers.accelerators),
      nic,
    },
  ];
  const servers = choice.parameter_servers;
  if (forTraining && servers !== undefined && servers.count > 0) {
    jobs.push({ name: 'ps', tasks: servers.count, cpu: findDevice(servers.cpu), nic });
  }
  return buildCluster({ jobs });
}

function acceleratorsOf({ workers }: ClusterChoice, count: number): AcceleratorsDescription | undefined {
  if (workers.accelerator === undefined) return undefined;
  return {
    model: findDevice(workers.accelerator),
    count,
    bus: findLink(workers.bus),
    peers:
      workers.peer_link === undefined ? undefined : { link: findLink(workers.peer_link), through: 'mesh' },
  };
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
  if (servers || many) parts.push(networkLink(choice).name);
  return parts.join(', ');
}
