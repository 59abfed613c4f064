import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flowHash } from '../../devices/flow-hash.ts';
import { RouteFinder, type RouteGraph } from '../../devices/route-finder.ts';

type Link = readonly [from: number, to: number, distance: number];

function graphOf(nodeCount: number, links: readonly Link[], forwards: readonly boolean[]): RouteGraph {
  return {
    nodeCount,
    origin: Int32Array.from(links, ([from]) => from),
    target: Int32Array.from(links, ([, to]) => to),
    distance: Int32Array.from(links, ([, , distance]) => distance),
    forwards: Uint8Array.from(forwards, Number),
  };
}

/** The oracle: all ways without cycles, by depth-first search; the shortest of them in the order of their link ids. */
function shortestWays(graph: RouteGraph, source: number, target: number): number[][] {
  let best = Number.POSITIVE_INFINITY;
  let ways: number[][] = [];
  const visited = new Set([source]);
  const go = (node: number, way: number[], length: number): void => {
    if (length > best) return;
    if (node === target) {
      if (length < best) ways = [];
      best = length;
      ways.push([...way]);
      return;
    }
    if (node !== source && !graph.forwards[node]) return;
    for (let link = 0; link < graph.origin.length; link++) {
      const next = graph.target[link]!;
      if (graph.origin[link] !== node || visited.has(next)) continue;
      visited.add(next);
      way.push(link);
      go(next, way, length + graph.distance[link]!);
      way.pop();
      visited.delete(next);
    }
  };
  go(source, [], 0);
  return ways;
}

const NODES = 7;
const node = fc.integer({ min: 0, max: NODES - 1 });
const oneWay = fc.tuple(node, node, fc.integer({ min: 1, max: 4 }));
/** Mostly links in both directions, as real ones are: these make dead ends. */
const graphs = fc
  .record({
    both: fc.array(oneWay, { maxLength: 9 }),
    single: fc.array(oneWay, { maxLength: 3 }),
    forwards: fc.array(fc.boolean(), { minLength: NODES, maxLength: NODES }),
  })
  .map(({ both, single, forwards }) => {
    const back = both.map(([from, to, distance]): Link => [to, from, distance]);
    return graphOf(NODES, [...both, ...single, ...back], forwards);
  });

describe('RouteFinder', () => {
  test('on any graph: the first of the shortest ways, as enumeration finds it', () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const finder = new RouteFinder(graph, { kind: 'shortest' });
        for (let from = 0; from < NODES; from++) {
          for (let to = 0; to < NODES; to++) {
            const [first] = shortestWays(graph, from, to);
            const route = finder.find(from, to);
            expect(route && [...route], `${from} to ${to}`).toEqual(first);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('on any graph: ECMP takes one of the shortest ways, the same whenever asked', () => {
    fc.assert(
      fc.property(graphs, fc.nat(), (graph, seed) => {
        const finder = new RouteFinder(graph, { kind: 'ecmp', seed });
        const again = new RouteFinder(graph, { kind: 'ecmp', seed });
        for (let from = 0; from < NODES; from++) {
          for (let to = NODES - 1; to >= 0; to--) {
            const ways = shortestWays(graph, from, to);
            const route = finder.find(from, to);
            if (ways.length === 0) expect(route).toBeUndefined();
            else expect(ways).toContainEqual([...route!]);
            expect(again.find(from, to)).toEqual(route);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  test('ECMP uses every one of the shortest ways', () => {
    // 0 to 5 over two of four ways out, then two parallel links: 4 · 2 ways; the seed picks.
    const links: Link[] = [
      ...[1, 2, 3, 4].flatMap((middle): Link[] => [
        [0, middle, 1],
        [middle, 5, 1],
        [middle, 5, 1],
      ]),
      [5, 0, 1],
    ];
    const graph = graphOf(6, links, new Array(6).fill(true));
    const taken = new Set<string>();
    for (let seed = 0; seed < 200; seed++)
      taken.add(new RouteFinder(graph, { kind: 'ecmp', seed }).find(0, 5)!.join());
    expect(taken.size).toBe(8);
  });

  test('distances outweigh hops', () => {
    const links: Link[] = [
      [0, 1, 5],
      [0, 2, 1],
      [2, 3, 1],
      [3, 1, 1],
    ];
    const finder = new RouteFinder(graphOf(4, links, new Array(4).fill(true)), { kind: 'shortest' });
    expect([...finder.find(0, 1)!]).toEqual([1, 2, 3]);
    expect(finder.find(1, 0)).toBeUndefined();
    expect([...finder.find(2, 2)!]).toEqual([]);
  });
});

describe('flowHash', () => {
  test('is MurmurHash3 of four words', () => {
    // The definition again, in exact integers instead of 32-bit tricks.
    expect(flowHash(0, 0, 0, 0)).toBe(murmur3([0, 0, 0, 0]));
    expect(flowHash(1, 2, 3, 4)).toBe(murmur3([1, 2, 3, 4]));
    expect(flowHash(9999, 17, 123456789, 42)).toBe(murmur3([9999, 17, 123456789, 42]));
  });

  test('spreads evenly', () => {
    // 64,000 numbers over 16 bins: mean 4,000, standard deviation √(64,000 · 1/16 · 15/16) = 61.
    const bins = new Array(16).fill(0);
    for (let a = 0; a < 40; a++)
      for (let b = 0; b < 40; b++) for (let c = 0; c < 40; c++) bins[flowHash(a, b, c, 7) % 16]++;
    for (const count of bins) expect(Math.abs(count - 4000)).toBeLessThan(5 * 61);
  });
});

function murmur3(words: readonly number[]): number {
  const mask = 0xffffffffn;
  const rotated = (x: bigint, r: bigint): bigint => ((x << r) | (x >> (32n - r))) & mask;
  let h = 0n;
  for (const word of words) {
    const k = (rotated((BigInt(word) * 0xcc9e2d51n) & mask, 15n) * 0x1b873593n) & mask;
    h = (rotated(h ^ k, 13n) * 5n + 0xe6546b64n) & mask;
  }
  h ^= 16n;
  h = ((h ^ (h >> 16n)) * 0x85ebca6bn) & mask;
  h = ((h ^ (h >> 13n)) * 0xc2b2ae35n) & mask;
  return Number(h ^ (h >> 16n));
}
