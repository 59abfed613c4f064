import type { RandomStream } from '../base/random.ts';
import type { Graph } from '../graph/graph.ts';
import type { PlacementProblem } from './problem.ts';

/** A device (index in the cluster) per task. */
export type Placement = Int32Array;

/** Runs a graph of a policy network: numbers in, numbers out. Variables keep their values between runs. */
export interface PolicySession {
  /** Row-major values of the fetched tensors (`node:output`), in their order, after running `targets` too. */
  run(request: {
    readonly feeds: { readonly [placeholder: string]: PolicyTensor };
    readonly fetches: readonly string[];
    readonly targets?: readonly string[];
  }): Float32Array[];
  /** Sets a variable by its name. */
  assign(variable: string, value: PolicyTensor): void;
}

export interface PolicyTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** What a placer gets from outside, so that it imports neither the simulator nor the executor. */
export interface PlacerContext {
  /**
   * What is to be least: simulated step time in seconds, unless another objective was asked for. A placement that does
   * not fit into memory scores `failing` or more, the more the less it fits; one that fits, less.
   */
  readonly evaluate: (placement: Placement) => number;
  /**
   * The same, where each device runs its tasks strictly in the order of their priorities (see OrderedTimer). Present
   * where a schedule is sought, not only a placement.
   */
  readonly evaluateOrdered?: (placement: Placement, priority: Float64Array) => number;
  readonly failing: number;
  /** Below which no score can be. If absent, that is what `lowerBounds` says of the problem: so it is of step times. */
  readonly bound?: () => number;
  /** Calls of `evaluate` that a search may use; each has a default of its own. */
  readonly evaluations?: number;
  /** Whether a search is to end now. Whoever gives it gives up reproducibility. */
  readonly expired?: () => boolean;
  readonly random: RandomStream;
  /** Runs policy networks. */
  readonly session?: (graph: Graph, seed: number) => PolicySession;
  /** Called now and then on long work with the share done and the best score so far. */
  readonly progress?: (share: number, best: number) => void;
}

/** The placement that a placer found, and what the search took. */
export interface PlacerResult {
  readonly placement: Placement;
  /** Where `evaluateOrdered` was used: priority per task that belongs to the placement. */
  readonly priority?: Float64Array;
  /** How often `evaluate` (or `evaluateOrdered`) was called. */
  readonly evaluations: number;
  /** How many of them did not fit into memory. */
  readonly failures?: number;
  /** Best score after each evaluation that improved it: (evaluation number, score). */
  readonly history?: readonly (readonly [number, number])[];
  /** One clause for people, e.g. which device `single-device` chose. */
  readonly note?: string;
}

/**
 * A placer: its placements hold the constraints of the problem, and equal problems and random streams give equal
 * placements. It does its best to fit into memory; where it finds nothing that fits, its result does not fit either.
 */
export interface Placer {
  readonly name: string;
  readonly description: string;
  /** Whether it calls `evaluate` as often as it may: more evaluations, better placements. */
  readonly searches?: true;
  /** Whether other draws of `context.random` give other placements. */
  readonly random?: true;
  place(problem: PlacementProblem, context: PlacerContext): PlacerResult;
}
