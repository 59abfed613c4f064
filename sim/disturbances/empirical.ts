import { UserError, unknownName } from '../../base/errors.ts';
import { type RandomStream, stream } from '../../base/random.ts';
import { quantileOfSorted } from '../../base/statistics.ts';
import type { Slowdown } from './disturbances.ts';
import bytedanceAr from './empirical/bytedance-ar.json' with { type: 'json' };
import bytedanceArHealthy from './empirical/bytedance-ar-healthy.json' with { type: 'json' };
import bytedanceSe from './empirical/bytedance-se.json' with { type: 'json' };
import { revisitingSyncSgd } from './empirical/revisiting-sync-sgd.ts';

/** Durations as measured, over those without stragglers. */
export interface EmpiricalDurations {
  readonly id: string;
  readonly source: string;
  /** How long one draw holds: for the worker's whole life, or for one step of it (its micro-batch). */
  readonly drawnPer: 'worker' | 'micro-batch';
  /** At `probabilities`, or evenly spaced ones from 0 to 1; ascending. */
  readonly quantiles: readonly number[];
  /** Per quantile, from 0 to 1, strictly ascending: where evenly spaced ones would not show a long tail. */
  readonly probabilities?: readonly number[];
}

const TABLES = [
  bytedanceAr,
  bytedanceArHealthy,
  bytedanceSe,
  revisitingSyncSgd,
] as readonly EmpiricalDurations[];

/** Ids of the tables that there are. */
export const EMPIRICAL_DURATIONS: readonly string[] = TABLES.map(({ id }) => id);

/** @throws UserError where there is no such table. */
export function findDurations(id: string): EmpiricalDurations {
  const found = TABLES.find((table) => table.id === id);
  if (found !== undefined) return found;
  throw new UserError(unknownName('table of durations', id, EMPIRICAL_DURATIONS));
}

/** Inverse of the cumulative distribution, linear between quantiles: a draw where u is uniform in [0, 1). */
export function durationAt({ quantiles, probabilities }: EmpiricalDurations, u: number): number {
  if (probabilities === undefined) return quantileOfSorted(quantiles, u);
  const above = probabilities.findIndex((probability) => probability >= u);
  if (above === 0) return quantiles[0]!;
  const [from, to] = [probabilities[above - 1]!, probabilities[above]!];
  const [least, most] = [quantiles[above - 1]!, quantiles[above]!];
  return least + ((u - from) / (to - from)) * (most - least);
}

/**
 * Compute times of each replica multiplied by draws from measured ones: one per step, or one for good, as the table
 * says. One stream per replica.
 */
export function empiricalSlowdown(table: EmpiricalDurations, seed: number | string): Slowdown {
  const streams = new Map<number, RandomStream>();
  const constants = new Map<number, number>();
  return (replica) => {
    if (replica < 0) return 1;
    const constant = constants.get(replica);
    if (constant !== undefined) return constant;
    let random = streams.get(replica);
    if (random === undefined) {
      random = stream(seed, 'duration', 'worker', replica);
      streams.set(replica, random);
    }
    const factor = durationAt(table, random.uniform());
    if (table.drawnPer === 'worker') constants.set(replica, factor);
    return factor;
  };
}
