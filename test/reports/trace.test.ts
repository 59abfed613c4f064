import { describe, expect, test } from 'vitest';
import { chromeTrace } from '../../reports/trace.ts';
import { fixture, timeline, trainingExperiment } from './fixture.ts';
import { hostileResults } from './hostile.ts';

interface TraceEvent {
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly args?: { readonly name?: string; readonly bytes?: number; readonly sort_index?: number };
}

const eventsOf = (json: string): TraceEvent[] => JSON.parse(json).traceEvents;
const only = (changes: Partial<ReturnType<typeof timeline>>) =>
  fixture({
    training: [{ ...trainingExperiment(false), timeline: { ...timeline(1, 1, 1), ...changes } }],
    placement: [],
  });

function overlaps(events: readonly TraceEvent[]): number {
  const until = new Map<string, number>();
  let count = 0;
  for (const event of events.filter(({ ph }) => ph === 'X').sort((a, b) => a.ts - b.ts || a.dur - b.dur)) {
    const thread = `${event.pid}/${event.tid}`;
    // In whole nanoseconds, as Perfetto reads them.
    if (Math.round(event.ts * 1e3) < (until.get(thread) ?? 0)) count++;
    until.set(thread, Math.round(event.ts * 1e3) + Math.round(event.dur * 1e3));
  }
  return count;
}

describe('chromeTrace', () => {
  const events = eventsOf(chromeTrace(fixture()));

  test('has every bar of every timeline, and none overlaps another of its thread', () => {
    const bars = 2 * timeline(4, 40, 12).start.length + timeline(3, 20, 10).start.length;
    expect(events.filter((event) => event.ph === 'X')).toHaveLength(bars);
    expect(overlaps(events)).toBe(0);
  });

  test('devices and links are processes, lanes are threads in their order', () => {
    const names = (key: string) =>
      events.filter((event) => event.name === key).map((event) => event.args!.name);
    expect(names('process_name').slice(0, 2)).toEqual([
      'A small convolutional net on handwritten digits: devices',
      'A small convolutional net on handwritten digits: links',
    ]);
    expect(names('thread_name').slice(0, 2)).toEqual([
      '/job:worker/task:0/device:GPU:0',
      '/job:worker/task:1/device:GPU:0',
    ]);
  });

  test('times are microseconds', () => {
    const [bar] = eventsOf(
      chromeTrace(only({ lane: [0], label: [0], start: [0.0015], end: [0.0035005], bytes: [12] })),
    ).filter((event) => event.ph === 'X');
    expect(bar).toMatchObject({ ts: 1500, dur: 2000.5, args: { bytes: 12 }, cat: 'compute' });
  });

  test('touching bars stay on one thread, however the times round', () => {
    const third = Array.from({ length: 100 }, (_, i) => i / 3e6);
    const json = chromeTrace(
      only({
        lane: third.map(() => 0),
        label: third.map(() => 0),
        start: third,
        end: third.map((_, i) => (i + 1) / 3e6),
        bytes: third.map(() => 0),
      }),
    );
    const bars = eventsOf(json).filter((event) => event.ph === 'X');
    expect(new Set(bars.map((bar) => bar.tid)).size).toBe(1);
    expect(overlaps(bars)).toBe(0);
  });

  test('bars that overlap against the contract get a thread of their own', () => {
    const json = chromeTrace(
      only({ lane: [0, 0], label: [0, 0], start: [0, 1], end: [2, 3], bytes: [0, 0] }),
    );
    expect(
      eventsOf(json)
        .filter((event) => event.ph === 'X')
        .map((event) => event.tid),
    ).toEqual([1, 2]);
  });

  test('is the same for the same results, and valid with hostile names', () => {
    expect(chromeTrace(fixture())).toBe(chromeTrace(fixture()));
    expect(eventsOf(chromeTrace(hostileResults())).length).toBeGreaterThan(100);
    expect(eventsOf(chromeTrace(fixture({ training: [], placement: [] })))).toEqual([]);
  });
});

describe('a trace that would be too large', () => {
  const all = eventsOf(chromeTrace(fixture())).filter(({ ph }) => ph === 'X');
  const cut = (mostBytes: number) => {
    const json = chromeTrace(fixture(), mostBytes);
    const { traceEvents, otherData } = JSON.parse(json) as {
      traceEvents: TraceEvent[];
      otherData: { leftOut?: string };
    };
    return { size: Buffer.byteLength(json), bars: traceEvents.filter(({ ph }) => ph === 'X'), ...otherData };
  };

  test('keeps its longest bars, and says how many it left out', () => {
    for (const mostBytes of [20_000, 40_000]) {
      const { size, bars, leftOut } = cut(mostBytes);
      expect(size).toBeLessThan(mostBytes);
      expect(bars.length).toBeGreaterThan(0);
      expect(bars.length).toBeLessThan(all.length);
      expect(leftOut).toMatch(new RegExp(`^the ${all.length - bars.length} shortest bars, `));
      const shortest = Math.min(...bars.map(({ dur }) => dur));
      expect(all.filter(({ dur }) => dur > shortest + 1e-3).length).toBeLessThanOrEqual(bars.length);
    }
  });

  test('says nothing where all fit', () => {
    expect(cut(1e9).bars).toHaveLength(all.length);
    expect(cut(1e9).leftOut).toBeUndefined();
  });

  test('is cut at 50 MB unless told otherwise', () => {
    // 60,000 bars with names of 1,000 characters: 60 MB and more.
    const names = Array.from({ length: 60_000 }, (_, i) => `${i} ${'x'.repeat(1000)}`);
    const json = chromeTrace(
      only({
        lanes: [{ name: 'device', kind: 'compute' }],
        labels: names,
        lane: names.map(() => 0),
        label: names.map((_, i) => i),
        start: names.map((_, i) => i),
        end: names.map((_, i) => i + 0.5),
        bytes: names.map(() => 0),
      }),
    );
    expect(json.length).toBeLessThan(50e6);
    expect(json.length).toBeGreaterThan(40e6);
    expect(json).toContain('shortest bars, to keep the file small');
  });
});

test('each link has a counter of what it moves, back to nothing when it is idle', () => {
  // 100 bytes in 2 s, 300 bytes in the next 1 s, a pause of 1 s, 50 bytes in 0.5 s.
  const json = chromeTrace(
    only({
      lanes: [{ name: 'a → b', kind: 'transfer' }],
      labels: ['x'],
      lane: [0, 0, 0],
      label: [0, 0, 0],
      start: [0, 2, 4],
      end: [2, 3, 4.5],
      bytes: [100, 300, 50],
    }),
  );
  const { traceEvents } = JSON.parse(json) as { traceEvents: { ph: string; ts: number; args: object }[] };
  expect(
    traceEvents.filter(({ ph }) => ph === 'C').map(({ ts, args }) => [ts / 1e6, Object.values(args)[0]]),
  ).toEqual([
    [0, 50],
    [2, 300],
    [3, 0],
    [4, 100],
    [4.5, 0],
  ]);
});
