import type { Cluster } from '../devices/cluster.ts';
import { partitionedName, transferKey, transferOf } from '../graph/partition.ts';
import type { CompiledPlan } from '../sim/compile.ts';
import type { Simulation } from '../sim/simulation.ts';
import { Row, type Trace } from '../sim/trace.ts';
import type { BarKind, Timeline } from './results.ts';

/**
 * Bars that are shorter than this share of the whole are joined where they touch, on links and on devices that several
 * loops share: nobody could see them one by one.
 */
const SHORTEST_SHARE = 1 / 1000;
/** Replicas that are shown; the others are much like them, and a picture of hundreds shows none. */
const SHOWN_REPLICAS = 8;

interface Bar {
  readonly lane: number;
  readonly text: string;
  readonly kind: BarKind;
  readonly start: number;
  end: number;
  bytes: number;
  /** Ops or transfers that were joined in it. */
  parts: number;
}

/** The recorded part of a simulation as bars: devices first, then the directions of links that carried something. */
export function timelineOf(
  what: string,
  cluster: Cluster,
  { loops }: CompiledPlan,
  { trace, recorded }: Simulation,
): Timeline {
  const hidden = new Set(
    loops.filter(({ loop }) => loop.replica >= SHOWN_REPLICAS).map(({ loop }) => loop.name),
  );
  const deviceHosts = cluster.devices.map(({ host }) => [host]);
  const linkHosts = cluster.links.map(({ name }) => name.split(' → ').map(hostOfEnd));
  const hostsOf = (row: number): readonly string[] =>
    (trace.kind[row] === Row.link ? linkHosts : deviceHosts)[trace.place[row]!]!;
  const isShown = (row: number): boolean =>
    isBar(trace.kind[row]!) &&
    trace.end[row]! > trace.start[row]! &&
    trace.start[row]! < recorded.until &&
    !hostsOf(row).some((host) => hidden.has(host));
  const rows = Array.from({ length: trace.length }, (_, row) => row)
    .filter(isShown)
    .sort((a, b) => trace.start[a]! - trace.start[b]! || a - b);
  const { lanes, laneOf } = lanesOf(rows, cluster, trace);
  const short = (recorded.until - recorded.from) * SHORTEST_SHARE;

  const bars: Bar[] = [];
  const open: (Bar | undefined)[] = [];
  for (const row of rows) {
    const { template, loop } = loops[trace.loop[row]!]!;
    const node = trace.node[row]!;
    const isLink = trace.kind[row] === Row.link;
    const lane = laneOf(row);
    const start = trace.start[row]!;
    const end = Math.min(trace.end[row]!, recorded.until);
    const bytes = trace.bytes[row]!;
    const before = open[lane];
    // The lane names a worker's own devices and links already.
    const own = loops.length === 1 || hostsOf(row).includes(loop.name);
    const joinable = isLink || !own;
    if (joinable && before?.end === start && before.end - before.start < short && end - start < short) {
      before.end = end;
      before.bytes += bytes;
      before.parts++;
      continue;
    }
    const name = isLink
      ? tensorName(transferKey(template, transferOf(template, node)))
      : partitionedName(template, node);
    const text = own ? name : `${name} (${loop.name})`;
    const bar: Bar = { lane, text, kind: isLink ? 'transfer' : 'compute', start, end, bytes, parts: 1 };
    bars.push(bar);
    open[lane] = bar;
  }
  const title =
    hidden.size === 0
      ? what
      : `${what} (the first ${SHOWN_REPLICAS} workers of ${SHOWN_REPLICAS + hidden.size})`;
  return { title, lanes, ...columnsOf(bars, recorded.from) };
}

/** `worker/3` of `worker/3` and of `worker/3/GPU:0`: loops of workers are named after their hosts. */
function hostOfEnd(end: string): string {
  return end.split('/', 2).join('/');
}

const isBar = (kind: number): boolean => kind === Row.node || kind === Row.link;

function lanesOf(rows: readonly number[], cluster: Cluster, trace: Trace) {
  const lanes: { name: string; kind: BarKind }[] = [];
  const numbers = new Map<string, number>();
  const key = (kind: number, place: number): string => `${kind} ${place}`;
  const add = (kind: BarKind, rowKind: number, names: readonly { readonly name: string }[]): void => {
    const used = new Set(rows.filter((row) => trace.kind[row] === rowKind).map((row) => trace.place[row]!));
    for (const [place, { name }] of names.entries()) {
      if (used.has(place)) numbers.set(key(rowKind, place), lanes.push({ name, kind }) - 1);
    }
  };
  add('compute', Row.node, cluster.devices);
  add('transfer', Row.link, cluster.links);
  return { lanes, laneOf: (row: number): number => numbers.get(key(trace.kind[row]!, trace.place[row]!))! };
}

/** Times are to the nanosecond: more digits would only fill the file. */
const nanoseconds = (seconds: number): number => Math.round(seconds * 1e9) / 1e9;

function columnsOf(bars: readonly Bar[], origin: number): Omit<Timeline, 'title' | 'lanes'> {
  const labels: string[] = [];
  const numbers = new Map<string, number>();
  const label = bars.map(({ text, kind, parts }) => {
    const shown = parts === 1 ? text : `${parts} ${kind === 'compute' ? 'ops' : 'pieces of tensors'}`;
    let number = numbers.get(shown);
    if (number === undefined) {
      number = labels.push(shown) - 1;
      numbers.set(shown, number);
    }
    return number;
  });
  return {
    labels,
    label,
    lane: bars.map(({ lane }) => lane),
    start: bars.map(({ start }) => nanoseconds(start - origin)),
    end: bars.map(({ end }) => nanoseconds(end - origin)),
    bytes: bars.map(({ bytes }) => Math.round(bytes)),
  };
}

/** The tensor of a transfer key: the lane already says from where and to where. */
function tensorName(key: string): string {
  return key.slice(0, key.indexOf(';'));
}
