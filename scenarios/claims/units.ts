import { UserError, unknownName } from '../../base/errors.ts';
import type { Metric } from './claim.ts';

/* Units in which published figures come, and what one of each is in SI units. */

const TIMES = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600 };
const RATES = Object.fromEntries(
  ['samples', 'images', 'sequences', 'sentences', 'inferences', 'items'].map((what) => [`${what}/s`, 1]),
);
const WORDS = { 'tokens/s': 1, 'words/s': 1 };
const FLOPS = {
  'GFLOP/s': 1e9,
  'TFLOP/s': 1e12,
  'PFLOP/s': 1e15,
  'EFLOP/s': 1e18,
  'GOP/s': 1e9,
  'TOP/s': 1e12,
};
const BANDWIDTHS = { 'MB/s': 1e6, 'GB/s': 1e9, 'TB/s': 1e12, 'Gb/s': 1e9 / 8 };
const SHARES = { '%': 0.01, fraction: 1 };
const RATIOS = { x: 1, ratio: 1, ...SHARES };

/** What the values of each metric may be given in. */
export const UNITS: { readonly [M in Metric]: { readonly [unit: string]: number } } = {
  step_time: TIMES,
  throughput: RATES,
  tokens_throughput: WORDS,
  tokens_throughput_per_device: WORDS,
  flops_per_device: FLOPS,
  flops: FLOPS,
  utilization: SHARES,
  bus_bandwidth: BANDWIDTHS,
  algorithm_bandwidth: BANDWIDTHS,
  speedup: RATIOS,
  efficiency: RATIOS,
  time_ratio: RATIOS,
};

/** What one `unit` of a metric is in SI units. @throws UserError that names the nearest unit of the metric. */
export function siFactor(metric: Metric, unit: string): number {
  const units = UNITS[metric];
  if (Object.hasOwn(units, unit)) return units[unit]!;
  throw new UserError(unknownName(`unit of ${metric}`, unit, Object.keys(units)));
}
