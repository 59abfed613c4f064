import type { Results, Timeline } from '../scenarios/results.ts';
import { visible } from './names.ts';

/** Perfetto in a browser becomes slow beyond. */
const MOST_BYTES = 50e6;
/** What an event takes besides its name: the keys and numbers of a long one. */
const EVENT_BYTES = 160;

/**
 * The timelines in Chrome's trace event format, which Perfetto opens. Per experiment one process of devices and one
 * of links; a thread per lane, and for each link a counter of what it moves. Times are microseconds, rounded to nanoseconds; bars of one thread never overlap.
 * Where the file would exceed `mostBytes`, the shortest bars are left out, and the file says how many.
 */
export function chromeTrace(results: Results, mostBytes = MOST_BYTES): string {
  const keeps = keptBars(results, mostBytes);
  let leftOut = 0;
  const events: string[] = [];
  const emit = (event: object) => events.push(JSON.stringify(event));
  let process = 0;
  for (const { title, timeline } of [...results.training, ...results.placement]) {
    if (timeline === null) continue;
    for (const kind of ['compute', 'transfer'] as const) {
      const lanes = timeline.lanes.flatMap((lane, index) => (lane.kind === kind ? [index] : []));
      if (lanes.length === 0) continue;
      process++;
      const name = `${visible(title)}: ${kind === 'compute' ? 'devices' : 'links'}`;
      emit({ ph: 'M', pid: process, tid: 0, name: 'process_name', args: { name } });
      emit({ ph: 'M', pid: process, tid: 0, name: 'process_sort_index', args: { sort_index: process } });
      leftOut += emitLanes(timeline, lanes, process, keeps.get(timeline)!, emit);
    }
  }
  const about = JSON.stringify({
    program: `stepcast ${results.program}`,
    title: results.title,
    seed: results.seed,
    ...(leftOut > 0 && { leftOut: `the ${leftOut} shortest bars, to keep the file small` }),
  });
  return `{"displayTimeUnit":"ns","otherData":${about},"traceEvents":[\n${events.join(',\n')}\n]}\n`;
}

/** Per timeline, 1 for each bar that is kept: the longest of all timelines that fit into `mostBytes`. */
function keptBars({ training, placement }: Results, mostBytes: number): Map<Timeline, Uint8Array> {
  const encoder = new TextEncoder();
  const keeps = new Map<Timeline, Uint8Array>();
  let sum = 0;
  const bars: {
    readonly of: Timeline;
    readonly bar: number;
    readonly seconds: number;
    readonly bytes: number;
  }[] = [];
  for (const { timeline: of } of [...training, ...placement]) {
    if (of === null) continue;
    keeps.set(of, new Uint8Array(of.label.length));
    const bytesOf = (name: string): number =>
      EVENT_BYTES + encoder.encode(JSON.stringify(visible(name))).length;
    const labels = of.labels.map(bytesOf);
    const lanes = of.lanes.map(({ name }) => bytesOf(name));
    // Names of threads come on top, and with each bar of a link two points of its counter.
    for (const bytes of lanes) sum += 2 * bytes;
    for (const [bar, label] of of.label.entries()) {
      const lane = of.lane[bar]!;
      const points = of.lanes[lane]?.kind === 'transfer' ? 2 * lanes[lane]! : 0;
      const bytes = (labels[label] ?? EVENT_BYTES) + points;
      bars.push({ of, bar, seconds: of.end[bar]! - of.start[bar]!, bytes });
    }
  }
  bars.sort((a, b) => b.seconds - a.seconds);
  for (const { of, bar, bytes } of bars) {
    sum += bytes;
    if (sum > mostBytes) break;
    keeps.get(of)![bar] = 1;
  }
  return keeps;
}

/** Returns how many bars it left out. */
function emitLanes(
  timeline: Timeline,
  lanes: readonly number[],
  pid: number,
  keep: Uint8Array,
  emit: (event: object) => void,
): number {
  const { start, end, bytes } = timeline;
  const bars = new Map<number, number[]>(lanes.map((lane) => [lane, []]));
  let leftOut = 0;
  timeline.lane.forEach((lane, bar) => {
    if (keep[bar] === 1) bars.get(lane)?.push(bar);
    else if (bars.has(lane)) leftOut++;
  });
  let tid = 0;
  for (const lane of lanes) {
    const name = visible(timeline.lanes[lane]!.name);
    // A lane has one thread; only bars that overlap against the contract of results.json open further ones.
    const threads: { readonly tid: number; until: number }[] = [];
    let idleFrom = -1;
    const counter = (at: number, bytesPerSecond: number): void => {
      if (idleFrom >= 0 && idleFrom < at) {
        emit({ ph: 'C', pid, name, ts: idleFrom / 1e3, args: { 'bytes/s': 0 } });
      }
      emit({ ph: 'C', pid, name, ts: at / 1e3, args: { 'bytes/s': Math.round(bytesPerSecond) } });
    };
    for (const bar of bars.get(lane)!.sort((a, b) => start[a]! - start[b]! || end[a]! - end[b]! || a - b)) {
      // Both ends are rounded alike, so bars that touch still do.
      const from = Math.round(start[bar]! * 1e9);
      const until = Math.max(from, Math.round(end[bar]! * 1e9));
      let thread = threads.find((one) => one.until <= from);
      if (thread === undefined) {
        thread = { tid: ++tid, until };
        threads.push(thread);
        const shown = threads.length === 1 ? name : `${name} (${threads.length})`;
        emit({ ph: 'M', pid, tid, name: 'thread_name', args: { name: shown } });
        emit({ ph: 'M', pid, tid, name: 'thread_sort_index', args: { sort_index: tid } });
      }
      thread.until = until;
      emit({
        ph: 'X',
        pid,
        tid: thread.tid,
        name: visible(timeline.labels[timeline.label[bar]!] ?? ''),
        cat: timeline.lanes[lane]!.kind,
        ts: from / 1e3,
        dur: (until - from) / 1e3,
        ...(bytes[bar]! > 0 ? { args: { bytes: bytes[bar] } } : {}),
      });
      if (timeline.lanes[lane]!.kind === 'compute') continue;
      // A counter track: what the link moves from here on, and nothing from the end of the bar unless another follows.
      const rate = until > from ? bytes[bar]! / ((until - from) / 1e9) : 0;
      counter(from, rate);
      idleFrom = until;
    }
    if (idleFrom >= 0) counter(idleFrom, 0);
  }
  return leftOut;
}
