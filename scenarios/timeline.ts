import { getOrMake } from '../base/get-or-make.ts';
import type { Cluster } from '../devices/cluster.ts';
import { partitionedName } from '../graph/partition.ts';
import type { CompiledPlan } from '../sim/compile.ts';
import { criticalPath, type PathStretch } from '../sim/critical-path.ts';
import type { LinkLoads } from '../sim/network/link-loads.ts';
import type { Simulation } from '../sim/simulation.ts';
import { Row, type Trace } from '../sim/trace.ts';
import type { BarKind, Timeline } from './results.ts';

/**
 * Bars that are shorter than this share of the whole are joined where they touch, on links and on devices that several
 * loops share: nobody could see them one by one.
 */
const SHORTEST_SHARE = 1 / 1000;
/** Directions of links that have a lane. */
const SHOWN_LINKS = 64;
/** With more bars than this, browsers become slow, and reports large. */
const MOST_SINGLE_BARS = 100_000;
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

/** What a bar is made from. */
interface Stretch {
  readonly lane: number;
  readonly text: string;
  readonly kind: BarKind;
  readonly start: number;
  readonly end: number;
  readonly bytes: number;
  /** Whether it may be joined to a short neighbour. */
  readonly joinable: boolean;
}

/**
 * The recorded part of a simulation as bars: devices first, then the directions of links that carried something. A bar
 * of a link is a stretch of constant load, whatever transfers share it.
 */
export function timelineOf(
  what: string,
  cluster: Cluster,
  program: CompiledPlan,
  simulation: Simulation,
  dispatchSeconds?: Float64Array,
): Timeline {
  const { loops } = program;
  const { trace, linkLoads, recorded } = simulation;
  const hidden = hiddenHosts(loops, cluster);
  const isShown = (hosts: readonly string[], start: number, end: number): boolean =>
    end > start && start < recorded.until && !hosts.some((host) => hidden.has(host));
  const lanes: { name: string; kind: BarKind }[] = [];
  const laneOf = (kind: BarKind, count: number, name: (place: number) => string, used: Iterable<number>) => {
    const number = new Int32Array(count).fill(-1);
    for (const place of used) number[place] = 0;
    for (const [place, isUsed] of number.entries()) {
      if (isUsed === 0) number[place] = lanes.push({ name: name(place), kind }) - 1;
    }
    return number;
  };

  const ops = indices(trace.length).filter(
    (row) =>
      trace.kind[row] === Row.node &&
      trace.place[row]! >= 0 &&
      isShown([cluster.devices[trace.place[row]!]!.host], trace.start[row]!, trace.end[row]!),
  );
  const linkHosts = cluster.links.map(({ name }) => name.split(' → ').map(hostOfEnd));
  const loads = indices(linkLoads.length).filter((row) =>
    isShown(linkHosts[linkLoads.link[row]!]!, linkLoads.start[row]!, linkLoads.end[row]!),
  );
  const deviceLane = laneOf(
    'compute',
    cluster.devices.length,
    (device) => cluster.devices[device]!.name,
    ops.map((row) => trace.place[row]!),
  );
  const linkLane = laneOf(
    'transfer',
    cluster.links.length,
    (link) => cluster.links[link]!.name,
    shownLinks(loads, linkLoads),
  );

  const exchangeRows = indices(trace.length).filter(
    (row) =>
      trace.kind[row] === Row.exchange &&
      isShown([cluster.devices[trace.place[row]!]!.host], trace.start[row]!, trace.end[row]!),
  );
  const exchangeLane = exchangeLanes(exchangeRows, trace, (device, number) => {
    const which = number === 0 ? '' : ` ${number + 1}`;
    return lanes.push({ name: `${cluster.devices[device]!.name}: exchanges${which}`, kind: 'transfer' }) - 1;
  });

  const usersOf = new Int32Array(cluster.devices.length);
  for (const { device } of loops) for (const each of new Set(device)) usersOf[each]!++;
  const opStretch = (row: number): Stretch => {
    const { template, loop } = loops[trace.loop[row]!]!;
    // The lane names a worker's own devices already.
    const own = usersOf[trace.place[row]!] === 1;
    const name = partitionedName(template, trace.node[row]!);
    return {
      lane: deviceLane[trace.place[row]!]!,
      text: own ? name : `${name} (${loop.name})`,
      kind: 'compute',
      start: trace.start[row]!,
      end: Math.min(trace.end[row]!, recorded.until),
      bytes: 0,
      joinable: !own,
    };
  };
  const loadStretch = (row: number): Stretch => {
    const link = linkLoads.link[row]!;
    const [start, end, bytes] = [linkLoads.start[row]!, linkLoads.end[row]!, linkLoads.bytes[row]!];
    const share = bytes / (end - start) / cluster.links[link]!.model.bytesPerSecond.value;
    const transfers = linkLoads.transfers[row]!;
    return {
      lane: linkLane[link]!,
      text: `${transfers} transfer${transfers === 1 ? '' : 's'}, ${Math.round(100 * share)} % of bandwidth`,
      kind: 'transfer',
      start,
      end: Math.min(end, recorded.until),
      bytes,
      joinable: true,
    };
  };
  const exchangeStretch = (row: number): Stretch => ({
    lane: exchangeLane.get(row)!,
    text: partitionedName(loops[trace.loop[row]!]!.template, trace.node[row]!),
    kind: 'transfer',
    start: trace.start[row]!,
    end: Math.min(trace.end[row]!, recorded.until),
    bytes: trace.bytes[row]!,
    joinable: false,
  });
  const stretches = [
    ...ops.map(opStretch),
    ...exchangeRows.map(exchangeStretch),
    ...loads.filter((row) => linkLane[linkLoads.link[row]!]! >= 0).map(loadStretch),
  ];
  const bars = joined(
    stretches,
    (recorded.until - recorded.from) * SHORTEST_SHARE,
    stretches.length > MOST_SINGLE_BARS,
  );
  const title =
    hidden.size === 0
      ? what
      : `${what} (the first ${SHOWN_REPLICAS} workers of ${SHOWN_REPLICAS + hidden.size})`;
  const laneOfRow = (row: number): number => {
    const kind = trace.kind[row]!;
    if (kind === Row.exchange) return exchangeLane.get(row) ?? -1;
    if (kind === Row.node) return trace.place[row]! < 0 ? -1 : deviceLane[trace.place[row]!]!;
    if (kind !== Row.transfer) return -1;
    const { activities, route } = loops[trace.loop[row]!]!;
    const links = route[activities.subject[trace.node[row]!]!]!;
    const shown = links.find((link) => linkLane[link]! >= 0);
    return shown === undefined ? -1 : linkLane[shown]!;
  };
  const path = criticalPath(program, cluster, simulation, dispatchSeconds);
  return {
    title,
    lanes,
    ...columnsOf(bars, recorded.from),
    critical: criticalColumns(path, laneOfRow, recorded.from),
  };
}

/** The path on its lanes; stretches that touch on a lane are one. */
function criticalColumns(
  path: readonly PathStretch[],
  laneOfRow: (row: number) => number,
  origin: number,
): Timeline['critical'] {
  const columns = { lane: [] as number[], start: [] as number[], end: [] as number[] };
  for (const { row, start, end } of path) {
    const lane = row < 0 ? -1 : laneOfRow(row);
    if (lane < 0) continue;
    const from = nanoseconds(start - origin);
    const last = columns.lane.length - 1;
    if (columns.lane[last] === lane && columns.end[last] === from) columns.end.pop();
    else {
      columns.lane.push(lane);
      columns.start.push(from);
    }
    columns.end.push(nanoseconds(end - origin));
  }
  return columns;
}

/** Hosts that only replicas beyond the first few run on. */
function hiddenHosts(loops: CompiledPlan['loops'], cluster: Cluster): ReadonlySet<string> {
  const hostsOf = (all: CompiledPlan['loops']): string[] =>
    all.flatMap(({ device }) => Array.from(device, (index) => cluster.devices[index]!.host));
  const isHidden = ({ loop }: CompiledPlan['loops'][number]): boolean => loop.replica >= SHOWN_REPLICAS;
  const shown = new Set(hostsOf(loops.filter((each) => !isHidden(each))));
  return new Set(hostsOf(loops.filter(isHidden)).filter((host) => !shown.has(host)));
}

/** The links that loads are of; of many, those that carry most. */
function shownLinks(rows: readonly number[], { link, bytes }: LinkLoads): readonly number[] {
  const carried = new Map<number, number>();
  for (const row of rows) carried.set(link[row]!, (carried.get(link[row]!) ?? 0) + bytes[row]!);
  return [...carried.keys()].sort((a, b) => carried.get(b)! - carried.get(a)! || a - b).slice(0, SHOWN_LINKS);
}

/** Per exchange its lane: one for each device, and more where a device has several under way at a time. */
function exchangeLanes(
  rows: readonly number[],
  trace: Trace,
  newLane: (device: number, number: number) => number,
): Map<number, number> {
  const lanesOf = new Map<number, { readonly lane: number; until: number }[]>();
  const laneOf = new Map<number, number>();
  for (const row of rows) {
    const device = trace.place[row]!;
    const own = getOrMake(lanesOf, device, () => []);
    let free = own.find(({ until }) => until <= trace.start[row]!);
    if (free === undefined) {
      free = { lane: newLane(device, own.length), until: 0 };
      own.push(free);
    }
    free.until = trace.end[row]!;
    laneOf.set(row, free.lane);
  }
  return laneOf;
}

const indices = (length: number): number[] => Array.from({ length }, (_, i) => i);

/**
 * Bars in order of their starts; neighbours on a lane that touch and are shorter than `short` become one. Where it is
 * `crowded`, they may be of any kind, and gaps that are as short do not count.
 */
function joined(stretches: readonly Stretch[], short: number, crowded: boolean): Bar[] {
  const order = indices(stretches.length).sort((a, b) => stretches[a]!.start - stretches[b]!.start || a - b);
  const bars: Bar[] = [];
  const open: (Bar | undefined)[] = [];
  for (const i of order) {
    const { lane, text, kind, start, end, bytes, joinable } = stretches[i]!;
    const before = open[lane];
    const touches = before !== undefined && (crowded ? start - before.end < short : start === before.end);
    if ((joinable || crowded) && touches && before.end - before.start < short && end - start < short) {
      before.end = end;
      before.bytes += bytes;
      before.parts++;
      continue;
    }
    const bar: Bar = { lane, text, kind, start, end, bytes, parts: 1 };
    bars.push(bar);
    open[lane] = bar;
  }
  return bars;
}

/** `worker/3` of `worker/3` and of `worker/3/GPU:0`: loops of workers are named after their hosts. */
function hostOfEnd(end: string): string {
  return end.split('/', 2).join('/');
}

/** Times are to the nanosecond: more digits would only fill the file. */
const nanoseconds = (seconds: number): number => Math.round(seconds * 1e9) / 1e9;

function columnsOf(bars: readonly Bar[], origin: number): Omit<Timeline, 'title' | 'lanes' | 'critical'> {
  const labels: string[] = [];
  const numbers = new Map<string, number>();
  const label = bars.map(({ text, kind, parts }) => {
    const shown =
      parts === 1 ? text : `${parts} ${kind === 'compute' ? 'ops' : 'stretches of changing load'}`;
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
