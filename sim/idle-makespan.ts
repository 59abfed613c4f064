import type { Cluster } from '../devices/cluster.ts';
import type { ActivityGraph } from './activity-graph.ts';
import { makespan } from './makespan.ts';
import { singleRun } from './simulate-activities.ts';

/**
 * Seconds of activities that have the cluster to themselves: `makespan` over those links only that they use, since a
 * network costs time per link, used or not.
 */
export function idleMakespan(activities: ActivityGraph, cluster: Cluster): number {
  const used = usedLinks(activities, cluster);
  return makespan(singleRun(activities, used), used);
}

/** The cluster with the links between the activities' devices, in the same order, and no others. */
function usedLinks({ pairs }: ActivityGraph, cluster: Cluster): Cluster {
  const ids = new Set<number>();
  for (const [pair, from] of pairs.from.entries())
    for (const link of cluster.route(from, pairs.to[pair]!)) ids.add(link);
  const kept = [...ids].sort((a, b) => a - b);
  const numberOf = new Map(kept.map((link, number) => [link, number]));
  return {
    devices: cluster.devices,
    links: kept.map((link) => cluster.links[link]!),
    get topology() {
      return cluster.topology;
    },
    route: (from, to) => cluster.route(from, to).map((link) => numberOf.get(link)!),
    indexOf: (name) => cluster.indexOf(name),
  };
}
