import { basename } from 'node:path';
import { UserError, unknownName } from '../../base/errors.ts';
import {
  DEVICES,
  INFERENCE_MODELS,
  LINKS,
  MODELS,
  NODES,
  PLACERS,
  STRATEGIES,
} from '../../scenarios/catalog.ts';

const ids = (entries: readonly { readonly id: string }[]): string[] => entries.map(({ id }) => id);

/** Names that come from the program, by kind. */
const LISTS: { readonly [kind: string]: () => readonly string[] | Promise<readonly string[]> } = {
  models: () => [...Object.keys(MODELS), ...Object.keys(INFERENCE_MODELS)],
  devices: () => ids(DEVICES),
  links: () => ids(LINKS),
  nodes: () => ids(NODES),
  entries: () => [...ids(DEVICES), ...ids(LINKS), ...ids(NODES)],
  placers: () => Object.keys(PLACERS),
  strategies: () => Object.keys(STRATEGIES),
  sources: async () => {
    const { committedLedger } = await import('../../scenarios/claims/committed.ts');
    const { claimFiles } = await import('../../scenarios/claims/load.ts');
    return claimFiles(committedLedger()).map((path) => basename(path).replace(/\.ya?ml$/, ''));
  },
};

/** All names of a kind. @throws UserError where there is no such kind. */
export async function namesOf(kind: string): Promise<readonly string[]> {
  if (Object.hasOwn(LISTS, kind)) return LISTS[kind]!();
  throw new UserError(unknownName('list', kind, Object.keys(LISTS)));
}
