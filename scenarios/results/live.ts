import type { Results } from '../results.ts';

/** One experiment of a scenario, asked again with changes: what the page of the report hands to the simulator in it. */
export interface LiveQuestion {
  /** `Results.written` */
  readonly written: unknown;
  readonly seed: number;
  /** Name of the experiment. */
  readonly experiment: string;
  /** As `--set` takes them, applied in order. */
  readonly set: readonly string[];
  /** The device of each node, where a placement is kept. */
  readonly placement: Readonly<Record<string, string>> | null;
}

export interface LiveRequest {
  /** Comes back in all replies. */
  readonly number: number;
  readonly question: LiveQuestion;
}

export type LiveReply = { readonly number: number } & (
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'results'; readonly results: Results }
  /** The changes make no scenario, or none that can run. */
  | { readonly kind: 'refusal'; readonly message: string }
  /** Our own fault. */
  | { readonly kind: 'failure'; readonly message: string }
);
