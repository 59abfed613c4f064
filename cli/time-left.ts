/** Older progress counts for less: after so many seconds, a third. */
const MEMORY_SECONDS = 60;
/** Before so many seconds, and for less, nobody needs to know. */
const PATIENCE_SECONDS = 5;

/**
 * How long work will still take, from shares of it (0 to 1) that are done at some times (seconds): what is left, at a
 * rate that is smoothed exponentially, so that the pace of late steps counts for more than that of early ones.
 */
export class TimeLeft {
  private start: number | undefined;
  private last = { seconds: 0, share: 0 };
  /** Time and progress, weighted by how long ago they were. */
  private time = 0;
  private progress = 0;

  /** So much is done at this time. Less than before is the beginning of other work. */
  tell(share: number, seconds: number): void {
    if (this.start === undefined || share < this.last.share) {
      this.start = seconds;
      this.time = 0;
      this.progress = 0;
    } else if (share > this.last.share) {
      const passed = seconds - this.last.seconds;
      const kept = Math.exp(-passed / MEMORY_SECONDS);
      this.time = this.time * kept + MEMORY_SECONDS * (1 - kept);
      // At an even pace over the time that passed.
      const pace = passed > 0 ? (share - this.last.share) / passed : 0;
      this.progress = this.progress * kept + pace * MEMORY_SECONDS * (1 - kept);
    } else return;
    this.last = { seconds, share };
  }

  /** Seconds that are left at this time; undefined where that is not known yet, or is soon over. */
  at(seconds: number): number | undefined {
    if (this.start === undefined || this.progress <= 0 || seconds - this.start < PATIENCE_SECONDS) return;
    const rate = this.progress / this.time;
    const left = (1 - this.last.share) / rate - (seconds - this.last.seconds);
    return left >= PATIENCE_SECONDS ? left : undefined;
  }
}

/** `about 40 s`, `about 3 min`, `about 1 h 20 min`: no more digits than an estimate has. */
export function roughly(seconds: number): string {
  if (seconds < 57.5) return `about ${Math.max(5, 5 * Math.round(seconds / 5))} s`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return `about ${minutes} min`;
  const tens = 10 * Math.round((minutes % 60) / 10);
  const hours = Math.floor(minutes / 60) + (tens === 60 ? 1 : 0);
  return `about ${hours} h${tens % 60 === 0 ? '' : ` ${tens} min`}`;
}
