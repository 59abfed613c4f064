import type { RandomStream } from '../base/random.ts';
import type { Cluster } from '../devices/cluster.ts';
import type { Graph } from '../graph/graph.ts';

/** A device (index in the cluster) per node. */
export type Placement = Int32Array;

/** What a placer gets from outside, so that it imports neither the simulator nor a cost model. */
export interface PlacerContext {
  /** Seconds of a node on a device by the cost model; Infinity where the device has no kernel for it. */
  readonly seconds: (node: number, device: number) => number;
  /** Seconds that `bytes` need from one device to another on an idle network. */
  readonly transferSeconds: (bytes: number, from: number, to: number) => number;
  /** Simulated step time of a placement, in seconds. */
  readonly evaluate: (placement: Placement) => number;
  readonly random: RandomStream;
  /** Called now and then on long work with the share done and the best step time so far. */
  readonly progress?: (share: number, bestSeconds: number) => void;
}

export interface PlacerResult {
  readonly placement: Placement;
  /** How often `evaluate` was called. */
  readonly evaluations: number;
  /** Best step time after each evaluation that improved it: (evaluation number, seconds). */
  readonly history?: readonly (readonly [number, number])[];
  /** One clause for people, e.g. which device `single-device` chose. */
  readonly note?: string;
}

/** A placer: constraints hold in every placement that it returns, or it throws a UserError that names the nodes. */
export interface Placer {
  readonly name: string;
  readonly description: string;
  place(graph: Graph, cluster: Cluster, context: PlacerContext): PlacerResult;
}
