import type { Metric } from './claims/claim.ts';

/*
 * validation.json: versioned plain data, all that a report on the ledger needs. Values are in SI units. Nothing in it
 * depends on wall-clock time or on the number of threads, so equal ledgers and catalogs give equal bytes.
 */

export const VALIDATION_VERSION = 1;

/** What runValidation() found: published measurements beside predictions, in SI units. */
export interface Validation {
  readonly format: 'stepcast validation';
  readonly version: typeof VALIDATION_VERSION;
  /** Version of stepcast that made it. */
  readonly program: string;
  /** In the order of the ledger. */
  readonly sources: readonly SourceScore[];
  readonly kinds: readonly KindScore[];
  readonly total: Score;
  readonly points: readonly ValidatedPoint[];
  /** How often measurements of one source are within the intervals learnt from all others. */
  readonly coverage: Coverage;
}

/**
 * validated: nothing was fitted on it. cross-validated: it was, and is predicted by a fit that left it out. These two count.
 * fitted: it was, and no fit leaves it out. anchor: predictions of its claim start from it. ordering: recalled, not read. failed: it
 * could not be predicted.
 */
export type PointStatus = 'validated' | 'cross-validated' | 'fitted' | 'anchor' | 'ordering' | 'failed';

/** Of the points that count. Errors are predicted / measured − 1 in the metric's own values. */
export interface Score {
  readonly counted: number;
  readonly meanAbsolutePercent: number;
  readonly biasPercent: number;
  /** Index in `points` of the largest |log error|; null where nothing counts. */
  readonly worst: number | null;
  /** Spearman's, over points of one metric, recalled ones too; null where no metric has three points that differ. */
  readonly rankCorrelation: number | null;
  /** Mean absolute percentage errors of the baselines on the same points, as far as they say something of them. */
  readonly constantPercent: number;
  readonly rooflinePercent: number;
}

export interface SourceScore extends Score {
  readonly source: string;
  readonly title: string;
  /** Points of each status. */
  readonly statuses: Readonly<Record<PointStatus, number>>;
  readonly claims: readonly ClaimScore[];
  /** Claims that the source has and the ledger has not, and why. */
  readonly leftOut: readonly {
    readonly claim: string;
    readonly points: number | null;
    readonly why: string;
  }[];
}

export interface ClaimScore extends Score {
  readonly claim: string;
  readonly what: string;
  readonly kind: string;
  /** Where its points were read. */
  readonly provenance: string;
  /** Mean absolute percentage error that it may have; null where nobody says. */
  readonly boundPercent: number | null;
  /** False where the error is beyond the bound, or a point of a claim that has one could not be predicted. */
  readonly holds: boolean;
}

export interface KindScore extends Score {
  readonly kind: string;
  /** Sources that have points of the kind. */
  readonly sources: number;
}

export interface ValidatedPoint {
  readonly source: string;
  readonly claim: string;
  /** Place among the claim's points, from 0. */
  readonly index: number;
  readonly kind: string;
  /** What tells it from the claim's other points: `model resnet50, batch 64`. */
  readonly label: string;
  /** What its devices divide among themselves, and how: `tensor × data`, `all-reduce`; '' where nothing is said. */
  readonly strategy: string;
  /** Id of the device; '' where the point names none. */
  readonly device: string;
  readonly devices: number | null;
  readonly metric: Metric;
  readonly status: PointStatus;
  /** Whether the prediction starts from the measured time of one device. */
  readonly anchored: boolean;
  readonly measured: number;
  /** From here on null where it failed, and baselines where they say nothing. Seconds of the step: predicted, and as the measured value has it. */
  readonly seconds: number | null;
  readonly measuredSeconds: number | null;
  readonly predicted: number | null;
  readonly constant: number | null;
  readonly roofline: number | null;
  /** The 80 % interval of the value, learnt from other sources. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Why it failed; '' where it did not. */
  readonly why: string;
}

export interface Coverage {
  /** Share of points that intervals are meant to hold. */
  readonly confidence: number;
  /** Per kind of question and over all (`all`); every source has the same weight. */
  readonly of: readonly {
    readonly question: string;
    readonly points: number;
    readonly sources: number;
    /** Share that they hold. */
    readonly covered: number;
    /** Geometric mean of high / low. */
    readonly width: number;
  }[];
}
