/** What the report of a sweep shows. */
export interface SweepOverview {
  readonly format: 'stepcast sweep overview';
  /** Version of stepcast that made it. */
  readonly program: string;
  readonly title: string;
  readonly name: string;
  /** Paths in the scenario of what varied. */
  readonly parameters: readonly string[];
  readonly points: number;
  /** Points without figures. */
  readonly failed: number;
  /** The first reasons for that: how many points each is of, and the first of them. */
  readonly reasons: readonly { readonly reason: string; readonly points: number; readonly index: number }[];
  readonly experiments: readonly SweptExperiment[];
}

/** One experiment at all points. */
export interface SweptExperiment {
  readonly name: string;
  /** Runs at points, with each seed, that end and fit into memory; and those that do not. */
  readonly runs: number;
  readonly outOfMemory: number;
  readonly stopped: number;
  /** One per parameter, that with the greatest effect first. */
  readonly effects: readonly ParameterEffect[];
  /** The runs with the most samples per second, as means over seeds, best first. */
  readonly best: readonly SweptRun[];
}

/** How fast runs are by the values of one parameter, over all values of the others. Columns: one entry per value. */
export interface ParameterEffect {
  readonly parameter: string;
  readonly values: readonly string[];
  /** The values as numbers in one unit, ascending; null where they are no quantities. */
  readonly numbers: readonly number[] | null;
  /** The runs with the highest means first. */
  readonly series: readonly {
    readonly label: string;
    /** Samples per second; null where no run of the value ends and fits. */
    readonly mean: readonly (number | null)[];
    readonly least: readonly (number | null)[];
    readonly most: readonly (number | null)[];
    readonly runs: readonly number[];
  }[];
}

export interface SweptRun {
  /** Number of the first run of the point. */
  readonly index: number;
  /** In the order of the parameters. */
  readonly values: readonly string[];
  readonly seeds: number;
  readonly label: string;
  readonly stepSeconds: number | null;
  readonly samplesPerSecond: number;
  readonly speedUp: number | null;
  readonly dollarsPerMillionSamples: number | null;
  readonly joulesPerStep: number | null;
}
