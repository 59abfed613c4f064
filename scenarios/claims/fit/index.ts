import { collectives } from './collectives.ts';
import { componentKernels } from './component-kernels.ts';
import type { Fitter } from './fitter.ts';
import { gptStack } from './gpt-stack.ts';
import { networkKernels } from './network-kernels.ts';
import { tpuLayers } from './tpu-layers.ts';

/** All that is fitted. What one of them fits may be what a later one starts from. */
export const FITTERS: readonly Fitter[] = [
  collectives,
  componentKernels,
  networkKernels,
  tpuLayers,
  gptStack,
];
