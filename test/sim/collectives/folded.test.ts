import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../../devices/cluster.ts';
import { customCluster } from '../../../devices/cluster-builder.ts';
import { COLLECTIVES, collectiveSeconds, planCollective } from '../../../devices/collectives/index.ts';
import type { DeviceModel, LinkModel } from '../../../devices/device.ts';
import { foldCollective, foldedSeconds } from '../../../sim/collectives/folded.ts';
import { link, rankNames, ringOf, switchOf, twoLevels } from './clusters.ts';
import { simulatedSeconds } from './run.ts';

const all = (ranks: number): Int32Array => Int32Array.from({ length: ranks }, (_, rank) => rank);

const COSTS = { memoryBytesPerSecond: 900e9, endpointSeconds: 0.3e-6 };

const rows = Object.entries(COLLECTIVES).flatMap(([collective, algorithms]) =>
  Object.keys(algorithms).map((algorithm) => ({ collective, algorithm })),
);

const ONE_SWITCH = {
  'all-reduce': [
    'ring',
    'bidirectional-ring',
    'halving-doubling',
    'recursive-doubling',
    'direct',
    'hierarchical',
  ],
  'reduce-scatter': ['ring', 'recursive-halving', 'direct', 'hierarchical'],
  'all-gather': ['ring', 'recursive-doubling', 'bruck', 'direct', 'hierarchical'],
  'all-to-all': ['direct', 'pairwise', 'bruck', 'ring', 'blockwise-ring'],
};
/** Messages between neighbours only. */
const ONE_RING = {
  'all-reduce': ['ring', 'bidirectional-ring'],
  'reduce-scatter': ['ring'],
  'all-gather': ['ring'],
  'all-to-all': ['ring', 'blockwise-ring'],
};
/** In each round, all messages stay under their leaf, or all leave it. */
const FAT_TREE = {
  'all-reduce': ['halving-doubling', 'recursive-doubling', 'hierarchical'],
  'reduce-scatter': ['recursive-halving', 'hierarchical'],
  'all-gather': ['recursive-doubling', 'hierarchical'],
};

/** Clusters, and what folds on them, of 16 ranks in groups of 4. */
const clusters: readonly {
  readonly name: string;
  readonly make: (ranks: number) => Cluster;
  readonly folds: { readonly [collective: string]: readonly string[] };
}[] = [
  { name: 'one switch', make: (ranks) => switchOf(ranks, 12.5e9, 0.7e-6), folds: ONE_SWITCH },
  { name: 'a ring', make: (ranks) => ringOf(ranks, 12.5e9, 0.7e-6), folds: ONE_RING },
  {
    name: 'a fat tree',
    make: (ranks) => twoLevels(ranks / 4, 4, 12.5e9, 0.7e-6, 50e9),
    folds: FAT_TREE,
  },
  {
    name: 'a fat tree with a third of the bandwidth between leaves',
    make: (ranks) => twoLevels(ranks / 4, 4, 12.5e9, 0.7e-6, 50e9 / 3),
    folds: FAT_TREE,
  },
];

describe.each(clusters)('$name', ({ make, folds }) => {
  test.each(rows)('$collective by $algorithm: folded as message by message, or refused', (row) => {
    for (const ranks of [4, 8, 16]) {
      const cluster = make(ranks);
      const plan = planCollective(row.collective, row.algorithm, { ranks, bytes: 3e6, groupSize: 4 });
      for (const setting of [{}, COSTS, { ...COSTS, splits: 3 }]) {
        const seconds = foldedSeconds(plan, cluster, { devices: all(ranks), ...setting });
        if (ranks === 16) {
          expect(seconds !== undefined).toBe(folds[row.collective]?.includes(row.algorithm) ?? false);
        }
        if (seconds === undefined) continue;
        const unfolded = simulatedSeconds(plan, cluster, setting);
        expect(Math.abs(seconds - unfolded) / unfolded).toBeLessThanOrEqual(1e-12);
      }
    }
  });
});

const model = { id: 'rank', name: 'rank' } as DeviceModel;

/** A star whose links are given per rank, to the switch and back. */
function star(links: readonly { readonly up: LinkModel; readonly down: LinkModel }[]): Cluster {
  const names = rankNames(links.length);
  return customCluster({
    devices: names.map((name) => ({ name, model })),
    links: names.flatMap((name, rank) => [
      { from: name, to: 'switch', model: links[rank]!.up, oneWay: true },
      { from: 'switch', to: name, model: links[rank]!.down, oneWay: true },
    ]),
  });
}

const usual = link(1e9, 1e-6);
const equal = { up: usual, down: usual };

describe('is refused, with the reason, where', () => {
  const ring = planCollective('all-reduce', 'ring', { ranks: 4, bytes: 1e6 });
  const reason = (cluster: Cluster, devices = all(4), plan = ring): string => {
    const folding = foldCollective(plan, cluster, { devices });
    return folding.kind === 'asymmetric' ? folding.reason : 'folded';
  };

  test('nothing is wrong: not at all', () => {
    expect(reason(star([equal, equal, equal, equal]))).toBe('folded');
  });

  test('one link is slower, in one direction', () => {
    const slower = { up: usual, down: link(0.99e9, 1e-6) };
    expect(reason(star([equal, equal, equal, slower]))).toBe('shares of the network differ');
  });

  test('one link is faster', () => {
    // Its rank sends at the usual speed of the receiver's link all the same, so all is as if it were not.
    const faster = { up: link(2e9, 1e-6), down: usual };
    const cluster = star([equal, faster, equal, equal]);
    expect(reason(cluster)).toBe('folded');
    expect(foldedSeconds(ring, cluster, { devices: all(4) })).toBe(simulatedSeconds(ring, cluster));
  });

  test('one link has a longer latency', () => {
    const farther = { up: usual, down: link(1e9, 1.01e-6) };
    expect(reason(star([equal, equal, farther, equal]))).toBe('latencies of routes differ');
  });

  test('messages cost more on one link', () => {
    const messageSeconds = { ...usual.latencySeconds, value: 1e-7 };
    const slower = { up: { ...usual, messageSeconds }, down: usual };
    expect(reason(star([equal, slower, equal, equal]))).toBe('overheads per message differ');
  });

  test('ranks share a device', () => {
    const cluster = star([equal, equal, equal, equal]);
    expect(reason(cluster, Int32Array.of(0, 0, 1, 2))).toBe('some ranks share a device');
  });

  test('ranks are in an order that makes their ring meet some links twice', () => {
    const cluster = ringOf(6, 1e9, 1e-6);
    const plan = planCollective('all-reduce', 'ring', { ranks: 6, bytes: 1e6 });
    expect(reason(cluster, all(6), plan)).toBe('folded');
    expect(reason(cluster, Int32Array.of(0, 2, 1, 3, 4, 5), plan)).toBe('latencies of routes differ');
    // The other way around is a ring as well.
    expect(reason(cluster, Int32Array.of(5, 4, 3, 2, 1, 0), plan)).toBe('folded');
  });

  test('ranks do different things', () => {
    const tree = planCollective('all-reduce', 'tree', { ranks: 4, bytes: 1e6 });
    expect(reason(star([equal, equal, equal, equal]), all(4), tree)).toMatch('ranks do different things');
  });
});

test('overheads per message are paid for', () => {
  const messageSeconds = { ...usual.latencySeconds, value: 1e-4 };
  const costly = { ...usual, messageSeconds };
  const cluster = star(Array.from({ length: 4 }, () => ({ up: costly, down: usual })));
  const plan = planCollective('all-reduce', 'ring', { ranks: 4, bytes: 4e6 });
  // 6 messages of 1 ms, 2 µs of latency and 0.1 ms.
  const seconds = foldedSeconds(plan, cluster, { devices: all(4) })!;
  expect(seconds).toBeCloseTo(6 * 1.102e-3, 12);
  expect(seconds).toBeCloseTo(simulatedSeconds(plan, cluster), 12);
});

test('whatever the cluster: folded as message by message, or refused', () => {
  const speeds = fc.constantFrom(1e9, 2e9);
  const latencies = fc.constantFrom(1e-6, 1e-6, 1e-6, 3e-6);
  const overheads = fc.constantFrom(0, 0, 0, 2e-6);
  const anyLink = fc.tuple(speeds, latencies, overheads).map(([speed, latency, overhead]) => ({
    ...link(speed, latency),
    messageSeconds: { ...usual.latencySeconds, value: overhead },
  }));
  const anyStar = fc.array(fc.record({ up: anyLink, down: anyLink }), { minLength: 2, maxLength: 5 });
  let folded = 0;
  fc.assert(
    fc.property(anyStar, fc.constantFrom(...rows), (links, { collective, algorithm }) => {
      const ranks = links.length;
      fc.pre(!(algorithm.startsWith('recursive') && ranks % 2 === 1));
      fc.pre(collective !== 'all-to-all' || ranks > 2);
      const cluster = star(links);
      const plan = planCollective(collective, algorithm, { ranks, bytes: 1e5 });
      const seconds = foldedSeconds(plan, cluster, { devices: all(ranks), ...COSTS });
      if (seconds === undefined) return;
      folded++;
      const unfolded = simulatedSeconds(plan, cluster, COSTS);
      expect(Math.abs(seconds - unfolded) / unfolded).toBeLessThanOrEqual(1e-12);
    }),
    { numRuns: 2000, seed: 1 },
  );
  // The property must not hold for want of cases.
  expect(folded).toBeGreaterThan(20);
});

test('a ring of 128 ranks, 32,512 messages', () => {
  const cluster = switchOf(128, 12.5e9, 0.7e-6);
  const plan = planCollective('all-reduce', 'ring', { ranks: 128, bytes: 1e9 });
  const folded = foldedSeconds(plan, cluster, { devices: all(128) })!;
  const unfolded = simulatedSeconds(plan, cluster);
  expect(Math.abs(folded - unfolded) / unfolded).toBeLessThanOrEqual(1e-12);
});

test('a ring of 16,384 ranks, whose half billion messages no run could hold', () => {
  const ranks = 16_384;
  const task = { ranks, bytes: 1e9 };
  const plan = planCollective('all-reduce', 'ring', task);
  const seconds = foldedSeconds(plan, switchOf(ranks, 12.5e9, 0.7e-6), { devices: all(ranks) })!;
  const closedForm = collectiveSeconds('all-reduce', 'ring', task, {
    latencySeconds: 1.4e-6,
    secondsPerByte: 1 / 12.5e9,
  });
  expect(Math.abs(seconds - closedForm) / closedForm).toBeLessThan(1e-9);
});
