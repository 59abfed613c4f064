import { type CommunicationParameters, communicationParameters } from '../communication/parameters.ts';
import type { DeviceModel, LinkModel } from '../device.ts';
import type { NodeModel } from '../node.ts';
import type { StackModel } from '../stack.ts';
import { findFit } from './fits.ts';
import { deviceLookup, findDevice, findLink, findNode } from './index.ts';
import type { ParametersOf } from './read.ts';
import { findStack, stackLookup } from './stacks.ts';

/** Where models of devices and links come from: the catalog, or the catalog with some of its fits left out. */
export interface Catalog {
  /** @throws UserError that names the nearest valid id. */
  readonly device: (id: string) => DeviceModel;
  /** @throws UserError that names the nearest valid id. */
  readonly link: (id: string) => LinkModel;
  /** @throws UserError that names the nearest valid id. */
  readonly node: (id: string) => NodeModel;
  /** @throws UserError that names the nearest valid id. */
  readonly stack: (id: string) => StackModel;
  /** What collectives of GPUs take. */
  readonly communication: CommunicationParameters;
}

/** Fits of what collectives take, each over another medium. */
const COLLECTIVES = [
  'collectives-nvlink',
  'collectives-small',
  'collectives-pcie',
  'collectives-in-switch',
  'collectives-network',
];

function communicationBy(parametersOf: ParametersOf): CommunicationParameters {
  return communicationParameters(Object.assign({}, ...COLLECTIVES.map(parametersOf)));
}

/** The catalog as it is. */
export const CATALOG: Catalog = {
  device: findDevice,
  link: findLink,
  node: findNode,
  stack: findStack,
  communication: communicationBy((id) => findFit(id).parameters),
};

/**
 * The catalog with other parameters for fits, by their ids: those of folds, so that a point is predicted by what was not
 * fitted on it.
 */
export function catalogWith(parameters: Readonly<Record<string, Readonly<Record<string, number>>>>): Catalog {
  if (Object.keys(parameters).length === 0) return CATALOG;
  const parametersOf = (id: string) => parameters[id] ?? findFit(id).parameters;
  return {
    ...CATALOG,
    device: deviceLookup(parametersOf),
    stack: stackLookup(parametersOf),
    communication: communicationBy(parametersOf),
  };
}
