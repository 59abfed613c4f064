import { deviceIds, findDevice, findLink, findNode, linkIds, nodeIds } from '../devices/catalog/index.ts';

/* What there is to choose from: the names that scenario files may use, and what the command line lists. */

export const DEVICES = deviceIds.map(findDevice);
export const LINKS = linkIds.map(findLink);
export const NODES = nodeIds.map(findNode);

export { deviceFacts, linkFacts, nodeFacts } from '../devices/facts.ts';
export { INFERENCE_MODELS, MODELS } from '../graph/zoo/index.ts';
export { PLACERS } from '../placement/index.ts';
export { STRATEGIES } from '../sim/strategies/index.ts';
export type { Option as StrategyOption } from '../sim/strategies/options.ts';
export { findDevice, findLink, findNode };

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
