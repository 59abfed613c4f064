import type { Cluster } from '../devices/cluster.ts';
import type { PathStretch } from './critical-path.ts';
import type { Program } from './program.ts';
import type { Simulation } from './simulation.ts';
import { Row } from './trace.ts';
import type { ResourceClass } from './what-if.ts';

/**
 * Seconds of a critical path that a resource class takes part in. Made faster by the factor 1 + f, it shortens the path by at
 * most f / (1 + f) of them. Of an exchange every link that is in use counts in full.
 */
export function pathSeconds(
  path: readonly PathStretch[],
  { loops }: Program,
  cluster: Cluster,
  { trace, linkBytes }: Simulation,
): (resource: Pick<ResourceClass, 'kind' | 'model'>) => number {
  const seconds = new Map<string, number>();
  const add = (kind: ResourceClass['kind'], model: string, more: number): void => {
    seconds.set(`${kind} ${model}`, (seconds.get(`${kind} ${model}`) ?? 0) + more);
  };
  const linkModels = (links: Iterable<number>): Map<string, number> => {
    const latencies = new Map<string, number>();
    for (const link of links) {
      const { id, latencySeconds } = cluster.links[link]!.model;
      latencies.set(id, (latencies.get(id) ?? 0) + latencySeconds.value);
    }
    return latencies;
  };
  const inUse = linkModels(Array.from(linkBytes.keys()).filter((link) => linkBytes[link]! > 0));
  for (const { part, row, start, end } of path) {
    const length = end - start;
    if (part === 'dispatch') add('dispatch', '', length);
    if (row < 0 || part === 'dispatch' || part === 'other') continue;
    if (part === 'compute' || part === 'slowdown') {
      const device = trace.place[row]!;
      if (device >= 0) add('compute', cluster.devices[device]!.model.id, length);
      continue;
    }
    const isExchange = trace.kind[row] === Row.exchange;
    const { activities, route } = loops[trace.loop[row]!]!;
    const models = isExchange ? inUse : linkModels(route[activities.subject[trace.node[row]!]!]!);
    for (const [model, latency] of models) {
      add('bandwidth', model, length);
      add('latency', model, isExchange ? length : Math.min(length, latency));
    }
  }
  return ({ kind, model }) => seconds.get(`${kind} ${model}`) ?? 0;
}
