import type { Controls } from './controls.ts';
import type { Economy } from './economy.ts';
import type { LinkHeat } from './link-heat.ts';
import type { PlacedGraph } from './placed-graph.ts';
import type {
  DeviceMemory,
  DeviceUse,
  ErrorBar,
  Explanation,
  MemoryCurve,
  ModelSummary,
  OutOfMemory,
  Timeline,
} from './shared.ts';

/** One model placed by several placers on the same devices. */
export interface PlacementExperiment {
  readonly name: string;
  readonly title: string;
  readonly model: ModelSummary;
  readonly cluster: string;
  readonly batch: number;
  /** Names of the nodes that are placed. */
  readonly nodes: readonly string[];
  /** What placements are compared by: `step-time`, `throughput`, `peak-memory` or `cost`. */
  readonly objective: string;
  /** How often placers that draw have drawn, each with its own luck. */
  readonly seeds: number;
  /** No placement can be faster than the largest of these: they bound, they do not measure. */
  readonly bounds: PlacementBounds;
  /** Why no placement fits into memory, where that is certain; null elsewhere. */
  readonly cannotFit: string | null;
  readonly runs: readonly PlacementRun[];
  /** The best placement that any placer found in any draw. */
  readonly portfolio: PlacementPortfolio;
  /** One step under the fastest placement. */
  readonly timeline: Timeline | null;
  /** The same step, explained. */
  readonly explanation: Explanation | null;
  /** Live memory in the same step, on the fullest devices. */
  readonly memoryOverTime: readonly MemoryCurve[];
  /** How loaded each link was in the same step; null where nothing was sent. */
  readonly linkHeat: LinkHeat | null;
  /** The graph under the fastest placement, collapsed to scopes. */
  readonly placedGraph: PlacedGraph | null;
  /** What may be changed in the page; null where it cannot be simulated there. */
  readonly controls: Controls | null;
}

/** Seconds below which no step can be, each for a reason of its own. */
export interface PlacementBounds {
  /** The longest chain of ops, each on its fastest device. */
  readonly criticalPathSeconds: number;
  /** All work, divided among the devices as well as fractions allow. */
  readonly areaSeconds: number;
  /** The longest colocation group, on its best device. */
  readonly groupSeconds: number;
  /** The longest chain where tensors that cross cost what they must. */
  readonly communicationSeconds: number;
  /** Work that must come late, after the shortest way to it, or early, before the shortest way from it. */
  readonly headTailSeconds: number;
}

export interface PlacementPortfolio {
  readonly label: string;
  /** Which of its draws: 0, 1, … */
  readonly trial: number;
  readonly stepSeconds: number;
  /** By the objective. */
  readonly score: number;
  readonly fits: boolean;
  /** Of each node of the experiment, the index in `devices` of its runs. */
  readonly deviceOf: readonly number[];
}

/** How a placement stands up to a cost model that is wrong. */
export interface PlacementRobustness {
  /** Where each op takes 1 ± 20 % as long, over several draws. */
  readonly leastSeconds: number;
  readonly medianSeconds: number;
  readonly mostSeconds: number;
  /** Share of the draws in which it was the fastest of all. */
  readonly firstShare: number;
  /** Where all links have half their bandwidth. */
  readonly halfBandwidthSeconds: number;
}

/** What one placer found, and how its step goes. Times are simulated seconds, sizes bytes. */
export interface PlacementRun {
  readonly placer: string;
  /** Distinguishes the runs of one experiment, e.g. `greedy`. */
  readonly label: string;
  /** What the placer says of its work, e.g. which single device it chose; '' where nothing. */
  readonly note: string;
  /** Of the draw in the middle, as is all that follows. */
  readonly stepSeconds: number;
  readonly draws: { readonly count: number; readonly leastSeconds: number; readonly mostSeconds: number };
  /** Of the busiest device or link in one step: the time between steps, were they pipelined. */
  readonly bottleneckSeconds: number;
  /** By the objective of the experiment; the least is best. */
  readonly score: number;
  /** Step time of the best single device over this one's. */
  readonly speedUp: number;
  /** How far the step time may be off; null where nothing is known of that. */
  readonly errorBar: ErrorBar | null;
  readonly evaluations: number;
  /** How many of them did not fit into memory. */
  readonly failures: number;
  readonly robustness: PlacementRobustness | null;
  /** Bytes that cross devices in one step. */
  readonly transferBytes: number;
  /** Nodes of the graph per device, in the order of `devices`. */
  readonly nodesPerDevice: readonly number[];
  readonly devices: readonly DeviceUse[];
  /** Of each node of the experiment, the index in `devices`: the whole placement. */
  readonly deviceOf: readonly number[];
  /** Best step time over evaluations, where the placer searched. */
  readonly history: { readonly evaluations: readonly number[]; readonly seconds: readonly number[] } | null;
  /** The fullest device of each job and model. */
  readonly memory: readonly DeviceMemory[];
  /** Where memory did not suffice: the step time is then that of a cluster that had enough. */
  readonly outOfMemory: OutOfMemory | null;
  /** What it costs and what power it draws; null where the catalog knows neither. */
  readonly economy: Economy | null;
}
