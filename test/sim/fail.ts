import type { Change } from '../../sim/disturbances/disturbances.ts';
import { simulate } from '../../sim/engine.ts';
import type { Program } from '../../sim/program.ts';
import type { Simulation, SimulationOptions } from '../../sim/simulation.ts';
import { EVERYTHING, islands } from './activities.ts';

export const NEVER = Number.POSITIVE_INFINITY;
export const SERVER = 0;
export const WORKER = [1, 2, 3, 4];

export const failure = (seconds: number, device: number, repairSeconds: number): Change => ({
  kind: 'failure',
  seconds,
  devices: [device],
  what: device === SERVER ? 'ps/0' : `worker/${device - 1}`,
  repairSeconds,
});

export const script = (changes: readonly Change[]) => ({ changes: changes[Symbol.iterator]() });

/** A tiny training job, recorded. */
export function train(
  program: Program,
  changes: readonly Change[],
  options: SimulationOptions = {},
): Simulation {
  const cluster = islands(...Array.from(program.streamDevice, (_, device) => `device ${device}`));
  return simulate(program, cluster, { disturbances: script(changes), record: EVERYTHING, ...options });
}
