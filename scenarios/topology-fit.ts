import { sitesOf } from '../devices/cluster-builder.ts';
import { fabricOf } from '../devices/topologies/index.ts';
import { type Ends, unknownEnd } from './cluster-topology.ts';
import { describeCluster } from './experiment-cluster.ts';
import type { Scenario } from './schema.ts';

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
      ? experiment.workers.map((count) => ({ name: experiment.name, count, trains: true }))
      : [{ name: experiment.name, count: workers.count, trains: false }],
  );
  if (topology.kind === 'custom') {
    const trains = runs.some((run) => run.trains);
    const ends: Ends = {
      workers: Math.max(...runs.map(({ count }) => count)),
      servers: trains ? (cluster.parameter_servers?.count ?? 0) : 0,
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
  for (const { name, count, trains } of runs) {
    const description = describeCluster(cluster, count, trains);
    const described = description.topology!;
    const message = fabricOf(described).problem(described, sitesOf(description));
    if (message === undefined) continue;
    yield { path, message: `${name} with ${count} worker${count === 1 ? '' : 's'}: ${message}` };
    return;
  }
}
