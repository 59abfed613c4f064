import { type KernelParameters, NEUTRAL_KERNELS } from '../../../devices/kernels/parameters.ts';

/** What a fit writes of `parameters`: those that limit something. The others are neutral wherever they are read. */
export function fittedParameters(parameters: KernelParameters): Readonly<Record<string, number>> {
  const entries = Object.entries(parameters) as [keyof KernelParameters, number][];
  return Object.fromEntries(entries.filter(([name, value]) => value !== NEUTRAL_KERNELS[name]));
}
