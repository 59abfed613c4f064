import { findDevice } from '../../../devices/catalog/index.ts';
import type { NodeModel } from '../../../devices/node.ts';
import { deviceNamed, hasNvlink, hostCpuNamed, usualCpu } from './devices.ts';
import { asNumber, type Facts } from './facts.ts';
import { busOf, type NetworkWords, networkNamed, peerLinkOf } from './links.ts';
import { deviceOf, nodeMadeOf, nodeNamed } from './nodes.ts';
import { Refusal, required } from './refusal.ts';
import type { SourceClaim, SourceFile, SourceHardware } from './source.ts';

/* The cluster that a claim means, in the words of scenario files, out of what its source says of the hardware. */

export interface ConvertedHardware {
  readonly name: string;
  /** A `cluster` section, without what its defaults say. */
  readonly cluster: Readonly<Record<string, unknown>>;
  readonly device: string;
  /** Of its hosts. */
  readonly cpu: string;
  /** Accelerators per host; 0 where hosts compute. */
  readonly accelerators: number;
  /** Whether the source says how hosts are joined. Where it does not, only points of one host can be mapped. */
  readonly joined: boolean;
}

/** Where nothing crosses hosts, any network will do. */
const UNUSED_NETWORK: NetworkWords = { link: 'eth-10g' };

/** Keys of a point that may name its hardware or its device. */
const POINT_KEYS = ['hardware', 'gpu', 'device', 'accelerator', 'cluster'] as const;

/** The hardware of a point. @throws Refusal saying what is missing. */
export function hardwareOf(file: SourceFile, claim: SourceClaim, point: Facts): ConvertedHardware {
  const said = typeof claim.hardware === 'string' ? claim.hardware : '';
  const own = POINT_KEYS.map((key) => point[key]).filter((value) => typeof value === 'string');
  const entry =
    typeof claim.hardware === 'string'
      ? entryOf(file.hardware, said, own)
      : { id: claim.id, ...claim.hardware };
  // The words nearest to the point say which device; the entry's say what surrounds it.
  const system = text(point.system);
  const chip = required(
    deviceAmong([
      ...own.filter((words) => words !== entry?.id),
      ...specific(said, entry),
      text(entry?.device),
      // A name of a whole system is the last resort: what is in it may be said of something else.
      system,
    ]) ?? machine(system),
    `no device of the catalog is ${JSON.stringify(own[0] ?? (text(entry?.device) || said))}`,
  );
  const words = [said, text(entry?.id), text(entry?.device), text(entry?.instance), ...own, system].join(
    ', ',
  );
  const named = nodeNamed([said, ...own].join(', '), chip) ?? nodeNamed(words, chip);
  const device = named === undefined ? chip : deviceOf(named);
  const accelerators =
    findDevice(device).kind === 'CPU'
      ? 0
      : required(
          countPerHost(said, entry) ??
            named?.accelerators?.count ??
            (asNumber(point.workers) === 1 ||
            /\b(one|1)( gpu)? per (worker|vm|host|task|machine)/i.test(words)
              ? 1
              : undefined),
          'how many accelerators are in a host: not stated',
        );
  const node = named ?? nodeMadeOf(device, accelerators);
  const used = usedPerHost(point, node?.accelerators?.count ?? accelerators);
  const network = networkOf(said, entry, point, accelerators);
  // What words name has a network of its own; what is only made alike may be joined otherwise.
  const isKnown = node?.slice !== undefined || named?.network !== undefined;
  const hasNone = node?.slice === undefined && node?.network === undefined;
  const workers = {
    ...(node === undefined ? composition(device, accelerators, entry, words) : onNode(node, entry)),
    ...(used !== undefined && { accelerators: used }),
  };
  return {
    name: slug(nameOf(said, entry, own, device)),
    cluster: {
      workers,
      ...(network !== undefined ? { network } : hasNone && { network: UNUSED_NETWORK }),
    },
    device,
    cpu: (workers as { cpu?: string }).cpu ?? node!.cpu,
    accelerators: used ?? node?.accelerators?.count ?? accelerators,
    joined: isKnown || network !== undefined,
  };
}

/** Accelerators of each host that a point uses, where it says on how many hosts it is and these have more. */
function usedPerHost(point: Facts, accelerators: number): number | undefined {
  const hosts = asNumber(point.nodes ?? point.hosts);
  const workers = asNumber(point.workers);
  if (hosts === undefined || workers === undefined || !(hosts > 1)) return undefined;
  const each = workers / hosts;
  return Number.isInteger(each) && each < accelerators ? each : undefined;
}

/** A machine of the catalog, and the CPU of this one. */
function onNode({ id, cpu }: NodeModel, entry: SourceHardware | undefined): Facts {
  const host = hostCpuNamed(text(entry?.host_cpu));
  return { node: id, ...(host !== undefined && host !== cpu && { cpu: host }) };
}

/** Hosts of which the catalog has no machine. */
function composition(
  device: string,
  accelerators: number,
  entry: SourceHardware | undefined,
  words: string,
): Facts {
  const sockets = /\bdual\b|\b2 ?x\b/i.test(words) ? { cpus: 2 } : {};
  if (accelerators === 0) return { cpu: device, ...sockets };
  return {
    cpu: hostCpuNamed(text(entry?.host_cpu)) ?? usualCpu(device),
    accelerator: device,
    ...(accelerators > 1 && { accelerators }),
    bus: busOf(device, findDevice(device).year),
    ...(accelerators > 1 &&
      joinedInside(device, accelerators, wordsIn(entry?.interconnect_intra ?? entry?.topology), words)),
  };
}

/** @throws Refusal where so many workers need more hosts than one and nothing is said of what joins them. */
export function checkReach(
  { name, accelerators, joined }: ConvertedHardware,
  workers: number,
  servers = 0,
): void {
  const hosts = Math.ceil(workers / Math.max(1, accelerators));
  if (hosts + servers > 1 && !joined) throw new Refusal(`what joins the hosts of ${name} is not stated`);
  if (accelerators > 1 && workers > accelerators && workers % accelerators !== 0)
    throw new Refusal(`${workers} workers do not fill hosts of ${accelerators}`);
}

/** The entry that a claim means: by its id, by the ids that it lists, or by the device that its words name. */
function entryOf(
  entries: readonly SourceHardware[],
  said: string,
  own: readonly string[],
): SourceHardware | undefined {
  const ids = said.split('/').map((word) => word.trim());
  const listed = entries.filter((entry) => ids.includes(text(entry.id)));
  const named = (words: string) =>
    entries.find((entry) => text(entry.id).toLowerCase() === words.trim().toLowerCase());
  const byPoint = own.map(named).find((entry) => entry !== undefined);
  if (byPoint !== undefined) return byPoint;
  const exact = named(said);
  if (exact !== undefined) return exact;
  if (listed.length === 1) return listed[0];
  if (listed.length > 1) {
    const devices = own.map(deviceNamed);
    const same = listed.filter((entry) => devices.includes(deviceNamed(text(entry.device))));
    if (same.length === 1) return same[0];
    throw new Refusal(`it names several systems (${said}) and the point none of them`);
  }
  const inWords = entries.filter((entry) =>
    text(entry.id)
      .split('/')
      .some((part) => part.trim().length > 2 && plain(said).includes(plain(part))),
  );
  if (inWords.length === 1) return inWords[0];
  const device = deviceNamed(said);
  if (device === undefined) return undefined;
  const same = entries.filter((entry) => deviceNamed(text(entry.device)) === device);
  return same.length === 1 ? same[0] : undefined;
}

const plain = (words: string): string =>
  words
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, ' ')
    .trim();

/** Whether words are ids of entries, this one among them. */
const lists = (said: string, entry: SourceHardware | undefined): boolean =>
  said.split('/').some((part) => plain(part) === plain(text(entry?.id)));

/** A claim's own words of the hardware, joined to those of the entry where they only add a size: "DGX-1 With 32G". */
function specific(said: string, entry: SourceHardware | undefined): readonly string[] {
  if (lists(said, entry)) return [];
  const size = /\b(\d{2,3}) ?g(?:i?b)?\b/i.exec(said)?.[1];
  if (entry === undefined || size === undefined) return [said];
  const chip = text(entry.device).replaceAll(/\d+ (?:or|and) \d+ ?g\w*|\b\d+ ?g(?:i?b)?\b/gi, '');
  return [`${chip} ${size}GB`, said];
}

function deviceAmong(candidates: readonly string[]): string | undefined {
  for (const words of candidates) {
    const device = words === '' ? undefined : deviceNamed(words);
    if (device !== undefined) return device;
    // A device that is named and not in the catalog must not pass for the entry's.
    if (/\b(gpu|gtx|rtx|tesla|xeon|tpu|gaudi|ipu|ascend|instinct)\b/i.test(words)) return undefined;
  }
  return undefined;
}

/** The device of a machine that words name. */
function machine(words: string): string | undefined {
  const node = nodeNamed(words);
  return node === undefined ? undefined : deviceOf(node);
}

function countPerHost(said: string, entry: SourceHardware | undefined): number | undefined {
  const inWords = /\b(\d+) ?x ?(?!\d)[A-Z]/i.exec(said) ?? /(\d+) GPUs per node/i.exec(text(entry?.topology));
  const count = asNumber(entry?.count_per_host) ?? (inWords === null ? undefined : Number(inWords[1]));
  return count !== undefined && Number.isInteger(count) && count >= 1 && count <= 64 ? count : undefined;
}

function networkOf(
  said: string,
  entry: SourceHardware | undefined,
  point: Facts,
  accelerators: number,
): NetworkWords | undefined {
  if (typeof point.net === 'string') return networkNamed(point.net, accelerators);
  const nic = asNumber(point.nic_gbps);
  if (nic !== undefined) return networkNamed(`${nic} Gb/s Ethernet`, accelerators);
  const between =
    entry?.interconnect_inter ?? entry?.interconnect ?? betweenHosts(entry?.topology) ?? betweenHosts(said);
  if (!Array.isArray(between)) return networkNamed(text(between), accelerators);
  // Several: of systems that were told together, nobody knows which has which.
  const networks = between.map((words) => networkNamed(text(words), accelerators));
  return networks.every((network) => JSON.stringify(network) === JSON.stringify(networks[0]))
    ? networks[0]
    : undefined;
}

/** What a description of all says of the network between hosts. */
const betweenHosts = (words: unknown): string | undefined =>
  text(words)
    .split(',')
    .find((part) => /infiniband|ethernet|omni-?path|\bib\b/i.test(part));

/** How the accelerators of a host reach each other: NVLink where the form of the device has it, or the PCIe tree that is described. */
function joinedInside(device: string, accelerators: number, inside: string, words: string): Facts {
  const tree = pcieTree(inside);
  if (tree !== undefined) return { pcie: tree };
  const link = peerLinkOf(device);
  if (link === undefined || !hasNvlink(device, words) || /bridge|^pcie/i.test(inside)) return {};
  const cube = accelerators === 8 && /^(p100|v100)/.test(device) && !/nvswitch/i.test(inside);
  return { peer_link: link, peers: cube ? 'hybrid-cube-mesh' : 'switch' };
}

/** `8 GPUs per node, dual root PCIe 3.0 x16, 4 PLX switches with 2 GPUs each, QPI between sockets` */
function pcieTree(inside: string): Facts | undefined {
  const found = /(\d+) PLX switches with (\d+) GPUs each/i.exec(inside);
  if (found === null) return undefined;
  const sockets = /dual root/i.test(inside) ? 2 : 1;
  return {
    accelerators_per_switch: Number(found[2]),
    switches_per_socket: Number(found[1]) / sockets,
    ...(sockets > 1 && { socket_link: 'qpi' }),
  };
}

function nameOf(
  said: string,
  entry: SourceHardware | undefined,
  own: readonly string[],
  device: string,
): string {
  const id = text(entry?.id);
  if (id === '') return said || device;
  const named = own.find((words) => deviceNamed(words) === device);
  if (named !== undefined && plain(named) !== plain(id)) return `${id} ${named}`;
  // A claim's own words say more than the entry, unless they only list entries.
  const names = id.split('/').some((part) => plain(said).includes(plain(part)));
  return !lists(said, entry) && names ? said : id;
}

/** A name for the file: words without what YAML or a shell would mind. */
export function slug(words: string): string {
  const name = words
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return name.slice(0, 60) || 'hardware';
}

function text(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}

const wordsIn = (value: unknown): string => (Array.isArray(value) ? value.map(text).join(', ') : text(value));
