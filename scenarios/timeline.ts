import type { Cluster } from '../devices/cluster.ts';
import { partitionedName, transferKey, transferOf } from '../graph/partition.ts';
import type { CompiledPlan } from '../sim/compile.ts';
import type { Simulation } from '../sim/simulation.ts';
import { Row, type Trace } from '../sim/trace.ts';
import type { BarKind, Timeline } from './results.ts';

/** Bars of links that are shorter than this share of the whole are joined where they touch: nobody could see them. */
const SHORTEST_SHARE = 1 / 1000;

interface Bar {
  readonly lane: number;
  readonly text: string;
  readonly start: number;
  end: number;
  bytes: number;
  /** Transfers that were joined in it. */
  parts: number;
}

/** The recorded part of a simulation as bars: devices first, then the directions of links that carried something. */
export function timelineOf(
  title: string,
  cluster: Cluster,
  { loops }: CompiledPlan,
  { trace }: Simulation,
): Timeline {
  const rows = Array.from({ length: trace.length }, (_, row) => row)
    .filter((row) => isBar(trace.kind[row]!) && trace.end[row]! > trace.start[row]!)
    .sort((a, b) => trace.start[a]! - trace.start[b]! || a - b);
  const { lanes, laneOf } = lanesOf(rows, cluster, trace);
  const origin = rows.length === 0 ? 0 : trace.start[rows[0]!]!;
  const last = rows.reduce((most, row) => Math.max(most, trace.end[row]!), origin);
  const short = (last - origin) * SHORTEST_SHARE;

  const bars: Bar[] = [];
  const open: (Bar | undefined)[] = [];
  for (const row of rows) {
    const { template, loop } = loops[trace.loop[row]!]!;
    const node = trace.node[row]!;
    const isLink = trace.kind[row] === Row.link;
    const lane = laneOf(row);
    const start = trace.start[row]!;
    const end = trace.end[row]!;
    const bytes = trace.bytes[row]!;
    const before = open[lane];
    if (isLink && before?.end === start && before.end - before.start < short && end - start < short) {
      before.end = end;
      before.bytes += bytes;
      before.parts++;
      continue;
    }
    const what = isLink
      ? tensorName(transferKey(template, transferOf(template, node)))
      : partitionedName(template, node);
    const own = loops.length === 1 || belongsTo(loop.name, isLink, trace.place[row]!, cluster);
    const bar = { lane, text: own ? what : `${what} (${loop.name})`, start, end, bytes, parts: 1 };
    bars.push(bar);
    open[lane] = bar;
  }
  return { title, lanes, ...columnsOf(bars, origin) };
}

/** Whether a device or a link is the own one of a loop such as `worker/3`, so that its lane names the loop already. */
function belongsTo(loop: string, isLink: boolean, place: number, { devices, links }: Cluster): boolean {
  if (!isLink) return devices[place]!.host === loop;
  return links[place]!.name.split(' → ').some((end) => end === loop || end.startsWith(`${loop}/`));
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
  const label = bars.map(({ text, parts }) => {
    const shown = parts === 1 ? text : `${parts} pieces of several tensors`;
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
