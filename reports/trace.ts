import type { Results, Timeline } from '../scenarios/results.ts';
import { visible } from './names.ts';

/**
 * The timelines in Chrome's trace event format, which Perfetto opens. Per experiment one process of devices and one
 * of links; a thread per lane. Times are microseconds, rounded to nanoseconds; bars of one thread never overlap.
 */
export function chromeTrace(results: Results): string {
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
      emitLanes(timeline, lanes, process, emit);
    }
  }
  const about = JSON.stringify({
    program: `stepcast ${results.program}`,
    title: results.title,
    seed: results.seed,
  });
  return `{"displayTimeUnit":"ns","otherData":${about},"traceEvents":[\n${events.join(',\n')}\n]}\n`;
}

function emitLanes(
  timeline: Timeline,
  lanes: readonly number[],
  pid: number,
  emit: (event: object) => void,
): void {
  const { start, end, bytes } = timeline;
  const bars = new Map<number, number[]>(lanes.map((lane) => [lane, []]));
  timeline.lane.forEach((lane, bar) => {
    bars.get(lane)?.push(bar);
  });
  let tid = 0;
  for (const lane of lanes) {
    const name = visible(timeline.lanes[lane]!.name);
    // A lane has one thread; only bars that overlap against the contract of results.json open further ones.
    const threads: { readonly tid: number; until: number }[] = [];
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
    }
  }
}
