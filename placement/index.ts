import { UserError, unknownName } from '../base/errors.ts';
import { greedy } from './greedy.ts';
import type { Placer } from './placer.ts';
import { reinforce } from './reinforce.ts';
import { roundRobin } from './round-robin.ts';
import { singleDevice } from './single-device.ts';

/** Every placer that there is, by name. Adding one is a file and a line here; the conformance suite then runs it. */
export const PLACERS = {
  'single-device': singleDevice(),
  'round-robin': roundRobin,
  greedy,
  reinforce: reinforce(),
} as const satisfies { readonly [name: string]: Placer };

export type PlacerName = keyof typeof PLACERS;

/** The placer called so; `single-device:/job:worker/task:0/device:GPU:1` names the device too. */
export function placerNamed(name: string): Placer {
  if (Object.hasOwn(PLACERS, name)) return PLACERS[name as PlacerName];
  const device = /^single-device:(.+)$/.exec(name)?.[1];
  if (device !== undefined) return singleDevice(device);
  throw new UserError(unknownName('placer', name, Object.keys(PLACERS)));
}
