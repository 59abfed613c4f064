/**
 * What a run costs and draws. What nobody knows is null, and `basis` says what to write to know it. All per step and per
 * million samples are of mean times.
 */
export interface Economy {
  /** Of all machines that the run needs, idle ones included. */
  readonly dollarsPerHour: number | null;
  readonly dollarsPerStep: number | null;
  readonly dollarsPerMillionSamples: number | null;
  /** Mean power of the machines, as is to be expected by what others were measured to draw. */
  readonly watts: number | null;
  /** At least and at most: all energies may be off as `watts` is from these. */
  readonly wattsRange: { readonly least: number; readonly most: number } | null;
  readonly joulesPerStep: number | null;
  readonly kilowattHoursPerMillionSamples: number | null;
  /** What the figures rest on, or what they lack, as clauses. */
  readonly basis: readonly string[];
}
