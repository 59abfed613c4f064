import { expect, test } from 'vitest';
import { fromPageData, packTimeline, pageData, unpackTimeline } from '../../reports/page-data.ts';
import type { Results } from '../../scenarios/results.ts';
import { fixture, timeline } from './fixture.ts';

const nanoseconds = (seconds: number): number => Math.round(seconds * 1e9) / 1e9;

test('a timeline of whole nanoseconds comes back as it was, at half the length', () => {
  const any = timeline(8, 20, 6);
  const bars = { ...any, start: any.start.map(nanoseconds), end: any.end.map(nanoseconds) };
  const packed = packTimeline(bars);
  expect(unpackTimeline(JSON.parse(JSON.stringify(packed)))).toEqual(bars);
  const times = ({ starts, lengths }: { starts?: unknown; lengths?: unknown }): number =>
    JSON.stringify([starts, lengths]).length;
  expect(times(packed as never)).toBeLessThan(0.6 * JSON.stringify([bars.start, bars.end]).length);
});

test('times that are no whole nanoseconds are left alone, and so is all else', () => {
  const results = fixture();
  const kept = JSON.parse(JSON.stringify(pageData(results))) as Results;
  expect(fromPageData(kept)).toEqual(JSON.parse(JSON.stringify(results)));
  expect(fromPageData({ format: 'stepcast validation', timeline: 1 })).toEqual({
    format: 'stepcast validation',
    timeline: 1,
  });
});
