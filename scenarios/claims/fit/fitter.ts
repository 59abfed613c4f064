import type { Fit } from '../../../devices/fit.ts';

/** Something that is fitted to committed measurements. One file each; `index.ts` lists them. */
export interface Fitter {
  /** What is fitted, in words: a title of the table of residuals. */
  readonly what: string;
  /** How the ids of its fits begin: where others are asked for by name, it is left out. */
  readonly ids: string;
  /**
   * Fits all of it anew, from the data and what was fitted earlier in the same run: the same bytes every time. Folds are made
   * too.
   */
  readonly fits: (earlier: readonly Fit[]) => readonly Fit[];
}
