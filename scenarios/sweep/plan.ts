import type { Scenario } from '../schema.ts';

/** What a sweep runs: points of a space of scenarios, in a fixed order. */
export interface SweepPlan {
  /** Of the file, without its ending: names the folder of results. */
  readonly name: string;
  readonly title: string;
  /** What varies, as paths in the scenario; the columns of its tables. */
  readonly parameters: readonly string[];
  /** Runs: points times seeds. */
  readonly count: number;
  /** SHA-256 of all that decides the points (contentHash() of it): plans with one fingerprint have the same points. */
  readonly fingerprint: string;
  /** What varies in the run of this number, in the order of `parameters`, whether it makes a scenario or not. */
  values(index: number): readonly unknown[];
  /** The run of this number from 0. @throws UserError where these values make no scenario, naming them. */
  point(index: number): SweepPoint;
}

/** One run of a sweep: what varies, and the scenario that this makes. */
export interface SweepPoint {
  readonly index: number;
  /** In the order of `parameters`. */
  readonly values: readonly unknown[];
  /** Resolved and checked: plain data, its seed included. */
  readonly scenario: Scenario;
}
