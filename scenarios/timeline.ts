import type { Cluster } from '../devices/cluster.ts';
import { partitionedName, transferKey, transferOf } from '../graph/partition.ts';
import type { CompiledPlan } from '../sim/compile.ts';
import type { Simulation } from '../sim/engine.ts';
import { Row } from '../sim/trace.ts';
import type { BarKind, Timeline } from './results.ts';

/** The recorded part of a simulation as bars: devices first, then the directions of links that carried something. */
export function timelineOf(
  title: string,
  cluster: Cluster,
  { loops }: CompiledPlan,
  { trace }: Simulation,
): Timeline {
  const rows = Array.from({ length: trace.length }, (_, row) => row).filter(
    (row) =>
      (trace.kind[row] === Row.node || trace.kind[row] === Row.link) && trace.end[row]! > trace.start[row]!,
  );
  const lanes: { name: string; kind: BarKind }[] = [];
  const laneOf = new Map<string, number>();
  const addLanes = (kind: BarKind, rowKind: number, names: readonly { readonly name: string }[]): void => {
    const used = new Set(rows.filter((row) => trace.kind[row] === rowKind).map((row) => trace.place[row]!));
    for (const [place, { name }] of names.entries()) {
      if (used.has(place)) laneOf.set(`${kind}${place}`, lanes.push({ name, kind }) - 1);
    }
  };
  addLanes('compute', Row.node, cluster.devices);
  addLanes('transfer', Row.link, cluster.links);

  const labels: string[] = [];
  const labelOf = new Map<string, number>();
  const columns = {
    lane: [] as number[],
    label: [] as number[],
    start: [] as number[],
    end: [] as number[],
    bytes: [] as number[],
  };
  const origin = rows.reduce((least, row) => Math.min(least, trace.start[row]!), Number.POSITIVE_INFINITY);
  rows.sort((a, b) => trace.start[a]! - trace.start[b]! || a - b);
  for (const row of rows) {
    const transfers = trace.kind[row] === Row.link;
    const { template, loop } = loops[trace.loop[row]!]!;
    const node = trace.node[row]!;
    const what = transfers
      ? tensorName(transferKey(template, transferOf(template, node)))
      : partitionedName(template, node);
    const text = loops.length === 1 ? what : `${what} (${loop.name})`;
    let label = labelOf.get(text);
    if (label === undefined) {
      label = labels.push(text) - 1;
      labelOf.set(text, label);
    }
    columns.lane.push(laneOf.get(`${transfers ? 'transfer' : 'compute'}${trace.place[row]}`)!);
    columns.label.push(label);
    columns.start.push(trace.start[row]! - origin);
    columns.end.push(trace.end[row]! - origin);
    columns.bytes.push(trace.bytes[row]!);
  }
  return { title, lanes, labels, ...columns };
}

/** The tensor of a transfer key: the lane already says from where and to where. */
function tensorName(key: string): string {
  return key.slice(0, key.indexOf(';'));
}
