import type { Cluster } from '../../devices/cluster.ts';
import { customCluster } from '../../devices/cluster-builder.ts';
import { type FoldedPath, type FoldedRound, foldRounds } from '../../devices/collectives/fold.ts';
import type { CollectivePlan } from '../../devices/collectives/rounds.ts';
import type { LinkModel, Quantity } from '../../devices/device.ts';
import { type ActivityGraph, ActivityGraphBuilder } from '../activity-graph.ts';
import { makespan } from '../makespan.ts';
import { singleRun } from '../simulate-activities.ts';
import { type ReceiveSetting, receiveCosts } from './receive-costs.ts';

/** Where the ranks of a collective are, and into how many parts it is cut. */
export interface FoldedSetting extends Omit<ReceiveSetting, 'clock'> {
  /** Per rank: its device. */
  readonly devices: ArrayLike<number>;
  /** Parts that go through the algorithm one after another: 1 unless given. */
  readonly splits?: number;
}

/** One rank that stands for all, its messages on a cluster of its own. */
export interface FoldedCollective {
  readonly kind: 'folded';
  readonly activities: ActivityGraph;
  readonly cluster: Cluster;
}

/**
 * The collective with identical messages simulated as one: exact where all ranks start together on an idle, undisturbed
 * fluid network and the cluster is as symmetric as the plan, which is checked; the reason where not.
 *
 *     const folded = foldCollective(plan, cluster, { devices });
 *     if (folded.kind === 'folded') simulateActivities(folded.activities, folded.cluster).seconds;
 */
export function foldCollective(
  plan: CollectivePlan,
  cluster: Cluster,
  setting: FoldedSetting,
): FoldedCollective | { readonly kind: 'asymmetric'; readonly reason: string } {
  if (plan.kind === 'messages')
    return { kind: 'asymmetric', reason: 'ranks do different things in this algorithm' };
  const folding = foldRounds(plan, cluster, setting.devices);
  if (folding.kind === 'asymmetric') return folding;
  const paths = [...new Set(folding.rounds.map(({ path }) => path))];
  return {
    kind: 'folded',
    activities: oneRank(folding.rounds, paths, setting),
    cluster: onePath(paths, cluster, setting.devices[0]!),
  };
}

/** Seconds of the collective by folding it; undefined where the cluster or the plan is not symmetric. */
export function foldedSeconds(
  plan: CollectivePlan,
  cluster: Cluster,
  setting: FoldedSetting,
): number | undefined {
  const folded = foldCollective(plan, cluster, setting);
  if (folded.kind !== 'folded') return undefined;
  return makespan(singleRun(folded.activities, folded.cluster), folded.cluster);
}

/** Device 0 is the rank; path k leads to device k + 1. */
function oneRank(
  rounds: readonly FoldedRound[],
  paths: readonly FoldedPath[],
  { splits = 1, ...setting }: FoldedSetting,
): ActivityGraph {
  const costs = receiveCosts(setting);
  const write = new ActivityGraphBuilder();
  const stream = costs.free ? -1 : write.stream(0);
  let latest = -1;
  const next = (activity: number): void => {
    if (latest >= 0) write.after(latest, activity);
    latest = activity;
  };
  for (let part = 0; part < splits; part++) {
    if (costs.begin > 0) next(write.compute(stream, costs.begin));
    for (const { times, messages, bytes, reduces, path } of rounds) {
      const peer = 1 + paths.indexOf(path);
      const size = bytes / splits;
      for (let round = 0; round < times; round++) {
        next(write.transfer(0, peer, size + path.overheadBytes));
        const seconds = costs.free ? 0 : costs.message(size, reduces);
        for (let message = 0; seconds > 0 && message < messages; message++) {
          next(write.compute(stream, seconds));
        }
      }
    }
  }
  return write.finish();
}

function onePath(paths: readonly FoldedPath[], { devices }: Cluster, device: number): Cluster {
  const { model } = devices[device]!;
  return customCluster({
    devices: ['one rank', ...paths.map((_, path) => `its peer ${path}`)].map((name) => ({ name, model })),
    links: paths.map((path, index) => ({
      from: 'one rank',
      to: `its peer ${index}`,
      model: linkOf(path),
      oneWay: true,
    })),
  });
}

function linkOf({ latencySeconds, bytesPerSecond }: FoldedPath): LinkModel {
  const quantity = (value: number): Quantity => ({
    value,
    evidence: 'assumed',
    source: "what every rank's messages get",
  });
  return {
    id: 'folded',
    name: 'folded',
    bytesPerSecond: quantity(bytesPerSecond),
    rawBytesPerSecond: quantity(bytesPerSecond),
    latencySeconds: quantity(latencySeconds),
  };
}
