import { stream } from '../base/random.ts';
import { quantile } from '../base/statistics.ts';
import type { Cluster } from '../devices/cluster.ts';
import type { Graph } from '../graph/graph.ts';
import type { Placement } from '../placement/placer.ts';
import { placementTimer } from './placement-evaluator.ts';
import type { PlacementRobustness } from './results.ts';
import type { Runtime } from './runtime.ts';

/** Op times are off by so much at most, each by its own factor, … */
export const OP_TIME_SPREAD = 0.2;
/** … drawn so often. */
export const ROBUSTNESS_DRAWS = 25;
const BANDWIDTH_SHARE = 0.5;

/**
 * How placements stand up to a cost model that is wrong: step times where each op takes 1 ± 20 % as long (uniform, the same
 * draws for all placements), and where all links have half their bandwidth. Null for each where the runtime merges ops,
 * since ops have no times of their own there.
 */
export function robustness(
  graph: Graph,
  cluster: Cluster,
  runtime: Runtime,
  placements: readonly Placement[],
  seed: number,
): readonly (PlacementRobustness | null)[] {
  const timer = placementTimer(graph, cluster, runtime);
  const slower = placementTimer(graph, withBandwidth(cluster, BANDWIDTH_SHARE), runtime);
  if (timer === undefined || slower === undefined) return placements.map(() => null);
  const draws = Array.from({ length: ROBUSTNESS_DRAWS }, (_, draw) => {
    const random = stream(seed, 'placement robustness', draw);
    const factors = Float64Array.from(
      { length: graph.nodeCount },
      () => 1 + OP_TIME_SPREAD * (2 * random.uniform() - 1),
    );
    return placements.map((placement) => timer.seconds(placement, factors));
  });
  return placements.map((placement, p) => {
    const seconds = draws.map((drawn) => drawn[p]!);
    return {
      leastSeconds: Math.min(...seconds),
      medianSeconds: quantile(seconds, 0.5),
      mostSeconds: Math.max(...seconds),
      firstShare: draws.filter((drawn) => drawn[p] === Math.min(...drawn)).length / draws.length,
      halfBandwidthSeconds: slower.seconds(placement),
    };
  });
}

function withBandwidth(cluster: Cluster, share: number): Cluster {
  return {
    ...cluster,
    links: cluster.links.map(({ name, model }) => ({
      name,
      model: {
        ...model,
        bytesPerSecond: { ...model.bytesPerSecond, value: share * model.bytesPerSecond.value },
      },
    })),
  };
}
