import { UserError, unknownName } from '../../base/errors.ts';
import type { DeviceModel, LinkModel } from '../device.ts';
import type { NodeModel } from '../node.ts';
import { DEVICES } from './devices.ts';
import { findFit } from './fits.ts';
import { LINKS } from './links.ts';
import { NODES } from './nodes.ts';
import { type ParametersOf, readDevice, readLink } from './read.ts';
import { readNode } from './read-node.ts';

export { type LinkDescription, linkModel } from './read.ts';

const ids = (entries: readonly { readonly id: string }[]): string[] => entries.map(({ id }) => id);

/** A catalog of one kind of entry: looks up ids, reads each entry once. */
function lookup<T>(kind: string, entries: readonly { readonly id: string }[], read: (entry: unknown) => T) {
  const models = new Map<string, T>();
  return (id: string): T => {
    const known = models.get(id);
    if (known !== undefined) return known;
    const entry = entries.find((candidate) => candidate.id === id);
    if (entry === undefined) throw new UserError(unknownName(kind, id, ids(entries)));
    const model = read(entry);
    models.set(id, model);
    return model;
  };
}

/** Ids of all devices, in the order of the catalog: CPUs, GPUs and TPUs, each by age. */
export const deviceIds: readonly string[] = ids(DEVICES);

/** Ids of all links, in the order of the catalog: networks, then buses, then links between accelerators. */
export const linkIds: readonly string[] = ids(LINKS);

/** Devices by id, with the parameters that are given for fits. */
export const deviceLookup = (parametersOf: ParametersOf): ((id: string) => DeviceModel) =>
  lookup('device', DEVICES, (entry) => readDevice(entry, parametersOf));

/** The device model of this id, or a UserError that names the nearest valid id. */
export const findDevice: (id: string) => DeviceModel = deviceLookup((id) => findFit(id).parameters);

/** The link model of this id, or a UserError that names the nearest valid id. */
export const findLink: (id: string) => LinkModel = lookup('link', LINKS, readLink);

/** Ids of all nodes, in the order of the catalog: machines of vendors, of clouds, hosts of TPUs. */
export const nodeIds: readonly string[] = ids(NODES);

/** The node model of this id, or a UserError that names the nearest valid id. */
export const findNode: (id: string) => NodeModel = lookup('node', NODES, readNode);
