/** Mean load of links over the recorded step, in equal stretches of time. Columns: one entry per link. */
export interface LinkHeat {
  /** Which run. */
  readonly of: string;
  /** Length of the whole. */
  readonly seconds: number;
  /** Directions of links; those with the most bytes first. */
  readonly links: readonly string[];
  /** Bytes that each carried. */
  readonly bytes: readonly number[];
  /** Share of the time in which each carried something. */
  readonly busy: readonly number[];
  /** Per link: the share of its bandwidth that was used in each stretch. */
  readonly load: readonly (readonly number[])[];
  /** Links that carried something and are not listed. */
  readonly others: number;
}
