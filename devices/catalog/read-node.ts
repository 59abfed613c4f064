import { PEERS } from '../inside/peers.ts';
import type { NodeAccelerators, NodeModel, Slice } from '../node.ts';
import { fields, oneOf, origin, quantity, text, wrong } from './read.ts';

/* Reads entries of catalog/nodes, whose keys are NodeModel's. Prices and powers have a source each, the composition one. */

function whole(value: unknown, path: string): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0
    ? value
    : wrong(path, 'expected a whole number of 1 or more');
}

function accelerators(value: unknown, path: string): NodeAccelerators {
  const row = fields(value, path, ['model', 'count', 'bus'], ['pcie', 'peerLink', 'peers']);
  const pcie =
    row.pcie === undefined
      ? undefined
      : fields(row.pcie, `${path}.pcie`, ['acceleratorsPerSwitch'], ['switchesPerSocket', 'socketLink']);
  return {
    model: text(row.model, `${path}.model`),
    count: whole(row.count, `${path}.count`),
    bus: text(row.bus, `${path}.bus`),
    ...(pcie !== undefined && {
      pcie: {
        acceleratorsPerSwitch: whole(pcie.acceleratorsPerSwitch, `${path}.pcie.acceleratorsPerSwitch`),
        ...(pcie.switchesPerSocket !== undefined && {
          switchesPerSocket: whole(pcie.switchesPerSocket, `${path}.pcie.switchesPerSocket`),
        }),
        ...(pcie.socketLink !== undefined && {
          socketLink: text(pcie.socketLink, `${path}.pcie.socketLink`),
        }),
      },
    }),
    ...(row.peerLink !== undefined && { peerLink: text(row.peerLink, `${path}.peerLink`) }),
    ...(row.peers !== undefined && { peers: oneOf(row.peers, `${path}.peers`, 'way to join peers', PEERS) }),
  };
}

function slice(value: unknown, path: string): Slice {
  const row = fields(value, path, ['dimensions', 'link', 'wrapFrom', 'pod']);
  if (!Array.isArray(row.pod)) wrong(`${path}.pod`, 'expected a list of lengths');
  return {
    dimensions: whole(row.dimensions, `${path}.dimensions`),
    link: text(row.link, `${path}.link`),
    wrapFrom: whole(row.wrapFrom, `${path}.wrapFrom`),
    pod: (row.pod as unknown[]).map((length, i) => whole(length, `${path}.pod.${i}`)),
  };
}

/** A node model from its JSON entry. Throws a UserError such as `node dgx-1: cpus: expected a whole number …`. */
export function readNode(entry: unknown): NodeModel {
  const required = ['id', 'name', 'year', 'cpu', 'cpus', 'evidence', 'source'];
  const optional = ['accelerators', 'network', 'slice', 'powerWatts', 'dollarsPerHour'];
  const row = fields(entry, 'node', required, optional);
  const id = text(row.id, 'node: id');
  const at = (key: string): string => `node ${id}: ${key}`;
  const network =
    row.network === undefined ? undefined : fields(row.network, at('network'), ['link', 'count']);
  return {
    id,
    name: text(row.name, at('name')),
    year: whole(row.year, at('year')),
    cpu: text(row.cpu, at('cpu')),
    cpus: whole(row.cpus, at('cpus')),
    ...(row.accelerators !== undefined && {
      accelerators: accelerators(row.accelerators, at('accelerators')),
    }),
    ...(network !== undefined && {
      network: {
        link: text(network.link, at('network.link')),
        count: whole(network.count, at('network.count')),
      },
    }),
    ...(row.slice !== undefined && { slice: slice(row.slice, at('slice')) }),
    ...origin(row, `node ${id}`),
    ...(row.powerWatts !== undefined && { powerWatts: quantity(row.powerWatts, at('powerWatts'), 'watts') }),
    ...(row.dollarsPerHour !== undefined && {
      dollarsPerHour: quantity(row.dollarsPerHour, at('dollarsPerHour'), 'dollars/h'),
    }),
  };
}
