/*
 * Constants of the catalog that were fitted to measurements: one JSON file each in catalog/fits/, written by `npm run fit` and by
 * nothing else. It says what the constants were fitted on, so that no prediction of those measurements is called a validation.
 */

/** Measurements: a committed data file of components, or points of a claim of the ledger, all or those whose fields are these. */
export interface FittedOn {
  /** `deepbench`, `vtrain-allreduce`, … : a file of scenarios/claims/data, or `source/claim` of the ledger. */
  readonly data: string;
  readonly where?: Readonly<Record<string, string | number>>;
}

/** How far the fitted model is from the measurements, in per cent of these. */
export interface Residuals {
  readonly points: number;
  /** Mean of |predicted / measured − 1|. */
  readonly meanAbsolutePercent: number;
  /** Mean of predicted / measured − 1. */
  readonly biasPercent: number;
}

export interface FittedParameters {
  /** In SI units; the fit's docstring names them and says what each means physically. */
  readonly parameters: Readonly<Record<string, number>>;
  /** On what it was fitted on; of a fold: on what it left out. */
  readonly residuals: Residuals;
  /** The residuals of parts of that, by what they are. */
  readonly parts?: Readonly<Record<string, Residuals>>;
}

export interface Fit extends FittedParameters {
  readonly id: string;
  /** What is fitted, in words: `matrix products of a V100 in float16`. */
  readonly what: string;
  readonly method: string;
  readonly on: readonly FittedOn[];
  /** Fits that leave something out, by which that is predicted. */
  readonly folds: readonly (FittedParameters & { readonly leftOut: FittedOn })[];
}
