/** Mean load of links over the recorded step, in equal stretches of time. */
export interface LinkHeat {
  readonly of: string;
  /** Length of the whole. */
  readonly seconds: number;
  /** Links with the most bytes first. */
  readonly links: readonly string[];
  /** Per link: the share of its bandwidth that was used in each stretch. */
  readonly load: readonly (readonly number[])[];
}
