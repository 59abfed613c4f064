import { formatSeconds } from '../base/units.ts';
import type { Cluster } from '../devices/cluster.ts';
import { type ActivityStates, State } from './activity-states.ts';
import type { Program } from './program.ts';
import type { Loss } from './recovery.ts';

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

/** What has not happened, and what it waits for. */
export function blockedActivities(
  { loops }: Program,
  { links }: Cluster,
  { base, loopOf, state }: ActivityStates,
  pending: Int32Array,
  waiting: readonly { readonly activity: number; readonly waitsFor: string }[],
): Blocked[] {
  const blocked: Blocked[] = [];
  const add = (activity: number, waitsFor: string): void => {
    const l = loopOf[activity]!;
    const { loop, activities } = loops[l]!;
    const node = activity - base[l]!;
    const name = `${activities.nameOf(node)} (${activities.kindOf(node)})`;
    blocked.push({ loop: loop.name, activity: name, waitsFor });
  };
  for (const [activity, where] of state.entries()) {
    if (where !== State.onNetwork) continue;
    const l = loopOf[activity]!;
    const { route, activities } = loops[l]!;
    const on = route[activities.subject[activity - base[l]!]!]!;
    const names = Array.from(on, (link) => links[link]!.name).join(', ');
    add(activity, `bandwidth on its route (${names})`);
  }
  for (const { activity, waitsFor } of waiting) add(activity, waitsFor);
  for (const [activity, count] of pending.entries()) if (count > 0) add(activity, `${count} of its inputs`);
  return blocked;
}

/** Nothing moves any more: what that means for the job where devices were lost for good; undefined where none was. */
export function lostForGood(losses: readonly Loss[], now: number): string | undefined {
  const gone = losses.filter(({ downSeconds }) => downSeconds === Number.POSITIVE_INFINITY);
  if (gone.length === 0) return undefined;
  const names = gone.map(({ what }) => what).join(', ');
  return `${names} failed and ${gone.length === 1 ? 'is' : 'are'} not repaired; the others wait for it in vain from ${formatSeconds(now)} on`;
}
