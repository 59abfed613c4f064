import type { DeviceModel, LinkModel } from '../devices/device.ts';

/* What there is to choose from: the names that scenario files may use, and what the command line lists. */

// TEMP until devices/catalog lands
export const DEVICES = [
  { id: 'xeon-e5-2699v3', kind: 'CPU', peak: { float32: 1 } },
  { id: 'k40', kind: 'GPU', peak: { float32: 1 } },
] as unknown as readonly DeviceModel[];
export const LINKS = [
  { id: 'eth-10g' },
  { id: 'pcie3-x16' },
  { id: 'nvlink2' },
] as unknown as readonly LinkModel[];
export const findDevice = (id: string): DeviceModel => DEVICES.find((d) => d.id === id)!;

export { MODELS } from '../graph/zoo/index.ts';
export { PLACERS } from '../placement/index.ts';
export { STRATEGIES } from '../sim/strategies/index.ts';

/** Real samples that numbers can be computed on. */
export const DATASETS: { readonly [name: string]: Dataset } = {
  mnist: { description: 'handwritten digits, 28×28', samples: 10_000, sampleShape: [1, 28, 28], classes: 10 },
};

export interface Dataset {
  readonly description: string;
  readonly samples: number;
  readonly sampleShape: readonly number[];
  readonly classes: number;
}
