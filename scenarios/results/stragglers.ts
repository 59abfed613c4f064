/**
 * Which replicas were slow. Columns: one entry per replica that is listed, those that updates waited for most first, and a
 * last one for the others, where there are any.
 */
export interface Stragglers {
  /** Names such as `worker/3`; of the others how many they are, e.g. `56 others`. */
  readonly worker: readonly string[];
  /** Whether the last entry stands for others: its share of the updates is their sum, all else means. */
  readonly hasOthers: boolean;
  /** Mean time of a step in which its busiest device computed. */
  readonly computeSeconds: readonly number[];
  /**
   * Mean time of a whole step of its: from when it may begin (has its token, or nobody holds it back) until its gradients are
   * where they are wanted. Null where replicas meet in collectives: all take equally long then.
   */
  readonly stepSeconds: readonly number[] | null;
  /**
   * Share of the updates that waited for it last; where several came last together, they share the update. Sums to 1. Null
   * where updates wait for nobody.
   */
  readonly lastShare: readonly number[] | null;
  /** Share of its gradients that came too late and were dropped; null where none were. */
  readonly droppedShare: readonly number[] | null;
}
