import { describe, expect, test } from 'vitest';
import { findDevice, findLink } from '../../devices/catalog/index.ts';
import { linkModel } from '../../devices/catalog/read.ts';
import type { Cluster } from '../../devices/cluster.ts';
import { type AcceleratorsDescription, buildCluster } from '../../devices/cluster-builder.ts';
import { HYBRID_CUBE_MESH } from '../../devices/inside/hybrid-cube-mesh.ts';
import { idleTransferSeconds } from '../../devices/topology.ts';
import { largestFlow } from './largest-flow.ts';

const cpu = findDevice('xeon-e5-2699v3');
const gpu = findDevice('v100');
const bus = linkModel({ name: 'bus', bandwidth: '10 GB/s', latency: '8 us' });
const socketLink = linkModel({ name: 'socket link', bandwidth: '6 GB/s', latency: '1 us' });
const nic = linkModel({ name: 'nic', bandwidth: '1 GB/s', latency: '20 us' });

/** One host with 8 GPUs; device 0 is its CPU, GPU i is device i + 1. */
const host = (inside: Partial<AcceleratorsDescription>, tasks = 1): Cluster =>
  buildCluster({
    jobs: [{ name: 'worker', tasks, cpu, accelerators: { model: gpu, count: 8, bus, ...inside }, nic }],
  });
const path = (cluster: Cluster, from: number, to: number): string[] =>
  [...cluster.route(from, to)].map((link) => cluster.links[link]!.name);

describe('a PCIe tree', () => {
  // As in a DGX-1: 2 GPUs a switch, 2 switches a socket.
  const tree = { acceleratorsPerSwitch: 2, switchesPerSocket: 2, socketLink };
  const cluster = host({ tree });

  test('has switches below sockets', () => {
    // 8 GPUs, 4 PCIe switches, 1 link between 2 sockets, 1 NIC; two ways.
    expect(cluster.links).toHaveLength(2 * (8 + 4 + 1 + 1));
    expect(path(cluster, 1, 2)).toEqual([
      'worker/0/GPU:0 → worker/0/pcie:0',
      'worker/0/pcie:0 → worker/0/GPU:1',
    ]);
    expect(path(cluster, 1, 3)).toHaveLength(4);
    expect(path(cluster, 2, 8)).toEqual([
      'worker/0/GPU:1 → worker/0/pcie:0',
      'worker/0/pcie:0 → worker/0',
      'worker/0 → worker/0/socket:1',
      'worker/0/socket:1 → worker/0/pcie:3',
      'worker/0/pcie:3 → worker/0/GPU:7',
    ]);
    expect(path(cluster, 8, 0)).toHaveLength(3);
  });

  test('alone, an accelerator is as far from its host as over a bus; together they share what leads upwards', () => {
    const plain = host({});
    expect(idleTransferSeconds(cluster, 1, 0, 1e6)).toBeCloseTo(idleTransferSeconds(plain, 1, 0, 1e6), 12);
    expect(largestFlow(plain, [1, 2], [0])).toBe(20e9);
    expect(largestFlow(cluster, [1, 2], [0])).toBe(10e9);
    // One on each switch of the first socket: a way of its own for each.
    expect(largestFlow(cluster, [1, 3], [0])).toBe(20e9);
    // All of the second socket: the link between sockets is what is left.
    expect(largestFlow(cluster, [5, 6, 7, 8], [0])).toBe(6e9);
    expect(largestFlow(cluster, [5, 6, 7, 8], [1, 2, 3, 4])).toBe(6e9);
  });

  test('of one socket unless told', () => {
    const one = host({ tree: { acceleratorsPerSwitch: 4 } });
    expect(one.links).toHaveLength(2 * (8 + 2 + 1));
    expect(path(one, 1, 8)).toHaveLength(4);
    const odd = host({ tree: { acceleratorsPerSwitch: 3, switchesPerSocket: 1, socketLink } });
    // 3 switches on 3 sockets in a chain.
    expect(odd.links).toHaveLength(2 * (8 + 3 + 2 + 1));
    expect(path(odd, 1, 8)).toContain('worker/0/socket:1 → worker/0/socket:2');
    expect(() => host({ tree: { acceleratorsPerSwitch: 0 } })).toThrow(
      'job "worker": accelerators per PCIe switch must be 1 or more, got 0',
    );
  });
});

describe('a hybrid cube mesh', () => {
  test.each([4, 6] as const)('with %i links on each of 8 GPUs', (each) => {
    const edges = HYBRID_CUBE_MESH[each];
    const degree = new Array(8).fill(0);
    for (const [a, b, links] of edges) {
      degree[a] += links;
      degree[b] += links;
      expect(a).toBeLessThan(b);
    }
    expect(degree).toEqual(new Array(8).fill(each));
    // Two groups of four, fully connected, and each GPU joined to its counterpart.
    const pairs = edges.map(([a, b]) => `${a}-${b}`).sort();
    const expected = [0, 4].flatMap((g) =>
      [0, 1, 2, 3].flatMap((i) => [0, 1, 2, 3].filter((j) => j > i).map((j) => `${g + i}-${g + j}`)),
    );
    expect(pairs).toEqual([...expected, '0-4', '1-5', '2-6', '3-7'].sort());
  });

  test('DGX-1 with V100: links as nvidia-smi topo -m prints them', () => {
    // Rows of the matrix: NVLinks from each GPU to GPU 0 … 7.
    const matrix = [
      [0, 1, 1, 2, 2, 0, 0, 0],
      [1, 0, 2, 1, 0, 2, 0, 0],
      [1, 2, 0, 2, 0, 0, 1, 0],
      [2, 1, 2, 0, 0, 0, 0, 1],
      [2, 0, 0, 0, 0, 1, 1, 2],
      [0, 2, 0, 0, 1, 0, 2, 1],
      [0, 0, 1, 0, 1, 2, 0, 2],
      [0, 0, 0, 1, 2, 1, 2, 0],
    ];
    const link = findLink('nvlink2');
    const cluster = host({ peers: { through: 'hybrid-cube-mesh', link, linksEach: 6 } });
    for (const [a, row] of matrix.entries()) {
      for (const [b, links] of row.entries()) {
        if (a === b) continue;
        const route = cluster.route(a + 1, b + 1);
        if (links === 0) {
          // No NVLink: over the host, since GPUs pass nothing on.
          expect(path(cluster, a + 1, b + 1)).toEqual([
            `worker/0/GPU:${a} → worker/0`,
            `worker/0 → worker/0/GPU:${b}`,
          ]);
        } else {
          expect(route).toHaveLength(1);
          // 20 GB/s each: 120 by six.
          expect(cluster.links[route[0]!]!.model.bytesPerSecond.value).toBeCloseTo(links * 20e9, 3);
        }
      }
    }
    // Half from half: 2 + 2 + 1 + 1 links between the groups of four, and 4 buses.
    expect(largestFlow(cluster, [1, 2, 3, 4], [5, 6, 7, 8])).toBeCloseTo(6 * 20e9 + 4 * 10e9, 3);
  });

  test('needs 8 accelerators', () => {
    const peers = { through: 'hybrid-cube-mesh', link: bus, linksEach: 4 } as const;
    expect(() => host({ count: 4, peers })).toThrow(
      'a hybrid cube mesh joins 8 accelerators, and worker/0 has 4',
    );
  });
});

test('ECMP does not spread what accelerators send over the host where they have a switch', () => {
  for (let seed = 0; seed < 20; seed++) {
    const cluster = buildCluster({
      jobs: [
        {
          name: 'worker',
          tasks: 1,
          cpu,
          accelerators: { model: gpu, count: 4, bus, peers: { through: 'switch', link: bus } },
        },
      ],
      routing: { kind: 'ecmp', seed },
    });
    expect(path(cluster, 1, 4)[0]).toBe('worker/0/GPU:0 → worker/0/switch');
    expect(path(cluster, 1, 0)).toEqual(['worker/0/GPU:0 → worker/0']);
  }
});
