/** What a run costs and draws. What the catalog does not know is null. */
export interface Economy {
  readonly dollarsPerHour: number | null;
  readonly dollarsPerStep: number | null;
  readonly dollarsPerMillionSamples: number | null;
  /** Mean power of the machines. */
  readonly watts: number | null;
  readonly joulesPerStep: number | null;
  readonly kilowattHoursPerMillionSamples: number | null;
  /** What the figures rest on, as clauses with their sources. */
  readonly basis: readonly string[];
}
