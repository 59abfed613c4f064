import { quantile } from '../../../base/statistics.ts';
import type { FittedParameters } from '../../../devices/fit.ts';
import type { Fitter } from './fitter.ts';
import { residualsOf } from './residuals.ts';

/*
 * How long a layer of a TPU v1 waits for the activations of the last one, from the hardware counters in table 3 of Jouppi et
 * al., "In-Datacenter Performance Analysis of a Tensor Processing Unit" (ISCA 2017). The four networks that wait for weights
 * tell it without their run time being known: each tile of weights shifts in for 256 cycles, so the share of shift cycles
 * gives all cycles, and the share of read-after-write stalls the wait:
 *
 *     tiles  = weights / 65,536 / (useful multipliers / active cycles)
 *     cycles = tiles · 256 / share of shift cycles
 *     wait   = cycles · share of RAW stalls / layers
 *
 * Of the four, the median. The TOPS of the same table are not used: the paper took them from production instead.
 */

interface Counters {
  readonly model: string;
  /** Table 1. */
  readonly weights: number;
  readonly layers: number;
  /** Table 3, shares of all cycles: rows 1, 2, 5 and 7. */
  readonly active: number;
  readonly useful: number;
  readonly shift: number;
  readonly stalls: number;
}

const COUNTERS: readonly Counters[] = [
  { model: 'mlp0', weights: 20e6, layers: 5, active: 0.127, useful: 0.125, shift: 0.159, stalls: 0.033 },
  { model: 'mlp1', weights: 5e6, layers: 4, active: 0.106, useful: 0.094, shift: 0.134, stalls: 0.084 },
  { model: 'lstm0', weights: 52e6, layers: 58, active: 0.082, useful: 0.082, shift: 0.158, stalls: 0.146 },
  { model: 'lstm1', weights: 34e6, layers: 56, active: 0.105, useful: 0.063, shift: 0.171, stalls: 0.106 },
];

const DATA = 'tpu_isca17/table3_counters';
const TILE = 256 * 256;
const SHIFT_CYCLES = 256;
const CLOCK_HERTZ = 700e6;

/** Seconds that each layer of a network waited. */
function waitSeconds({ weights, layers, active, useful, shift, stalls }: Counters): number {
  const tiles = weights / TILE / (useful / active);
  return (((tiles * SHIFT_CYCLES) / shift) * stalls) / layers / CLOCK_HERTZ;
}

function fitted(from: readonly Counters[], on: readonly Counters[]): FittedParameters {
  const launchSeconds = quantile(from.map(waitSeconds), 0.5);
  return {
    parameters: { launchSeconds },
    residuals: residualsOf(on.map((counters) => launchSeconds / waitSeconds(counters))),
  };
}

/** The wait, with a fold for each of the four networks. */
export const tpuLayers: Fitter = {
  what: 'layers of a TPU v1, by hardware counters of four networks',
  ids: 'tpu-',
  fits: () => [
    {
      id: 'tpu-v1-layers',
      what: 'Wait of each layer of a TPU v1 for the activations of the last',
      method:
        'median of the networks that wait for weights, from counters of RAW stalls and of weight shifts',
      on: COUNTERS.map(({ model }) => ({ data: DATA, where: { model } })),
      ...fitted(COUNTERS, COUNTERS),
      folds: COUNTERS.map((counters) => ({
        leftOut: { data: DATA, where: { model: counters.model } },
        ...fitted(
          COUNTERS.filter((other) => other !== counters),
          [counters],
        ),
      })),
    },
  ],
};
