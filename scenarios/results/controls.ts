/** What the reader of a report may change of an experiment to have it simulated again in the page. */
export interface Controls {
  /** Place of the run at which they begin. */
  readonly run: number;
  /** Changes that are always made, as `--set` takes them: what the page leaves out. */
  readonly always: readonly string[];
  readonly controls: readonly Control[];
}

export interface Control {
  /** Unique in the experiment. */
  readonly id: string;
  readonly name: string;
  /** The stops of a slider have an order: each is more than the one before. */
  readonly kind: 'slider' | 'list';
  readonly stops: readonly ControlStop[];
  /** Place of the stop at which it begins: the best run, or what the scenario says. */
  readonly start: number;
  /** It counts only while that other control is at one of these stops. */
  readonly onlyWith: { readonly control: string; readonly stops: readonly number[] } | null;
}

export interface ControlStop {
  /** With its unit. */
  readonly text: string;
  /** What it changes, as `--set` takes it; nothing: as the scenario says. */
  readonly set: readonly string[];
  /** Whose placement is kept: the place of a run of the experiment. Null: the placers of the scenario place anew. */
  readonly placementOf: number | null;
}
