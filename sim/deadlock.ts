export interface Blocked {
  readonly loop: string;
  readonly activity: string;
  readonly waitsFor: string;
}

const SHOWN = 8;

/** Nothing can happen any more, and the plan is not done: the plan's loops wait for each other. */
export class DeadlockError extends Error {
  override readonly name = 'DeadlockError';
  readonly blocked: readonly Blocked[];

  constructor(seconds: number, blocked: readonly Blocked[]) {
    const lines = blocked
      .slice(0, SHOWN)
      .map(({ loop, activity, waitsFor }) => `${loop}: ${activity} waits for ${waitsFor}`);
    if (blocked.length > SHOWN) lines.push(`and ${blocked.length - SHOWN} more`);
    super(
      `deadlock after ${seconds} simulated seconds; ${blocked.length} ${blocked.length === 1 ? 'node is' : 'nodes are'} blocked: ${lines.join('; ')}`,
    );
    this.blocked = blocked;
  }
}
