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
  const text = words.slice(0, LONGEST);
  if (/^\s*(not stated|todo|n\/a)/i.test(text)) return undefined;
  for (const part of partsOf(text)) {
    const found = networkOfPart(part, accelerators);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The parts of a description that are about computation, those labelled so first. */
function partsOf(text: string): readonly string[] {
  const labelled = /\bcompute\s*:\s*([^;]*?)(?=,?\s*(?:storage|management)\s*:|$)/i.exec(text);
  if (labelled !== null) return [labelled[1]!];
  // What a configuration says in brackets is more exact than the sum before it.
  const inside = /\(([^)]*\d+\s*x[^)]*)\)/i.exec(text);
  const others = text.replaceAll(/\b(storage|management)\s*:[^,;]*/gi, '').split(/,\s*(?=\d+\s*x\b)|;/i);
  return [...(inside === null ? [] : [inside[1]!]), ...others.reverse().sort(fastestFirst), text];
}

const fastestFirst = (a: string, b: string): number => (rateOf(b) ?? 0) - (rateOf(a) ?? 0);

/** Rate in Gb/s that words give. */
function rateOf(words: string): number | undefined {
  const bits =
    /(\d+(?:\.\d+)?)\s*(?:gb\s*\/\s*s|gbps|gbit\/s|gb\s*\/\s*sec|gbe|gige|gigabit|g(?=\s*(?:nic|\b)))/i.exec(
      words,
    );
  const bytes = /(\d+(?:\.\d+)?)\s*GB\/s/.exec(words);
  if (bytes !== null) return Number(bytes[1]) * 8;
  if (bits !== null) return Number(bits[1]);
  if (/gigabit ethernet|gig(?:a)? ethernet/i.test(words)) return 1;
  return (
    INFINIBAND.find(([pattern]) => pattern.test(words))?.[1] ??
    ADAPTERS.find(([pattern]) => pattern.test(words))?.[1]
  );
}

function networkOfPart(words: string, accelerators: number): NetworkWords | undefined {
  const rate = rateOf(words);
  if (rate === undefined) return undefined;
  const perAccelerator = /per (gpu|chip|accelerator)/i.test(words);
  const adapters = Number(/(\d+)\s*(?:x\b|infiniband adapters|nics|adapters)/i.exec(words)?.[1] ?? 1);
  const count = perAccelerator ? accelerators : adapters;
  // "100 GB/s per server, 8 adapters": the rate is that of all.
  const each = /per (server|host|node)/i.test(words) && !/\d\s*x\b/i.test(words) ? rate / count : rate;
  const total = (link: string): NetworkWords => (count > 1 ? { link, count } : { link });
  if (/omni-?path|\bopa\b/i.test(words) && linkIds.includes('omni-path-100')) return total('omni-path-100');
  const infiniband =
    /infiniband|\bib\b|[fehnx]dr\b/i.test(words) ||
    (!/ether|roce|efa|gbe|vm\b|vpc/i.test(words) && /connectx/i.test(words));
  if (infiniband) {
    const row = INFINIBAND.find(([, gigabits]) => Math.abs(gigabits - each) <= 0.05 * gigabits);
    if (row !== undefined && linkIds.includes(row[2])) return total(row[2]);
  }
  const ethernet = `eth-${Math.round(each)}g`;
  if (linkIds.includes(ethernet)) return total(ethernet);
  return { bandwidth: `${each} Gb/s`, latency: ETHERNET_LATENCY, ...(count > 1 && { count }) };
}

/** NVLinks by generation, and the devices that have them. */
const NVLINKS: readonly [link: string, generation: RegExp, devices: RegExp][] = [
  ['nvlink5', /nvlink[- ]?(?:gen ?)?5|5th gen|gen ?5/i, /^(b200|b300|gb200|gb300)/],
  ['nvlink4', /nvlink[- ]?(?:gen ?)?4|4th gen|gen ?4/i, /^(h100|h200|h800|gh200)/],
  ['nvlink3', /nvlink[- ]?(?:gen ?)?3|3rd gen|gen ?3/i, /^(a100|a30)/],
  ['nvlink2', /nvlink[- ]?(?:gen ?)?2|2nd gen/i, /^v100/],
  ['nvlink1', /nvlink[- ]?(?:gen ?)?1/i, /^p100/],
];

/** The link between the accelerators of a host: the one that a device has, whatever generation the words say. */
export function peerLinkOf(device: string): string | undefined {
  const link = NVLINKS.find(([, , devices]) => devices.test(device))?.[0];
  return link !== undefined && linkIds.includes(link) ? link : undefined;
}

/** PCIe that a device of its time has. */
export function busOf(device: string, year: number): string {
  if (/^(h100|h200|b200|b300|gb200|gh200|mi300|mi325|l40s)/.test(device) && device !== 'l40s')
    return 'pcie5-x16';
  return year >= 2020 ? 'pcie4-x16' : 'pcie3-x16';
}
