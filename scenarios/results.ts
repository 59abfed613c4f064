import type { InferenceExperiment } from './results/inference.ts';
import type { PlacementExperiment } from './results/placement.ts';
import type { Assumption } from './results/shared.ts';
import type { TrainingExperiment } from './results/training.ts';

export type * from './results/controls.ts';
export type * from './results/economy.ts';
export type * from './results/inference.ts';
export type * from './results/link-heat.ts';
export type * from './results/live.ts';
export type * from './results/placed-graph.ts';
export type * from './results/placement.ts';
export type * from './results/shared.ts';
export type * from './results/step-distribution.ts';
export type * from './results/stragglers.ts';
export type * from './results/sweep.ts';
export type * from './results/training.ts';

/*
 * results.json: versioned plain data, all that a report needs. Times are seconds of simulated time, sizes bytes.
 * Nothing in it depends on wall-clock time, so equal scenarios and seeds give equal bytes.
 */

export const RESULTS_VERSION = 6;

/** What runScenario() found: the contents of results.json. Times are simulated seconds, sizes bytes, rates per second. */
export interface Results {
  readonly format: 'stepcast results';
  readonly version: typeof RESULTS_VERSION;
  /** Version of stepcast that made it. */
  readonly program: string;
  readonly title: string;
  readonly description: string;
  readonly seed: number;
  /** The answer first: one sentence per experiment, the most important one first. */
  readonly answers: readonly string[];
  readonly training: readonly TrainingExperiment[];
  readonly placement: readonly PlacementExperiment[];
  /** Present where the scenario asks about inference. */
  readonly inference?: readonly InferenceExperiment[];
  /** Every catalog number and scenario number that the figures rest on. */
  readonly assumptions: readonly Assumption[];
  /** What the model leaves out, as sentences. */
  readonly caveats: readonly string[];
  /** The scenario as resolved: defaults filled in, overrides applied. */
  readonly scenario: unknown;
  /** The scenario as written, with overrides applied and what it refers to put in: what `stepcast run` takes again; null where it is not known. */
  readonly written: unknown;
}
