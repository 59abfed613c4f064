import { type RandomStream, stream } from '../../base/random.ts';
import type { Slowdown } from './disturbances.ts';

/** How a worker's compute time departs from the cost model's, step by step. */
export interface NoiseModel {
  /** Standard deviation of the logarithm of a log-normal factor of mean 1; 0 for none. */
  readonly sigma: number;
  /** Chance that a worker straggles in a step, and by which factor all its ops then take longer. */
  readonly stragglerProbability: number;
  readonly stragglerSlowdown: number;
}

/** Every step takes the time that the cost model says. */
export const NO_NOISE: NoiseModel = { sigma: 0, stragglerProbability: 0, stragglerSlowdown: 1 };

/**
 * One stream per replica, three uniforms per step whatever their values, so the k-th draw of worker 7 is the same
 * whichever strategy is compared. Loops without a replica (parameter servers) are undisturbed.
 */
export function slowdowns(noise: NoiseModel, seed: number | string): Slowdown {
  const streams = new Map<number, RandomStream>();
  return (replica) => {
    if (replica < 0) return 1;
    let random = streams.get(replica);
    if (random === undefined) {
      random = stream(seed, 'slowdown', 'worker', replica);
      streams.set(replica, random);
    }
    const spread = Math.exp(noise.sigma * random.normal() - noise.sigma ** 2 / 2);
    const straggles = random.uniform() < noise.stragglerProbability;
    return straggles ? spread * noise.stragglerSlowdown : spread;
  };
}
