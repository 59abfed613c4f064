import type { Cluster } from '../../../devices/cluster.ts';
import type { CollectivePlan } from '../../../devices/collectives/rounds.ts';
import { ActivityGraphBuilder } from '../../../sim/activity-graph.ts';
import { type CollectiveSetting, writeCollective } from '../../../sim/collectives/write-collective.ts';
import { simulateActivities } from '../../../sim/simulate-activities.ts';

/** Seconds of the plan on the first devices of the cluster, rank i on device i, message by message. */
export function simulatedSeconds(
  plan: CollectivePlan,
  cluster: Cluster,
  setting: Omit<CollectiveSetting, 'devices'> = {},
): number {
  const write = new ActivityGraphBuilder();
  const devices = Int32Array.from({ length: plan.ranks }, (_, rank) => rank);
  writeCollective(write, plan, { devices, ...setting });
  return simulateActivities(write.finish(), cluster).seconds;
}
