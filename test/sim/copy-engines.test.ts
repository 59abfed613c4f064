import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ActivityGraph, ActivityGraphBuilder } from '../../sim/activity-graph.ts';
import { fullMesh, onOneHost, run } from './activities.ts';

const RATE = 10;
const engines = (...counts: number[]) => ({ copyEngines: Int32Array.from(counts) });

/** Messages [from, to, bytes], all ready at 0, named by number. */
function messages(...list: readonly (readonly [number, number, number])[]): ActivityGraph {
  const write = new ActivityGraphBuilder();
  for (const [i, [from, to, bytes]] of list.entries()) write.transfer(from, to, bytes, `${i}`);
  return write.finish();
}

/** When each message arrives. */
function arrivals(graph: ActivityGraph, counts: readonly number[], hosts: 'one host' | 'hosts'): number[] {
  const mesh = fullMesh(counts.length, () => RATE);
  const cluster = hosts === 'one host' ? onOneHost(mesh) : mesh;
  const { times } = run(graph, cluster, engines(...counts));
  return Array.from({ length: graph.count }, (_, i) => times[i]![1]);
}

describe('between devices of one host', () => {
  // Each pair has links of its own of 10 bytes/s: only engines make messages wait.
  const outAndIn = messages([0, 1, 10], [0, 2, 10], [1, 0, 10]);

  test('without engines everything moves at once', () => {
    expect(arrivals(outAndIn, [0, 0, 0], 'one host')).toEqual([1, 1, 1]);
  });

  test('one engine serves both directions: three messages in turn', () => {
    expect(arrivals(outAndIn, [1, 0, 0], 'one host')).toEqual([1, 2, 3]);
  });

  test('two engines serve one direction each', () => {
    expect(arrivals(outAndIn, [2, 0, 0], 'one host')).toEqual([1, 2, 1]);
  });

  test('a third has nothing to do', () => {
    expect(arrivals(outAndIn, [3, 0, 0], 'one host')).toEqual([1, 2, 1]);
  });

  test('a message needs the engines of both ends', () => {
    // 0 → 1 and 1 → 2 with one engine each: device 1 serves one after the other. 2 → 0 needs those of 0 and 2: free
    // only when both others are through.
    expect(arrivals(messages([0, 1, 10], [1, 2, 10], [2, 0, 10]), [1, 1, 1], 'one host')).toEqual([1, 2, 3]);
    // With two each, a ring turns at once.
    expect(arrivals(messages([0, 1, 10], [1, 2, 10], [2, 0, 10]), [2, 2, 2], 'one host')).toEqual([1, 1, 1]);
  });

  test('waiting for an engine is part of the transfer', () => {
    const { times, simulation } = run(
      messages([0, 1, 10], [0, 1, 20]),
      onOneHost(fullMesh(2, () => RATE)),
      engines(1, 0),
    );
    expect(times).toEqual({ 0: [0, 1], 1: [0, 3] });
    expect([...simulation.deviceUse.communication]).toEqual([3, 3]);
    // The link is busy throughout: with the first, then with the second.
    expect(simulation.linkBusySeconds[1]).toBe(3);
  });
});

test('messages between hosts take no engine', () => {
  expect(arrivals(messages([0, 1, 10], [0, 2, 10], [1, 0, 10]), [1, 1, 1], 'hosts')).toEqual([1, 1, 1]);
});

test('within a device nothing moves, and no engine is taken', () => {
  expect(arrivals(messages([0, 0, 10], [0, 1, 10], [0, 0, 10]), [1, 1], 'one host')).toEqual([0, 1, 0]);
});

test('an engine is free for the next message at the instant of an arrival', () => {
  // Behind 0 → 1 follows 1 → 0 through an op of no time.
  const write = new ActivityGraphBuilder();
  const there = write.transfer(0, 1, 10, 'there');
  const back = write.transfer(1, 0, 10, 'back');
  write.after(there, back);
  const { times } = run(write.finish(), onOneHost(fullMesh(2, () => RATE)), engines(1, 1));
  expect(times).toEqual({ there: [0, 1], back: [1, 2] });
});

test('any pattern comes to an end, with the work of no engine done twice as fast', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 5 }),
      fc.array(fc.tuple(fc.nat(4), fc.nat(4), fc.integer({ min: 1, max: 40 }), fc.nat(30)), {
        minLength: 1,
        maxLength: 40,
      }),
      (counts, list) => {
        const n = counts.length;
        const write = new ActivityGraphBuilder();
        const ends = list.map(([from, to, bytes], i) => {
          const own = write.transfer(from % n, to % n, bytes, `${i}`);
          const [, , , before] = list[i]!;
          if (before < own) write.after(before, own);
          return { from: from % n, to: to % n, seconds: bytes / RATE };
        });
        const graph = write.finish();
        // Ends at all: no two messages wait for each other.
        const { times, seconds } = run(graph, onOneHost(fullMesh(n, () => RATE)), {
          ...engines(...counts),
          network: 'store-and-forward',
        });
        // One at a time on each engine: the work of an engine fits into the time.
        const load = new Float64Array(2 * n);
        for (const { from, to, seconds: alone } of ends) {
          if (from === to) continue;
          if (counts[from]! > 0) load[2 * from]! += alone;
          if (counts[to]! > 0) load[counts[to] === 1 ? 2 * to : 2 * to + 1]! += alone;
        }
        for (const work of load) expect(work).toBeLessThanOrEqual(seconds * (1 + 1e-12));
        for (const [i, { from, to, seconds: alone }] of ends.entries()) {
          const [start, end] = times[i]!;
          if (from !== to) expect(end - start).toBeGreaterThanOrEqual(alone * (1 - 1e-9));
        }
      },
    ),
    { numRuns: 300 },
  );
});
