import type { Scenario } from '../schema.ts';

/** One run of a sweep as plain data: what is handed to a thread, or to another machine. */
export interface SweepJob {
  /** SHA-256 of the resolved scenario, its seed, and the versions of program and results. */
  readonly key: string;
  readonly index: number;
  readonly values: Readonly<Record<string, unknown>>;
  readonly scenario: Scenario;
}

/** One finished run: one line of the results of a sweep. */
export interface SweepRow {
  readonly key: string;
  readonly index: number;
  readonly seed: number;
  readonly values: Readonly<Record<string, unknown>>;
  /** Why there are no figures; null where there are. */
  readonly error: string | null;
  /** One entry per run of each experiment of the scenario. */
  readonly figures: readonly SweepFigures[];
}

/** What a sweep keeps of one run of an experiment; null where it has no such figure. */
export interface SweepFigures {
  readonly experiment: string;
  readonly kind: 'training' | 'placement' | 'inference';
  /** Strategy, placer or server. */
  readonly label: string;
  readonly workers: number | null;
  readonly parameterServers: number | null;
  readonly batch: number | null;
  readonly stepSeconds: number | null;
  readonly stepSecondsP99: number | null;
  readonly samplesPerSecond: number | null;
  readonly speedUp: number | null;
  readonly efficiency: number | null;
  readonly dollarsPerMillionSamples: number | null;
  readonly joulesPerStep: number | null;
  readonly outOfMemory: boolean;
  readonly stopped: string | null;
}
