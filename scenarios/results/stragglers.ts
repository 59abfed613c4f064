/** Which workers were slow. Columns: one entry per worker that is listed. */
export interface Stragglers {
  readonly worker: readonly string[];
  /** Mean time that its own step took, from the update that it began with to its gradients. */
  readonly meanSeconds: readonly number[];
  /** Share of the updates that waited for it last. */
  readonly lastShare: readonly number[];
}
