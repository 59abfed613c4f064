/** When the job saves its variables, and what failing and starting again costs. All times in seconds. */
export interface CheckpointPolicy {
  /** A checkpoint after every so many updates; Infinity: never. */
  readonly everyUpdates: number;
  /** And after the first update that is done so long after the last checkpoint began; absent: never. */
  readonly everySeconds?: number;
  /** The loop that made the update waits so long before it goes on. */
  readonly writeSeconds: number;
  /** From a failure until it is noticed. */
  readonly detectSeconds: number;
  /** From then (and from the repair) until processes run again. */
  readonly restartSeconds: number;
  /** Reading the checkpoint, where variables were lost. */
  readonly restoreSeconds: number;
}

export const NO_CHECKPOINTS: CheckpointPolicy = {
  everyUpdates: Number.POSITIVE_INFINITY,
  writeSeconds: 0,
  detectSeconds: 0,
  restartSeconds: 0,
  restoreSeconds: 0,
};

/** One failure and what came of it. */
export interface Loss {
  readonly seconds: number;
  /** e.g. `worker/3` */
  readonly what: string;
  /**
   * `continued`: the loops on the lost devices start their step again when they are back, the others went on
   * as far as they could. `restarted`: variables were lost, or a rank of an exchange among devices that hold
   * variables, so the whole job went back to its last checkpoint.
   */
  readonly outcome: 'continued' | 'restarted';
  /** Updates that were done and are to be done again. */
  readonly updatesLost: number;
  /**
   * Work since then is lost: where variables were, when the checkpoint was written to which the job went back
   * (0 where there is none); else the moment of the failure.
   */
  readonly lostSince: number;
  /** Seconds from the failure until what it stopped runs again; Infinity: never. */
  readonly downSeconds: number;
}
