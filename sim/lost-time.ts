import type { Simulation } from './simulation.ts';

/** Seconds of a run in which nothing came about that lasts. */
export interface LostTime {
  /** In which work was done that a failure undid. */
  readonly undone: number;
  /** From failures that lost variables until the job ran again. */
  readonly down: number;
}

/**
 * What failures that lost variables took from a run. Each second counts once: a failure while the job is down
 * prolongs that, and work since a checkpoint is lost once, however often the job goes back to it.
 */
export function lostTime({ losses, seconds }: Pick<Simulation, 'losses' | 'seconds'>): LostTime {
  let undone = 0;
  let down = 0;
  /** Until then all is accounted for. */
  let told = 0;
  for (const { seconds: at, outcome, lostSince, downSeconds } of losses) {
    if (outcome !== 'restarted') continue;
    undone += Math.max(0, at - Math.max(lostSince, told));
    const from = Math.max(at, told);
    told = Math.max(from, Math.min(at + downSeconds, seconds));
    down += told - from;
  }
  return { undone, down };
}
