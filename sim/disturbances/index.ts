import type { Cluster } from '../../devices/cluster.ts';
import type { Change, Disturbances, Slowdown } from './disturbances.ts';
import { type EmpiricalDurations, empiricalSlowdown } from './empirical.ts';
import { type RandomFailures, randomFailures, type ScriptedFailure, scriptedFailures } from './failures.ts';
import { type FlappingLinks, flappingLinks, type SlowLinks, slowLinks } from './links.ts';
import { mergeChanges } from './merge.ts';
import { type NoiseModel, slowdowns } from './slowdowns.ts';
import { deviceSpread, opSpread } from './spread.ts';
import { type Transients, transients } from './transients.ts';

/** How machines depart from the cost model; what is absent does not happen. */
export interface DisturbanceSettings {
  /** Log-normal spread and stragglers, per worker and step. */
  readonly steps?: NoiseModel;
  readonly empirical?: EmpiricalDurations;
  /** Standard deviations of logarithms: of a device's speed, and of the duration of each op. */
  readonly deviceSigma?: number;
  readonly opSigma?: number;
  readonly transients?: Transients;
  readonly slowLinks?: readonly SlowLinks[];
  readonly flappingLinks?: readonly FlappingLinks[];
  readonly randomFailures?: RandomFailures;
  readonly scriptedFailures?: readonly ScriptedFailure[];
}

/** What one generator contributes. */
interface Part {
  readonly slowdown?: Slowdown;
  readonly deviceFactor?: Float64Array;
  readonly opFactor?: (device: number) => number;
  readonly changes?: readonly Iterator<Change>[];
}

type All = Required<DisturbanceSettings>;

type Generators = {
  readonly [K in keyof All]: (settings: All[K], cluster: Cluster, seed: number | string) => Part;
};

const GENERATORS: Generators = {
  steps: (noise, _, seed) => ({ slowdown: slowdowns(noise, seed) }),
  empirical: (table, _, seed) => ({ slowdown: empiricalSlowdown(table, seed) }),
  deviceSigma: (sigma, cluster, seed) => ({ deviceFactor: deviceSpread(sigma, cluster, seed) }),
  opSigma: (sigma, cluster, seed) => ({ opFactor: opSpread(sigma, cluster, seed) }),
  transients: (spells, cluster, seed) => ({ changes: transients(spells, cluster, seed) }),
  slowLinks: (list, cluster) => ({ changes: list.map((links) => slowLinks(links, cluster)) }),
  flappingLinks: (list, cluster, seed) => ({
    changes: list.flatMap((links) => flappingLinks(links, cluster, seed)),
  }),
  randomFailures: (failures, cluster, seed) => ({ changes: randomFailures(failures, cluster, seed) }),
  scriptedFailures: (script, cluster) => ({ changes: [scriptedFailures(script, cluster)] }),
};

/**
 * The disturbances of one simulation on `cluster`. Every machine, link and worker draws from streams of its own name:
 * what befalls it depends on the seed only, not on strategy, placement or size of the cluster.
 */
export function disturbancesOf(
  settings: DisturbanceSettings,
  cluster: Cluster,
  seed: number | string,
): Disturbances {
  const parts = Object.keys(GENERATORS).flatMap((key) => partOf(key as keyof All, settings, cluster, seed));
  const slowdown = parts.flatMap((part) => part.slowdown ?? []);
  const changes = parts.flatMap((part) => part.changes ?? []);
  return {
    slowdown: slowdown.length === 0 ? undefined : product(slowdown),
    deviceFactor: parts.find((part) => part.deviceFactor !== undefined)?.deviceFactor,
    opFactor: parts.find((part) => part.opFactor !== undefined)?.opFactor,
    changes: changes.length === 0 ? undefined : mergeChanges(changes),
  };
}

function partOf<K extends keyof All>(
  key: K,
  settings: Partial<All>,
  cluster: Cluster,
  seed: number | string,
): Part[] {
  const setting: All[K] | undefined = settings[key];
  return setting === undefined ? [] : [GENERATORS[key](setting, cluster, seed)];
}

function product(factors: readonly Slowdown[]): Slowdown {
  if (factors.length === 1) return factors[0]!;
  return (replica, step) => factors.reduce((all, factor) => all * factor(replica, step), 1);
}
