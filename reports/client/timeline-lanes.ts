import type { Timeline } from '../../scenarios/results.ts';
import { shortName } from '../names.ts';
import { laneBars } from './timeline-bars.ts';
import type { ShownLane } from './timeline-paint.ts';

/** The lanes that have bars, and the time that these span. */
export function shownLanes(timeline: Timeline): {
  readonly lanes: readonly ShownLane[];
  readonly from: number;
  readonly to: number;
} {
  const { lanes, bars, from, to } = laneBars(timeline);
  const { critical } = timeline;
  const stretches = timeline.lanes.map((): number[] => []);
  for (const [i, lane] of critical.lane.entries())
    stretches[lane]?.push(critical.start[i]!, critical.end[i]!);
  return {
    lanes: lanes.map((lane, i) => ({
      name: shortName(timeline.lanes[lane]!.name, 48),
      kind: timeline.lanes[lane]!.kind === 'transfer' ? 'communication' : 'compute',
      bars: bars[i]!,
      critical: Float64Array.from(stretches[lane]!),
    })),
    from,
    to,
  };
}

/** Per label: 1 where it holds all words that are asked for, in any case; undefined where none are. */
export function labelsWith(labels: readonly string[], asked: string): Uint8Array | undefined {
  const words = asked
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return undefined;
  return Uint8Array.from(labels, (label) => {
    const text = label.toLowerCase();
    return words.every((word) => text.includes(word)) ? 1 : 0;
  });
}

/** The bars of the lanes whose labels are found, by start. */
export function barsFound(
  { label, start }: Timeline,
  lanes: readonly ShownLane[],
  found: Uint8Array,
): { readonly lane: number; readonly position: number }[] {
  const places: { lane: number; position: number; start: number }[] = [];
  for (const [lane, { bars }] of lanes.entries()) {
    for (let position = 0; position < bars.length; position++) {
      const bar = bars[position]!;
      if (found[label[bar]!] === 1) places.push({ lane, position, start: start[bar]! });
    }
  }
  return places.sort((a, b) => a.start - b.start || a.lane - b.lane);
}
