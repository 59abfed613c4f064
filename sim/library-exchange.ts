import { getOrMake } from '../base/get-or-make.ts';
import type { Cluster } from '../devices/cluster.ts';
import { communicationTime } from '../devices/communication/communication-seconds.ts';
import { type GroupPaths, groupPaths } from '../devices/communication/group-paths.ts';
import { libraryFlows } from '../devices/communication/library-flows.ts';
import type { Exchange } from '../graph/exchanges.ts';
import type { CollectiveGroup } from '../graph/plan.ts';
import { type Flows, patternSeconds } from './flow-seconds.ts';

const paths = new WeakMap<Cluster, Map<CollectiveGroup, GroupPaths>>();

/**
 * An exchange that GPUs leave to their communication library: its time by what was measured of such libraries, and flows that load
 * the links with what it sends. Undefined where others exchange, or nothing is known of a library.
 */
export function libraryExchange(
  { collective, algorithm, bytes, group }: Pick<Exchange, 'collective' | 'algorithm' | 'bytes' | 'group'>,
  cluster: Cluster,
): { readonly algorithm: string; readonly seconds: number; readonly flows: Flows } | undefined {
  const { communication, devices } = cluster;
  if (algorithm !== 'auto' || communication === undefined) return undefined;
  if (group.devices.some((device) => devices[device]!.model.kind !== 'GPU')) return undefined;
  const ofCluster = paths.get(cluster) ?? new Map<CollectiveGroup, GroupPaths>();
  paths.set(cluster, ofCluster);
  const ofGroup = getOrMake(ofCluster, group, () => groupPaths(cluster, group.devices));
  const time = communicationTime({ collective, bytes }, ofGroup, communication);
  const flows = libraryFlows(time, ofGroup);
  const alone = patternSeconds(`${collective} ${time.algorithm}`, flows, { group, others: [] }, cluster);
  // Bytes that would take longer than the collective does go other ways too (other rings): fewer of them are on these links.
  const share = Math.min(1, time.seconds / alone);
  return {
    algorithm: time.algorithm,
    seconds: time.seconds,
    flows: share === 1 ? flows : { ...flows, bytes: flows.bytes.map((size) => share * size) },
  };
}
