import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findDevice } from '../../devices/catalog/index.ts';
import { linkModel } from '../../devices/catalog/read.ts';
import type { Cluster } from '../../devices/cluster.ts';
import { buildCluster, type ClusterDescription } from '../../devices/cluster-builder.ts';
import { balancedSizes, gridDiameter } from '../../devices/topologies/grid.ts';
import type { TopologyDescription } from '../../devices/topologies/index.ts';
import { TOPOLOGIES } from '../../devices/topologies/index.ts';
import { idleTransferSeconds } from '../../devices/topology.ts';
import { largestFlow } from './largest-flow.ts';

const cpu = findDevice('xeon-e5-2699v3');
const tpu = findDevice('tpu-v3');
const gpu = findDevice('v100');
const bus = linkModel({ name: 'bus', bandwidth: '10 GB/s', latency: '5 us' });
/** 1 B/s: bandwidths of cuts are numbers of links. */
const nic = linkModel({ name: 'nic', bandwidth: '1 B/s', latency: '1 us' });
const ici = linkModel({ name: 'ici', bandwidth: '1 B/s', latency: '1 us' });

/** CPU-only hosts joined so. */
function hosts(
  count: number,
  topology?: TopologyDescription,
  more: Partial<ClusterDescription> = {},
): Cluster {
  return buildCluster({
    jobs: [{ name: 'worker', tasks: count, cpu, nic }],
    ...(topology && { topology }),
    ...more,
  });
}

/** Hosts with accelerators. */
function pods(count: number, each: number, topology: TopologyDescription, model = tpu): Cluster {
  const accelerators = { model, count: each, bus };
  return buildCluster({ jobs: [{ name: 'worker', tasks: count, cpu, accelerators, nic }], topology });
}

const switches = (cluster: Cluster): number =>
  cluster.topology.filterNodes((_, { kind }) => kind === 'switch').length;
const hops = (cluster: Cluster, from: number, to: number): number => cluster.route(from, to).length;
const names = (cluster: Cluster, from: number, to: number): string[] =>
  [...cluster.route(from, to)].map((link) => cluster.links[link]!.name);

function everyPair(count: number): [number, number][] {
  return Array.from({ length: count * count }, (_, i): [number, number] => [
    Math.floor(i / count),
    i % count,
  ]);
}

function diameter(cluster: Cluster): number {
  return Math.max(...everyPair(cluster.devices.length).map(([a, b]) => hops(cluster, a, b)));
}

/** Hops between two places of a grid: per coordinate, the shorter way. */
const distance = (a: number, b: number, sizes: readonly number[], wrap: boolean): number => {
  let [sum, stride] = [0, 1];
  for (const size of sizes) {
    const apart = Math.abs((Math.floor(a / stride) % size) - (Math.floor(b / stride) % size));
    sum += wrap ? Math.min(apart, size - apart) : apart;
    stride *= size;
  }
  return sum;
};

/** Bytes per second from one set of devices to the others: the smallest cut, by the largest flow. */
function cut(cluster: Cluster, side: (device: number) => boolean): number {
  const all = [...cluster.devices.keys()];
  return largestFlow(
    cluster,
    all.filter(side),
    all.filter((device) => !side(device)),
  );
}

describe('single switch', () => {
  test('is what a cluster has that names no topology', () => {
    const [implied, named] = [hosts(5), hosts(5, { kind: 'single-switch' })];
    expect(named.links).toEqual(implied.links);
    expect(named.links).toHaveLength(2 * 5);
    expect(switches(named)).toBe(1);
    expect(diameter(named)).toBe(2);
    // Of 4 hosts, 2 on each side: both send at full speed.
    expect(cut(hosts(4), (host) => host < 2)).toBe(2);
  });
});

describe('fat tree of two levels', () => {
  const tree = hosts(12, { kind: 'fat-tree', hostsPerLeaf: 4 });

  test('without oversubscription, a leaf has as many spines as hosts', () => {
    // 3 leaves, 4 spines; 12 links of hosts, 3 · 4 trunks, two ways.
    expect(switches(tree)).toBe(3 + 4);
    expect(tree.links).toHaveLength(2 * (12 + 12));
    expect(hops(tree, 0, 3)).toBe(2);
    expect(hops(tree, 0, 4)).toBe(4);
    expect(names(tree, 0, 11)).toEqual([
      'worker/0 → leaf-0',
      'leaf-0 → spine-0',
      'spine-0 → leaf-2',
      'leaf-2 → worker/11',
    ]);
    // Non-blocking: 6 hosts of 12 send 6.
    expect(cut(tree, (host) => host < 6)).toBe(6);
    expect(cut(tree, (host) => host % 2 === 0)).toBe(6);
  });

  test('oversubscribed, leaves get out less than their hosts send', () => {
    // 8 hosts a leaf at 4:1 have 2 spines: of 16 hosts, one leaf sends 2 of 8 to the other.
    const over = hosts(16, { kind: 'fat-tree', hostsPerLeaf: 8, oversubscription: 4 });
    expect(switches(over)).toBe(2 + 2);
    expect(cut(over, (host) => host < 8)).toBe(2);
    // Trunks twice as fast: half as many do.
    const trunk = linkModel({ bandwidth: '2 B/s', latency: '1 us' });
    const fast = hosts(16, { kind: 'fat-tree', hostsPerLeaf: 8, oversubscription: 4, trunk });
    expect(switches(fast)).toBe(2 + 1);
    expect(cut(fast, (host) => host < 8)).toBe(2);
    // At most 3:1: 2 spines would make it 4:1, 3 make it 2.67:1.
    expect(switches(hosts(16, { kind: 'fat-tree', hostsPerLeaf: 8, oversubscription: 3 }))).toBe(2 + 3);
    expect(() => hosts(16, { kind: 'fat-tree', hostsPerLeaf: 0 })).toThrow(
      'topology fat-tree: hosts per leaf must be 1 or more, got 0',
    );
  });

  test('trunks are as fast as hosts, with the latency of a switch', () => {
    // 1 + 0.5 + 0.5 + 1 µs, then 5 bytes at 1 B/s.
    expect(idleTransferSeconds(tree, 0, 11, 5)).toBeCloseTo(5 + 3e-6, 12);
  });

  test('ECMP spreads pairs evenly over the spines, and keeps to one route for each', () => {
    const spines = 4;
    const seeds = [0, 1, 2];
    const counts = seeds.map((seed) => {
      const cluster = hosts(
        64,
        { kind: 'fat-tree', hostsPerLeaf: 16, spines },
        {
          routing: { kind: 'ecmp', seed },
        },
      );
      const again = hosts(
        64,
        { kind: 'fat-tree', hostsPerLeaf: 16, spines },
        {
          routing: { kind: 'ecmp', seed },
        },
      );
      const uses = new Array<number>(spines).fill(0);
      for (const [a, b] of everyPair(64)) {
        expect(again.route(b, a)).toEqual(cluster.route(b, a));
        const route = names(cluster, a, b);
        if (Math.floor(a / 16) === Math.floor(b / 16)) expect(route.length).toBeLessThanOrEqual(2);
        else uses[Number(/spine-(\d)$/.exec(route[1]!)![1])]!++;
      }
      // 64 · 48 pairs: mean 768, standard deviation √(3072 · 1/4 · 3/4) = 24.
      expect(uses.reduce((a, b) => a + b)).toBe(3072);
      for (const use of uses) expect(Math.abs(use - 768)).toBeLessThan(4 * 24);
      return uses.join();
    });
    // Another seed, another choice.
    expect(new Set(counts).size).toBe(seeds.length);
  });
});

describe('fat tree of three levels', () => {
  // The k-ary fat tree of Al-Fares et al. for k = 4: k³/4 = 16 hosts, k²/2 + k²/2 + k²/4 = 20 switches.
  const kary: TopologyDescription = { kind: 'fat-tree', hostsPerLeaf: 2, pods: { leaves: 2 } };

  test('is the k-ary fat tree', () => {
    const tree = hosts(16, kary);
    expect(switches(tree)).toBe(20);
    // k³/4 links at each of three levels.
    expect(tree.links).toHaveLength(2 * 3 * 16);
    expect([1, 2, 4].map((host) => hops(tree, 0, host))).toEqual([2, 4, 6]);
    expect(diameter(tree)).toBe(6);
    // Rearrangeably non-blocking.
    expect(cut(tree, (host) => host < 8)).toBe(8);
    expect(cut(tree, (host) => host % 2 === 0)).toBe(8);
    expect(names(tree, 0, 15)).toEqual([
      'worker/0 → pod-0-leaf-0',
      'pod-0-leaf-0 → pod-0-spine-0',
      'pod-0-spine-0 → core-0',
      'core-0 → pod-3-spine-0',
      'pod-3-spine-0 → pod-3-leaf-1',
      'pod-3-leaf-1 → worker/15',
    ]);
  });

  test('between pods there are spines × cores ways, all of which ECMP uses', () => {
    const ways = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const tree = hosts(16, kary, { routing: { kind: 'ecmp', seed } });
      ways.add(names(tree, 0, 15).join());
    }
    expect(ways.size).toBe(2 * 2);
  });

  test('oversubscription at both levels', () => {
    // 4 hosts a leaf at 2:1: 2 spines a pod; 4 leaves a pod at 4:1: 1 core per spine.
    const tree = hosts(32, {
      kind: 'fat-tree',
      hostsPerLeaf: 4,
      oversubscription: 2,
      pods: { leaves: 4, oversubscription: 4 },
    });
    // 2 pods of 4 leaves and 2 spines; 2 cores.
    expect(switches(tree)).toBe(2 * (4 + 2) + 2);
    // A leaf sends 2 of 4, a pod 2 of 16.
    expect(cut(tree, (host) => host < 4)).toBe(2);
    expect(cut(tree, (host) => host < 16)).toBe(2);
  });
});

describe('rail-optimised', () => {
  const rails: TopologyDescription = { kind: 'rail', spines: 2 };

  test('accelerators of equal index meet in one switch, others over a spine', () => {
    const cluster = pods(4, 3, rails, gpu);
    // 3 rails and 2 spines; 12 buses, 12 adapters, 4 of hosts, 6 trunks.
    expect(switches(cluster)).toBe(3 + 2);
    expect(cluster.links).toHaveLength(2 * (12 + 12 + 4 + 6));
    const device = (host: number, index: number): number =>
      cluster.indexOf(`/job:worker/task:${host}/device:GPU:${index}`);
    for (const [a, b] of everyPair(4)) {
      for (const [i, j] of everyPair(3)) {
        const expected = a === b ? (i === j ? 0 : 2) : i === j ? 2 : 4;
        expect(hops(cluster, device(a, i), device(b, j))).toBe(expected);
      }
    }
    expect(names(cluster, device(0, 2), device(3, 2))).toEqual([
      'worker/0/GPU:2 → rail-0-2',
      'rail-0-2 → worker/3/GPU:2',
    ]);
    // Hosts have links of their own to the first rail; only what starts or ends there uses them.
    const host = (task: number): number => cluster.indexOf(`/job:worker/task:${task}/device:CPU:0`);
    expect(hops(cluster, host(0), host(3))).toBe(2);
    expect(hops(cluster, host(0), device(2, 0))).toBe(2);
    expect(hops(cluster, host(0), device(2, 1))).toBe(4);
  });

  test('groups of hosts have rails of their own', () => {
    const cluster = pods(4, 2, { ...rails, hostsPerGroup: 2 }, gpu);
    expect(switches(cluster)).toBe(2 * 2 + 2);
    const device = (host: number): number => cluster.indexOf(`/job:worker/task:${host}/device:GPU:1`);
    expect(hops(cluster, device(0), device(1))).toBe(2);
    expect(hops(cluster, device(1), device(2))).toBe(4);
  });

  test('adapters on PCIe switches serve the accelerators below and the host', () => {
    const accelerators = { model: gpu, count: 4, bus, tree: { acceleratorsPerSwitch: 2 } };
    const cluster = buildCluster({
      jobs: [{ name: 'worker', tasks: 2, cpu, accelerators, nic }],
      topology: rails,
    });
    expect(names(cluster, 1, 6)).toEqual([
      'worker/0/GPU:0 → worker/0/pcie:0',
      'worker/0/pcie:0 → rail-0-0',
      'rail-0-0 → worker/1/pcie:0',
      'worker/1/pcie:0 → worker/1/GPU:0',
    ]);
    // To another rail over a spine rather than through the other host bridge.
    expect(names(cluster, 1, 8)[2]).toBe('rail-0-0 → spine-0');
    expect(hops(cluster, 0, 5)).toBe(4);
    expect(() => hosts(2, rails)).toThrow('topology rail: rails join accelerators, and there are none');
  });
});

describe('ring', () => {
  test.each([1, 2, 3, 8])('of %i hosts: the shorter way round', (count) => {
    const cluster = hosts(count, { kind: 'ring' });
    expect(cluster.links).toHaveLength(count === 1 ? 0 : count === 2 ? 2 : 2 * count);
    for (const [a, b] of everyPair(count)) {
      const ahead = (b - a + count) % count;
      expect(hops(cluster, a, b)).toBe(Math.min(ahead, count - ahead));
    }
    // Two links each way cross any cut into two arcs.
    if (count > 3) expect(cut(cluster, (host) => host < count / 2)).toBe(2);
  });
});

describe('torus', () => {
  test.each([
    { sizes: [4, 4], wrap: true, links: 2 * 16, bisection: 8 },
    { sizes: [4, 4], wrap: false, links: 2 * 12, bisection: 4 },
    { sizes: [4, 4, 4], wrap: true, links: 3 * 64, bisection: 32 },
    { sizes: [8, 3], wrap: true, links: 2 * 24, bisection: 6 },
    // A dimension of 2 has one link, not two.
    { sizes: [4, 2], wrap: true, links: 8 + 4, bisection: 4 },
    { sizes: [2, 2, 2], wrap: true, links: 12, bisection: 4 },
  ])('$sizes, wrapped: $wrap', ({ sizes, wrap, links, bisection }) => {
    const count = sizes.reduce((a, b) => a * b);
    const cluster = hosts(count, { kind: 'torus', sizes, wrap });
    expect(cluster.links).toHaveLength(2 * links);
    for (const [a, b] of everyPair(count)) expect(hops(cluster, a, b)).toBe(distance(a, b, sizes, wrap));
    expect(diameter(cluster)).toBe(gridDiameter(sizes, wrap));
    // Halved across its first dimension: one (wrapped: two) links per row.
    expect(cut(cluster, (host) => host % sizes[0]! < sizes[0]! / 2)).toBe(bisection);
  });

  test('routes correct one coordinate after the other', () => {
    const sizes = [5, 4, 3];
    const cluster = hosts(60, { kind: 'torus', sizes });
    const at = (name: string): number => Number(/worker\/(\d+)$/.exec(name)![1]);
    for (const [a, b] of everyPair(60)) {
      let previous = a;
      let dimension = 0;
      for (const name of names(cluster, a, b)) {
        const step = Math.abs(at(name) - previous);
        // Steps of 1 or 4 (wrapped) along the first, 5 or 15 along the second, 20 or 40 along the third.
        const along = step < 5 ? 0 : step < 20 ? 1 : 2;
        expect(along).toBeGreaterThanOrEqual(dimension);
        dimension = along;
        previous = at(name);
      }
    }
  });

  test('ECMP mixes the dimensions', () => {
    const ways = new Set<string>();
    for (let seed = 0; seed < 40; seed++)
      ways.add(
        names(hosts(9, { kind: 'torus', sizes: [3, 3] }, { routing: { kind: 'ecmp', seed } }), 0, 4).join(),
      );
    // (0, 0) to (1, 1): along either dimension first.
    expect(ways.size).toBe(2);
  });

  test('accelerators keep to their own links; hosts meet in a switch', () => {
    // 8 hosts of 4 chips in 8 × 4.
    const cluster = pods(8, 4, { kind: 'torus', sizes: [8, 4], of: 'accelerators', link: ici });
    const chips = cluster.devices.flatMap(({ model }, index) => (model === tpu ? [index] : []));
    expect(chips).toHaveLength(32);
    for (const [a, b] of everyPair(32)) {
      const route = names(cluster, chips[a]!, chips[b]!);
      expect(route).toHaveLength(distance(a, b, [8, 4], true));
      expect(route.filter((name) => !name.includes('TPU'))).toEqual([]);
    }
    expect(names(cluster, 0, cluster.indexOf('/job:worker/task:7/device:CPU:0'))).toEqual([
      'worker/0 → switch',
      'switch → worker/7',
    ]);
    // A chip reaches its own host over the bus, though neighbours could pass it on.
    expect(names(cluster, chips[5]!, cluster.indexOf('/job:worker/task:1/device:CPU:0'))).toEqual([
      'worker/1/TPU:1 → worker/1',
    ]);
  });

  test('sizes are balanced where only dimensions are given', () => {
    expect(balancedSizes(64, 3)).toEqual([4, 4, 4]);
    expect(balancedSizes(64, 2)).toEqual([8, 8]);
    expect(balancedSizes(12, 2)).toEqual([4, 3]);
    expect(balancedSizes(7, 2)).toEqual([7, 1]);
    expect(balancedSizes(1, 3)).toEqual([1, 1, 1]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 3 }), (count, dimensions) => {
        const sizes = balancedSizes(count, dimensions);
        expect(sizes).toHaveLength(dimensions);
        expect(sizes.reduce((a, b) => a * b)).toBe(count);
      }),
    );
    expect(diameter(hosts(12, { kind: 'torus' }))).toBe(2 + 1);
    expect(() => hosts(12, { kind: 'torus', sizes: [4, 4] })).toThrow(
      'topology torus: a torus of 4 × 4 has places for 16 hosts, and there are 12',
    );
  });
});

describe('fully connected', () => {
  test('one hop, n (n − 1) / 2 links', () => {
    const cluster = hosts(6, { kind: 'fully-connected' });
    expect(cluster.links).toHaveLength(2 * 15);
    expect(diameter(cluster)).toBe(1);
    expect(cut(cluster, (host) => host < 3)).toBe(9);
    const chips = pods(2, 2, { kind: 'fully-connected', of: 'accelerators', link: ici });
    expect(hops(chips, 1, 5)).toBe(1);
    expect(() => hosts(1001, { kind: 'fully-connected' })).toThrow('at most 1000');
  });
});

describe('dragonfly', () => {
  // p = h = 2, a = 4: balanced, g = a·h + 1 = 9 groups, N = a·p·g = 72 hosts, as in the paper's figure 5.
  const balanced: TopologyDescription = {
    kind: 'dragonfly',
    hostsPerRouter: 2,
    routersPerGroup: 4,
    globalsPerRouter: 2,
  };

  test('of the largest size', () => {
    const cluster = hosts(72, balanced);
    expect(switches(cluster)).toBe(36);
    // 72 of hosts, 9 groups of 4 · 3 / 2 local links, 9 · 8 / 2 global ones.
    expect(cluster.links).toHaveLength(2 * (72 + 9 * 6 + 36));
    // Every router has a − 1 local and h global links besides its hosts: degree p + a − 1 + h = 7.
    cluster.topology.forEachNode((node, { kind }) => {
      if (kind === 'switch') expect(cluster.topology.outDegree(node)).toBe(7);
    });
    // Minimal routes: at most local, global, local between two hosts' links, and exactly one global one.
    expect(diameter(cluster)).toBe(5);
    for (const [a, b] of everyPair(72)) {
      const groups = names(cluster, a, b).map((name) => /(?:router-(\d)-\d)$/.exec(name)?.[1]);
      const visited = new Set(groups.filter((group) => group !== undefined));
      expect(visited.size).toBe(a === b ? 0 : Math.floor(a / 8) === Math.floor(b / 8) ? 1 : 2);
    }
    // 4 groups and 5 groups: 20 global links between them.
    expect(cut(cluster, (host) => host < 32)).toBe(20);
  });

  test('smaller, pairs of groups have several links', () => {
    // 3 groups: 8 ports of each reach 2 others by 4 links.
    const cluster = hosts(24, balanced);
    expect(cluster.links).toHaveLength(2 * (24 + 3 * 6 + 3 * 4));
    expect(cut(cluster, (host) => host < 8)).toBe(8);
    expect(() => hosts(73, balanced)).toThrow(
      'topology dragonfly: 73 hosts make 10 groups of 8, and 4 routers of 2 global links reach 8 others',
    );
    expect(hosts(8, balanced).links).toHaveLength(2 * (8 + 6));
  });
});

describe('custom', () => {
  const listed: TopologyDescription = {
    kind: 'custom',
    switches: ['a', 'b'],
    links: [
      { between: ['worker/0', 'a'], model: nic },
      { between: ['a', 'b'], model: nic, distance: 3 },
      { between: ['b', 'worker/1'], model: nic },
      { between: ['worker/0', 'worker/1'], model: nic, distance: 9 },
    ],
  };

  test('nothing but what is listed', () => {
    const cluster = hosts(2, listed);
    expect(cluster.links).toHaveLength(8);
    expect(names(cluster, 0, 1)).toEqual(['worker/0 → a', 'a → b', 'b → worker/1']);
    const chips = pods(2, 1, {
      kind: 'custom',
      switches: [],
      links: [{ between: ['worker/0/TPU:0', 'worker/1/TPU:0'], model: ici }],
    });
    expect(names(chips, 1, 3)).toEqual(['worker/0/TPU:0 → worker/1/TPU:0']);
  });

  test('what is not joined is told with what each reaches', () => {
    expect(() => hosts(3, listed).route(2, 0)).toThrow(
      'no link leads from /job:worker/task:2/device:CPU:0 to /job:worker/task:0/device:CPU:0: ' +
        'the first reaches no other device, the second /job:worker/task:1/device:CPU:0',
    );
    const apart = pods(2, 4, { kind: 'custom', switches: [], links: [] });
    expect(() => apart.route(0, 5)).toThrow(
      'the first reaches /job:worker/task:0/device:TPU:0, /job:worker/task:0/device:TPU:1, ' +
        '/job:worker/task:0/device:TPU:2 and 1 more, the second',
    );
  });

  test.each([
    [{ ...listed, switches: ['a'] }, 'unknown end of a link "b"; '],
    [{ ...listed, switches: ['a', 'b', 'a'] }, 'switch "a" is given twice'],
    [{ ...listed, switches: ['a/b'] }, 'switch "a/b": a name without "/" is needed'],
    [
      { ...listed, links: [{ between: ['a', 'a'] as [string, string], model: nic }] },
      'the link between "a" and itself leads nowhere',
    ],
    [
      { ...listed, links: [{ between: ['wroker/0', 'a'] as [string, string], model: nic }] },
      'unknown end of a link "wroker/0"; did you mean "worker/0"?',
    ],
  ])('refuses what makes no sense (%#)', (topology, message) => {
    expect(() => hosts(2, topology)).toThrow(message);
  });

  test('a link that carries nothing is refused by its name', () => {
    const dead = { ...nic, bytesPerSecond: { ...nic.bytesPerSecond, value: 0 } };
    expect(() =>
      hosts(2, { kind: 'custom', switches: [], links: [{ between: ['worker/0', 'worker/1'], model: dead }] }),
    ).toThrow('link "worker/0 → worker/1": a bandwidth of 0 B/s carries nothing');
    const never = { ...nic, latencySeconds: { ...nic.latencySeconds, value: Number.NaN } };
    expect(() =>
      hosts(2, {
        kind: 'custom',
        switches: [],
        links: [{ between: ['worker/0', 'worker/1'], model: never }],
      }),
    ).toThrow('link "worker/0 → worker/1": a time of NaN s; expected 0 or more');
  });
});

/** One description of each kind that fits any number of hosts with 2 accelerators each. */
const ANY: readonly TopologyDescription[] = [
  { kind: 'single-switch' },
  { kind: 'fat-tree', hostsPerLeaf: 2 },
  { kind: 'fat-tree', hostsPerLeaf: 2, spines: 1, pods: { leaves: 2, cores: 3 } },
  { kind: 'rail', spines: 1, hostsPerGroup: 3 },
  { kind: 'ring' },
  { kind: 'torus', dimensions: 2 },
  { kind: 'torus', dimensions: 3, of: 'accelerators', link: ici, wrap: false },
  { kind: 'fully-connected' },
  { kind: 'dragonfly', hostsPerRouter: 1, routersPerGroup: 3, globalsPerRouter: 2 },
  { kind: 'custom', switches: [], links: [{ between: ['worker/0', 'worker/1'], model: nic }] },
];

test('every kind is tried below', () => {
  expect([...new Set(ANY.map(({ kind }) => kind))]).toEqual(Object.keys(TOPOLOGIES));
});

test.each(ANY.map((topology, i) => [`${topology.kind} (${i})`, topology] as const))(
  '%s: every pair is connected, by a path, as long there as back',
  (_, topology) => {
    fc.assert(
      fc.property(
        topology.kind === 'custom' ? fc.constant(2) : fc.integer({ min: 1, max: 14 }),
        fc.option(fc.nat(), { nil: undefined }),
        (count, seed) => {
          const cluster = buildCluster({
            jobs: [{ name: 'worker', tasks: count, cpu, accelerators: { model: gpu, count: 2, bus }, nic }],
            topology,
            ...(seed !== undefined && { routing: { kind: 'ecmp', seed } }),
          });
          const place = (device: number): string => {
            const { attachedTo } = cluster.topology.getNodeAttributes(cluster.devices[device]!.name);
            return attachedTo ?? cluster.devices[device]!.name;
          };
          for (const [a, b] of everyPair(cluster.devices.length)) {
            let at = place(a);
            for (const link of cluster.route(a, b)) {
              expect(cluster.topology.source(String(link))).toBe(at);
              at = cluster.topology.target(String(link));
            }
            expect(at).toBe(place(b));
            expect(hops(cluster, a, b)).toBe(hops(cluster, b, a));
          }
        },
      ),
      { numRuns: 12 },
    );
  },
);

describe('10,000 devices', () => {
  const build = (topology: TopologyDescription): Cluster => {
    const cluster = buildCluster({ jobs: [{ name: 'worker', tasks: 10_000, cpu, nic }], topology });
    expect(cluster.devices).toHaveLength(10_000);
    return cluster;
  };
  /** Routes of a ring over all, then of all to one: more searches than are kept. */
  const check = (cluster: Cluster, length: (a: number, b: number) => number): void => {
    for (let i = 0; i < 10_000; i++) {
      const next = (i + 1) % 10_000;
      if (hops(cluster, i, next) !== length(i, next)) expect([i, hops(cluster, i, next)]).toBe(next);
    }
    for (let i = 1; i < 10_000; i++) {
      if (hops(cluster, i, 7) !== length(i, 7)) expect([i, hops(cluster, i, 7)]).toBe(7);
    }
  };

  test('on a switch', () => check(build({ kind: 'single-switch' }), (a, b) => (a === b ? 0 : 2)));

  test('in a fat tree of three levels', () =>
    check(build({ kind: 'fat-tree', hostsPerLeaf: 40, pods: { leaves: 25 } }), (a, b) => {
      if (a === b) return 0;
      const [leafA, leafB] = [Math.floor(a / 40), Math.floor(b / 40)];
      return leafA === leafB ? 2 : Math.floor(leafA / 25) === Math.floor(leafB / 25) ? 4 : 6;
    }));

  test('in a torus', () =>
    check(build({ kind: 'torus', sizes: [25, 20, 20] }), (a, b) => distance(a, b, [25, 20, 20], true)));
});
