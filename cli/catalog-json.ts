import { UserError, unknownName } from '../base/errors.ts';
import { DEVICES, deviceFacts, LINKS, linkFacts, NODES, nodeFacts } from '../scenarios/catalog.ts';
import type { Assumption } from '../scenarios/results.ts';

/* `stepcast devices --json`. */

type Entry = (typeof DEVICES)[number] | (typeof LINKS)[number] | (typeof NODES)[number];

/** A device, link or node with all that is known of it. @throws UserError where there is none of this id. */
export function findEntry(id: string): { readonly entry: Entry; readonly facts: readonly Assumption[] } {
  const all = [
    ...DEVICES.map((entry) => ({ entry, facts: () => deviceFacts(entry) })),
    ...LINKS.map((entry) => ({ entry, facts: () => linkFacts(entry) })),
    ...NODES.map((entry) => ({ entry, facts: () => nodeFacts(entry) })),
  ];
  const found = all.find(({ entry }) => entry.id === id);
  if (found !== undefined) return { entry: found.entry, facts: found.facts() };
  const ids = all.map(({ entry }) => entry.id);
  throw new UserError(unknownName('device, link or node', id, ids));
}

/** Every number of one entry with its unit and source. */
export function entryJson(id: string): object {
  const { entry, facts } = findEntry(id);
  const rows = facts.map(({ what, ...rest }) => ({ what: what.slice(id.length + 2), ...rest }));
  return { id, name: entry.name, facts: rows };
}

/** The figures of the tables, devices where nothing else is asked for. */
export function catalogJson(links: boolean, nodes: boolean): object {
  return {
    ...(!links && !nodes && { devices: DEVICES.map(deviceRow) }),
    ...(links && { links: LINKS.map(linkRow) }),
    ...(nodes && { nodes: NODES.map(nodeRow) }),
  };
}

function deviceRow(device: (typeof DEVICES)[number]): object {
  const { id, name, year, kind, peak, memoryBytes, memoryBytesPerSecond, powerWatts } = device;
  return {
    id,
    name,
    year,
    kind,
    peakFlopsPerSecond: Object.fromEntries(Object.entries(peak).map(([type, { value }]) => [type, value])),
    memoryBytes: memoryBytes.value,
    memoryBytesPerSecond: memoryBytesPerSecond.value,
    powerWatts: powerWatts?.value ?? null,
  };
}

function linkRow({
  id,
  name,
  bytesPerSecond,
  rawBytesPerSecond,
  latencySeconds,
}: (typeof LINKS)[number]): object {
  return {
    id,
    name,
    bytesPerSecond: bytesPerSecond.value,
    rawBytesPerSecond: rawBytesPerSecond.value,
    latencySeconds: latencySeconds.value,
  };
}

function nodeRow(node: (typeof NODES)[number]): object {
  const { id, name, cpu, cpus, accelerators, network, slice, powerWatts, dollarsPerHour, evidence } = node;
  return {
    id,
    name,
    cpu,
    cpus,
    accelerator: accelerators?.model ?? null,
    accelerators: accelerators?.count ?? 0,
    network: network?.link ?? null,
    networks: network?.count ?? 0,
    podExtents: slice?.pod ?? null,
    powerWatts: powerWatts?.value ?? null,
    dollarsPerHour: dollarsPerHour?.value ?? null,
    evidence,
  };
}
