import { formatInteger } from '../../base/format.ts';
import { formatBytes, formatPercent, formatSeconds } from '../../base/units.ts';
import type { Timeline } from '../../scenarios/results.ts';
import type { Figure } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { shortName } from '../names.ts';

const LONGEST = 25;

/** One step, bar by bar. */
export function timeline(data: Timeline | null, id: string): Figure | undefined {
  if (data === null || data.start.length === 0) return undefined;
  const from = data.start.reduce((a, b) => Math.min(a, b));
  const length = data.end.reduce((a, b) => Math.max(a, b)) - from;
  const lanes = data.lanes.map((lane) => ({ ...lane, bars: 0, busy: 0, bytes: 0, critical: 0 }));
  for (let i = 0; i < data.start.length; i++) {
    const lane = lanes[data.lane[i]!]!;
    lane.bars++;
    lane.busy += data.end[i]! - data.start[i]!;
    lane.bytes += data.bytes[i]!;
  }
  for (const [i, lane] of data.critical.lane.entries()) {
    const on = lanes[lane];
    if (on !== undefined) on.critical += data.critical.end[i]! - data.critical.start[i]!;
  }
  const longest = Array.from(data.start.keys())
    .sort((a, b) => data.end[b]! - data.start[b]! - (data.end[a]! - data.start[a]!) || a - b)
    .slice(0, LONGEST);
  const labels = longest.map((i) => data.labels[data.label[i]!] ?? '');
  return {
    id,
    title: `One step, bar by bar: ${shortName(data.title.replace(/^One step, /, ''), 120)}${busiestInWords(lanes, length)}`,
    note: `${formatInteger(data.start.length)} bars in ${formatSeconds(length)} of simulated time. All of them, with full names, are in trace.json, which opens in Perfetto.`,
    chart: { kind: 'timeline', timeline: data },
    tables: [
      {
        caption: 'Lanes of the timeline',
        columns: [
          text(
            'Lane',
            lanes.map((lane) => shortName(lane.name)),
            lanes.map((lane) => lane.name),
          ),
          text(
            'Kind',
            lanes.map((lane) => lane.kind),
          ),
          numbers(
            'Bars',
            lanes.map((lane) => formatInteger(lane.bars)),
          ),
          numbers(
            'Busy',
            lanes.map((lane) => formatSeconds(lane.busy)),
          ),
          numbers(
            'Busy (% of the step)',
            lanes.map((lane) => formatPercent(length > 0 ? lane.busy / length : 0)),
          ),
          numbers(
            'On the critical path',
            lanes.map((lane) => formatSeconds(lane.critical)),
          ),
          numbers(
            'Moved',
            lanes.map((lane) => (lane.kind === 'transfer' ? formatBytes(lane.bytes) : '–')),
          ),
        ],
      },
      {
        caption: `The ${formatInteger(longest.length)} longest bars`,
        columns: [
          text(
            'Node or tensor',
            labels.map((label) => shortName(label)),
            labels,
          ),
          text(
            'Lane',
            longest.map((i) => shortName(data.lanes[data.lane[i]!]!.name)),
          ),
          numbers(
            'Start',
            longest.map((i) => formatSeconds(data.start[i]! - from)),
          ),
          numbers(
            'Duration',
            longest.map((i) => formatSeconds(data.end[i]! - data.start[i]!)),
          ),
          numbers(
            'Bytes',
            longest.map((i) => (data.bytes[i]! > 0 ? formatBytes(data.bytes[i]!) : '–')),
          ),
        ],
      },
    ],
    width: 'full',
  };
}

/** `; ps 0 · CPU 0 is busy for 93 % of it` */
function busiestInWords(
  lanes: readonly { readonly name: string; readonly kind: string; readonly busy: number }[],
  length: number,
): string {
  const computing = lanes.filter(({ kind }) => kind === 'compute');
  const [first] = computing.toSorted((a, b) => b.busy - a.busy);
  if (first === undefined || length <= 0) return '';
  return `; ${shortName(first.name, 48)} is busiest, ${formatPercent(first.busy / length)} of it`;
}
