import { sitesOf } from '../devices/cluster-builder.ts';
import { fabricOf } from '../devices/topologies/index.ts';
import { type Ends, unknownEnd } from './cluster-topology.ts';
import { describeCluster, hostsOf, serversOf } from './experiment-cluster.ts';
import type { Scenario } from './schema.ts';
import { extraWorkersOf } from './settings.ts';

interface Misfit {
  readonly path: (string | number)[];
  readonly message: string;
}

/** Where the topology has no place for the hosts of an experiment, or names ones that are not there. */
export function* topologyMisfits({ cluster, experiments }: Scenario): Generator<Misfit> {
  const { topology, workers } = cluster;
  if (topology === undefined) return;
  const path = ['cluster', 'topology'];
  const runs = experiments.flatMap((experiment) =>
    experiment.kind === 'training'
      ? experiment.workers
          .map((count) => count + most(experiment.strategies.map(extraWorkersOf)))
          .map((count) => ({
            name: experiment.name,
            workers: count,
            hosts: hostsOf(cluster, count),
            servers: most(serversOf(cluster, experiment)),
          }))
      : [{ name: experiment.name, workers: workers.count, hosts: workers.count, servers: 0 }],
  );
  if (topology.kind === 'custom') {
    const ends: Ends = {
      workers: Math.max(...runs.map(({ hosts }) => hosts)),
      servers: most(runs.map(({ servers }) => servers)),
      accelerator: workers.accelerator,
      accelerators: workers.accelerators,
    };
    for (const [i, { between }] of topology.links.entries()) {
      for (const [j, end] of between.entries()) {
        const message = unknownEnd(end, topology.switches, ends);
        if (message !== undefined) yield { path: [...path, 'links', i, 'between', j], message };
      }
    }
    return;
  }
  for (const { name, workers: count, hosts, servers } of runs) {
    const description = describeCluster(cluster, hosts, servers);
    const described = description.topology!;
    const message = fabricOf(described).problem(described, sitesOf(description));
    if (message === undefined) continue;
    yield { path, message: `${name} with ${count} worker${count === 1 ? '' : 's'}: ${message}` };
    return;
  }
}

const most = (counts: readonly number[]): number => Math.max(0, ...counts);
