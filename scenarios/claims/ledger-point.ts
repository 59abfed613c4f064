import type { Scenario } from '../schema.ts';
import type { Claim, Metric } from './claim.ts';

/** One measurement of the ledger, ready to be predicted: what load.ts makes of a point. Plain data, so threads can be sent it. */
export interface LedgerPoint {
  /** Id of the file, and of the claim in it. */
  readonly source: string;
  readonly claim: string;
  /** Place among the claim's points, from 0. */
  readonly index: number;
  /** Name in CLAIM_KINDS. */
  readonly kind: string;
  /** Workload, strategy and point merged and checked by the kind's `fields`: defaults are filled in. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The fields of the step that this one is compared with, where the metric is relative. */
  readonly reference: Readonly<Record<string, unknown>> | undefined;
  /** Name of the hardware in the file, and what it is. */
  readonly hardware: string | undefined;
  readonly cluster: Scenario['cluster'] | undefined;
  readonly metric: Metric;
  /** In SI units: seconds, samples/s, bytes/s, flop/s; shares and ratios as such. */
  readonly measured: number;
  readonly anchor: Claim['anchor'];
  readonly bound: number | undefined;
  readonly provenance: Claim['provenance'];
  /** `ordering`: recalled, so it is shown and counts for nothing but the order of points. */
  readonly use: 'gate' | 'ordering';
}
