import type { CheckpointPolicy } from './recovery.ts';

/**
 * Which updates of a run are safe on disk. A checkpoint counts when it is written to the end; until then the one before
 * does. Writes may overlap, where several loops make updates.
 */
export class Checkpoints {
  private readonly policy: CheckpointPolicy;
  /** Checkpoints that were written to the end. */
  written = 0;
  /** Updates in the newest of them, and when it was. */
  private saved = 0;
  private savedAt = 0;
  /** Those being written, in the order in which they will be. */
  private readonly writing: { readonly update: number; readonly writtenAt: number }[] = [];
  /** When the newest checkpoint began, or the job began again. */
  private begunAt = 0;

  constructor(policy: CheckpointPolicy) {
    this.policy = policy;
  }

  /** Update number `update` is done at `now`. Returns when the loop that made it may go on. */
  afterUpdate(update: number, now: number): number {
    const { everyUpdates, everySeconds = Number.POSITIVE_INFINITY, writeSeconds } = this.policy;
    if (update % everyUpdates !== 0 && now - this.begunAt < everySeconds) return now;
    this.begunAt = now;
    this.noteWritten(now);
    this.writing.push({ update, writtenAt: now + writeSeconds });
    return now + writeSeconds;
  }

  /**
   * Variables are lost at `now`: returns the number of updates that the job goes back to, and since when they
   * are safe.
   */
  restore(now: number): { readonly updates: number; readonly savedAt: number } {
    this.noteWritten(now);
    this.writing.length = 0;
    this.begunAt = now;
    return { updates: this.saved, savedAt: this.savedAt };
  }

  /** Takes those that are written by `now` to be so. */
  noteWritten(now: number): void {
    while (this.writing.length > 0 && this.writing[0]!.writtenAt <= now) {
      const { update, writtenAt } = this.writing.shift()!;
      this.saved = update;
      this.savedAt = writtenAt;
      this.written++;
    }
  }
}
