import { formatSeconds } from '../base/units.ts';
import type { Change } from './disturbances/disturbances.ts';

/** Through so many failures and changes of speed without an update, a job is given up: it would never end. */
const MOST_FAILURES = 10_000;
const MOST_CHANGES = 1_000_000;

/** How much a job has borne since it was last further than ever before. */
export class Patience {
  private furthest = 0;
  private changes = 0;
  private failures = 0;

  /** So many updates are done. Updates that are done again do not count. */
  afterUpdate(update: number): void {
    if (update <= this.furthest) return;
    this.furthest = update;
    this.changes = 0;
    this.failures = 0;
  }

  /** One change more. Returns why the job is given up, where it is. */
  bear(kind: Change['kind'], now: number): string | undefined {
    if (++this.changes > MOST_CHANGES || this.failures > MOST_FAILURES) {
      return `given up at ${formatSeconds(now)}, after ${this.failures} failures and ${this.changes - this.failures} changes of speed without another update`;
    }
    if (kind === 'failure') this.failures++;
    return undefined;
  }
}
