import type { Scenario } from '../schema.ts';

/*
 * What a sweep promises. A run is a pure function of its scenario: whoever runs a job, on whatever machine and
 * however often, gets the same row. So jobs may be run at least once, and are counted once: the results of a sweep
 * have one row per point, whichever copy of it came first.
 */

/** One run of a sweep as plain data (JSON): what is handed to a thread, or to another machine. */
export interface SweepJob {
  /** Of the sweep: sweepId() of its plan. */
  readonly sweep: string;
  /** Of the run: sweepKey() of its scenario. Jobs with one key have the same figures. */
  readonly key: string;
  /** Of the point in the plan, from 0. */
  readonly index: number;
  /** What varies, by its path in the scenario. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly scenario: Scenario;
}

/** One finished run: one line of the results of a sweep. */
export interface SweepRow {
  readonly sweep: string;
  readonly key: string;
  readonly index: number;
  /** Null where the point makes no scenario. */
  readonly seed: number | null;
  readonly values: Readonly<Record<string, unknown>>;
  /** Why there are no figures; null where there are. */
  readonly error: string | null;
  /** One entry per run of each experiment of the scenario, in the order of results.json. */
  readonly figures: readonly SweepFigures[];
}

/** What a sweep keeps of one run of an experiment; null where it has no such figure. */
export interface SweepFigures {
  /** Name of the experiment. */
  readonly experiment: string;
  readonly kind: 'training' | 'placement' | 'inference';
  /** Strategy, placer or server. */
  readonly label: string;
  readonly workers: number | null;
  readonly parameterServers: number | null;
  /** Samples per worker and step, of the placed step, or of a request batch. */
  readonly batch: number | null;
  readonly stepSeconds: number | null;
  readonly stepSecondsP99: number | null;
  readonly samplesPerSecond: number | null;
  readonly speedUp: number | null;
  readonly efficiency: number | null;
  readonly dollarsPerMillionSamples: number | null;
  readonly joulesPerStep: number | null;
  readonly outOfMemory: boolean;
  /** Why it ended early; null where it did not. */
  readonly stopped: string | null;
}
