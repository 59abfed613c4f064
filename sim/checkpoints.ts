import type { CheckpointPolicy } from './recovery.ts';

/** Which updates of a run are safe on disk. A checkpoint counts when it is written to the end. */
export class Checkpoints {
  private readonly policy: CheckpointPolicy;
  /** Updates in the newest checkpoint, when that is written, and updates in the one before. */
  private newest = 0;
  private writtenAt = 0;
  private before = 0;
  /** When the newest checkpoint began, or the job began again. */
  private begunAt = 0;

  constructor(policy: CheckpointPolicy) {
    this.policy = policy;
  }

  /** Update number `update` is done at `now`. Returns when the loop that made it may go on. */
  afterUpdate(update: number, now: number): number {
    const { everyUpdates, everySeconds = Number.POSITIVE_INFINITY } = this.policy;
    if (update % everyUpdates !== 0 && now - this.begunAt < everySeconds) return now;
    this.begunAt = now;
    this.before = this.savedAt(now);
    this.newest = update;
    this.writtenAt = now + this.policy.writeSeconds;
    return this.writtenAt;
  }

  /** Variables are lost at `now`: returns the number of updates that the job goes back to. */
  restore(now: number): number {
    this.newest = this.savedAt(now);
    this.before = this.newest;
    this.writtenAt = 0;
    this.begunAt = now;
    return this.newest;
  }

  private savedAt(now: number): number {
    return this.writtenAt <= now ? this.newest : this.before;
  }
}
