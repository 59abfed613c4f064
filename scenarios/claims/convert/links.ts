import { linkIds } from '../../../devices/catalog/index.ts';

/* Networks and links inside hosts, as people describe them. */

/** What a scenario's `network` says. */
export interface NetworkWords {
  readonly link?: string;
  readonly bandwidth?: string;
  readonly latency?: string;
  readonly count?: number;
}

/** InfiniBand by generation and by its rate in Gb/s. */
const INFINIBAND: readonly [RegExp, number, string][] = [
  [/\bxdr\b/i, 800, 'ib-xdr'],
  [/\bndr\b/i, 400, 'ib-ndr'],
  [/\bhdr\b/i, 200, 'ib-hdr'],
  [/\bedr\b/i, 100, 'ib-edr'],
  [/\bfdr\b/i, 56, 'ib-fdr'],
];

/** The rate of an adapter of which no other is said: its fastest. */
const ADAPTERS: readonly [RegExp, number][] = [
  [/connectx[- ]?8/i, 800],
  [/connectx[- ]?7|\bbf-?3\b|bluefield-?3/i, 400],
  [/connectx[- ]?6/i, 200],
  [/connectx[- ]?5|connectx[- ]?4/i, 100],
];

/** One way over Ethernet between two hosts' stacks, for rates that the catalog has no link of: that of its Ethernet links. */
const ETHERNET_LATENCY = '12.5 us';

const LONGEST = 500;

/**
 * What hosts are joined by: `8x ConnectX-6 IB HDR 200Gb/s`, `10 Gbps Ethernet`, `100 GB/s per server, 8 InfiniBand adapters`. Of several
 * networks, the one for computation; undefined where the words give no rate. `accelerators`: for rates per GPU.
 */
export function networkNamed(words: string, accelerators: number): NetworkWords | undefined {
  // Lanes of a link are no adapters.
  const text = words
    .slice(0, LONGEST)
    .replaceAll(/\b4x (?=[efhnx]dr\b)/gi, '')
    .replaceAll(/connectx - /gi, 'ConnectX-');
  if (/^\s*(not stated|todo|n\/a)/i.test(text)) return undefined;
  for (const part of partsOf(text)) {
    const found = networkOfPart(part, accelerators);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The parts of a description that are about computation: labelled so, or from the fastest on. */
function partsOf(text: string): readonly string[] {
  const labelled = /\bcompute\s*:\s*([^;]*?)(?=,?\s*(?:storage|management)\s*:|\+\s*management|$)/i.exec(
    text,
  );
  if (labelled !== null) return [labelled[1]!];
  // What a configuration says in brackets is more exact than the sum before it.
  const inside = /\(([^)]*\d+\s*x[^)]*)\)/i.exec(text)?.[1];
  const others = withRates(text.replaceAll(/\b(storage|management)\s*:[^,;]*/gi, '').split(/[,;]/));
  return [
    ...(inside === undefined ? [] : [inside]),
    ...others.sort((a, b) => (rateOf(b) ?? 0) - (rateOf(a) ?? 0)),
  ];
}

/** Parts joined until each has a rate: `2x ConnectX-6, 100Gb/s Ethernet` is one network. */
function withRates(parts: readonly string[]): string[] {
  const joined: string[] = [];
  let before = '';
  for (const part of parts) {
    if (statedRate(part) !== undefined) {
      joined.push(`${before} ${part}`.trim());
      before = '';
    } else if (joined.length > 0) joined.push(`${joined.pop()} ${part}`);
    else before = `${before} ${part}`;
  }
  return joined.length > 0 ? joined : [before];
}

/** Rate in Gb/s that words give, or that of the adapter that they name. */
function rateOf(words: string): number | undefined {
  return statedRate(words) ?? ADAPTERS.find(([pattern]) => pattern.test(words))?.[1];
}

function statedRate(words: string): number | undefined {
  const bytes = /(\d+(?:\.\d+)?)\s*GB\/s/.exec(words);
  if (bytes !== null) return Number(bytes[1]) * 8;
  const bits = /(\d+(?:\.\d+)?)\s*(?:gb\s*\/\s*s|gbps|gbit\/s|gbe\b|gige\b|gigabit|g(?=\s*nic|\b))/i.exec(
    words,
  );
  if (bits !== null) return Number(bits[1]);
  if (/gig(abit|a)? ethernet/i.test(words)) return 1;
  if (/omni-?path.*\b100\b/i.test(words)) return 100;
  return INFINIBAND.find(([pattern]) => pattern.test(words))?.[1];
}

function networkOfPart(words: string, accelerators: number): NetworkWords | undefined {
  const rate = rateOf(words);
  if (rate === undefined) return undefined;
  const perAccelerator = /per (gpu|chip|accelerator)/i.test(words);
  const adapters = adaptersIn(words);
  const count = perAccelerator ? accelerators : adapters;
  // "100 GB/s per server, 8 adapters": the rate is that of all.
  const isTotal = /(gb\/s|gbps) per (server|host|node)/i.test(words) && !/\d\s*x\b/i.test(words);
  const each = isTotal ? rate / count : rate;
  const total = (link: string): NetworkWords => (count > 1 ? { link, count } : { link });
  if (/omni-?path|\bopa\b/i.test(words) && linkIds.includes('opa-100')) return total('opa-100');
  const infiniband =
    /infiniband|\bib\b|[fehnx]dr\b/i.test(words) ||
    (!/ether|roce|efa|gbe|vm\b|vpc/i.test(words) && /connectx/i.test(words));
  if (infiniband) {
    const row = INFINIBAND.find(([, gigabits]) => Math.abs(gigabits - each) <= 0.05 * gigabits);
    if (row !== undefined && linkIds.includes(row[2])) return total(row[2]);
  }
  const family = /\befa\b/i.test(words) ? 'efa' : /\broce/i.test(words) ? 'roce' : 'eth';
  for (const id of [`${family}-${Math.round(each)}g`, `eth-${Math.round(each)}g`])
    if (linkIds.includes(id)) return total(id);
  return { bandwidth: `${each} Gb/s`, latency: ETHERNET_LATENCY, ...(count > 1 && { count }) };
}

/** `8x ConnectX-6`, `4 IB HDR per node`, `8 InfiniBand adapters`; 1 where no number is given. */
function adaptersIn(words: string): number {
  const found =
    /(?<![-\w.])(\d+)\s*(?:infiniband|ib|nics?|adapters|hdr|ndr|edr)\b/i.exec(words) ??
    /(\d+)\s*x(?![a-z])/i.exec(words);
  return Math.min(64, Number(found?.[1] ?? 1));
}

/** NVLinks, and the devices that have them. */
const NVLINKS: readonly (readonly [devices: RegExp, link: string])[] = [
  [/^(b200|gb200)/, 'nvlink5'],
  [/^(h100|h200|gh200)/, 'nvlink4'],
  [/^a100/, 'nvlink3'],
  [/^v100/, 'nvlink2'],
  [/^p100/, 'nvlink1'],
];

/** The link between the accelerators of a host: the one that a device has, whatever generation the words say. */
export const peerLinkOf = (device: string): string | undefined =>
  NVLINKS.find(([devices]) => devices.test(device))?.[1];

/** PCIe that a device of its time has. */
export function busOf(device: string, year: number): string {
  if (/^(h100|h200|b200|gb200|gh200|mi300)/.test(device)) return 'pcie5-x16';
  return year >= 2020 ? 'pcie4-x16' : 'pcie3-x16';
}
