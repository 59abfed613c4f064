import { getOrMake } from '../base/get-or-make.ts';
import type { Cluster } from '../devices/cluster.ts';
import type { CollectiveGroup } from '../graph/plan.ts';
import { ActivityGraphBuilder } from './activity-graph.ts';
import { idleMakespan } from './idle-makespan.ts';

/** What ranks send to each other. Columns: rank that sends, rank that receives, bytes. */
export interface Flows {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly bytes: Float64Array;
}

/** When the last of the flows of all groups has arrived, if they start together on an idle network. `groups`: device by rank. */
export function flowSeconds(
  { from, to, bytes }: Flows,
  groups: readonly (readonly number[])[],
  cluster: Cluster,
): number {
  const write = new ActivityGraphBuilder();
  for (const devices of groups) {
    for (const [flow, size] of bytes.entries())
      write.transfer(devices[from[flow]!]!, devices[to[flow]!]!, size);
  }
  return idleMakespan(write.finish(), cluster);
}

/** Up to so many flows, every size is timed; of more, two sizes. */
const MOST_TIMED = 512;
/** The second of these sizes, as a multiple of the one that is asked for first. */
const LARGE = 1024;

interface Line {
  readonly latencySeconds: number;
  readonly secondsPerByte: number;
}

const lines = new WeakMap<Cluster, Map<CollectiveGroup, Map<string, Line>>>();

/**
 * The same of one pattern of flows in many sizes: `pattern` names how bytes are divided among them. Where they are many, times are
 * a latency and a rate, as they exactly are where all flows have the same latency.
 */
export function patternSeconds(
  pattern: string,
  flows: Flows,
  { group, others }: { readonly group: CollectiveGroup; readonly others: readonly (readonly number[])[] },
  cluster: Cluster,
): number {
  const groups = [group.devices, ...others];
  if (flows.bytes.length * groups.length <= MOST_TIMED) return flowSeconds(flows, groups, cluster);
  const total = flows.bytes.reduce((sum, size) => sum + size, 0);
  if (total === 0) return flowSeconds(flows, groups, cluster);
  const ofCluster = lines.get(cluster) ?? new Map<CollectiveGroup, Map<string, Line>>();
  lines.set(cluster, ofCluster);
  const ofGroup = getOrMake(ofCluster, group, () => new Map<string, Line>());
  const line = getOrMake(ofGroup, `${pattern} ${others.length}`, () => {
    const timed = (factor: number): number =>
      flowSeconds({ ...flows, bytes: flows.bytes.map((size) => factor * size) }, groups, cluster);
    const [small, large] = [timed(1), timed(LARGE)];
    const secondsPerByte = (large - small) / ((LARGE - 1) * total);
    return { secondsPerByte, latencySeconds: Math.max(0, small - secondsPerByte * total) };
  });
  return line.latencySeconds + line.secondsPerByte * total;
}
