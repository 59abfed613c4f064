import { describe, expect, test } from 'vitest';
import { findDevice } from '../../devices/catalog/index.ts';
import { linkModel } from '../../devices/catalog/read.ts';
import type { Cluster } from '../../devices/cluster.ts';
import { type AcceleratorsDescription, buildCluster } from '../../devices/cluster-builder.ts';
import type { TopologyDescription } from '../../devices/topologies/index.ts';
import { largestFlow } from './largest-flow.ts';

const cpu = findDevice('xeon-e5-2699v3');
const gpu = findDevice('v100');
const bus = linkModel({ name: 'bus', bandwidth: '10 GB/s', latency: '1 us' });
const nic = linkModel({ name: 'nic', bandwidth: '3 GB/s', latency: '2 us' });
const nvlink = linkModel({ name: 'nvlink', bandwidth: '100 GB/s', latency: '1 us' });

/** Two hosts with 8 GPUs and so many adapters each; GPU i of host h is device 9 h + i + 1. */
const hosts = (
  nics: number,
  inside: Partial<AcceleratorsDescription> = {},
  topology?: TopologyDescription,
  tasks = 2,
): Cluster =>
  buildCluster({
    jobs: [{ name: 'worker', tasks, cpu, accelerators: { model: gpu, count: 8, bus, ...inside }, nic, nics }],
    ...(topology && { topology }),
  });
const GPUS = [1, 2, 3, 4, 5, 6, 7, 8];
const OTHERS = GPUS.map((i) => 9 + i);
const path = (cluster: Cluster, from: number, to: number): string[] =>
  [...cluster.route(from, to)].map((link) => cluster.links[link]!.name);

/** Bytes per second where each GPU sends to its counterpart, by its route, all at once and evenly. */
function together(cluster: Cluster): number {
  const flows = new Map<number, number>();
  const routes = GPUS.map((from, i) => cluster.route(from, OTHERS[i]!));
  for (const route of routes) for (const link of route) flows.set(link, (flows.get(link) ?? 0) + 1);
  const least = [...flows].map(([link, n]) => cluster.links[link]!.model.bytesPerSecond.value / n);
  return 8 * Math.min(...least);
}

describe('network adapters of a host', () => {
  test.each([
    [1, 3e9],
    [2, 6e9],
    [4, 12e9],
    [8, 24e9],
  ])('%d of them carry %d bytes/s from 8 GPUs to those of another host', (nics, rate) => {
    // n adapters of 3 GB/s, whatever is between.
    for (const inside of [{}, { tree: { acceleratorsPerSwitch: 2 } }]) {
      expect(together(hosts(nics, inside))).toBe(rate);
      expect(together(hosts(nics, { ...inside, peers: { through: 'switch', link: nvlink } }))).toBe(rate);
      expect(largestFlow(hosts(nics, inside), GPUS, OTHERS)).toBe(rate);
    }
  });

  test('each serves its part of the accelerators, whose way inside the host it is not on', () => {
    const tree = { acceleratorsPerSwitch: 2 };
    const cluster = hosts(4, { tree });
    for (const i of GPUS) {
      const adapter = Math.floor(((i - 1) * 4) / 8);
      expect(path(cluster, i, 9 + i)).toEqual([
        `worker/0/GPU:${i - 1} → worker/0/NIC:${adapter}`,
        `worker/0/NIC:${adapter} → switch`,
        `switch → worker/1/NIC:${adapter}`,
        `worker/1/NIC:${adapter} → worker/1/GPU:${i - 1}`,
      ]);
      for (const j of GPUS) {
        const inside = path(cluster, i, j).join();
        expect(inside).not.toContain('NIC');
        expect(path(hosts(1, { tree }), i, j).join()).toBe(inside);
      }
    }
    // 8 links into PCIe switches, 4 up from these, 8 to adapters, one from the host to the first, 4 out; two ways, 2 hosts.
    expect(cluster.links).toHaveLength(2 * 2 * (8 + 4 + 8 + 1 + 4));
  });

  test('leave by their own, and arrive by the receiver’s', () => {
    expect(path(hosts(8), 8, 10)).toEqual([
      'worker/0/GPU:7 → worker/0/NIC:7',
      'worker/0/NIC:7 → switch',
      'switch → worker/1/NIC:0',
      'worker/1/NIC:0 → worker/1/GPU:0',
    ]);
  });

  test('the host itself leaves by the first', () => {
    expect(path(hosts(4), 0, 9)).toEqual([
      'worker/0 → worker/0/NIC:0',
      'worker/0/NIC:0 → switch',
      'switch → worker/1/NIC:0',
      'worker/1/NIC:0 → worker/1',
    ]);
    expect(path(hosts(1), 0, 9)).toEqual(['worker/0 → switch', 'switch → worker/1']);
  });

  test('are what rails join, and what leaves of fat trees are sized for', () => {
    const rails = hosts(4, {}, { kind: 'rail', spines: 0 });
    // GPUs 2 and 3 share an adapter, hence a rail.
    expect(path(rails, 3, 9 + 4)).toEqual([
      'worker/0/GPU:2 → worker/0/NIC:1',
      'worker/0/NIC:1 → rail-0-1',
      'rail-0-1 → worker/1/NIC:1',
      'worker/1/NIC:1 → worker/1/GPU:3',
    ]);
    // One host per leaf: as many trunks of the adapters' rate as adapters, so that nothing is lost.
    const tree = hosts(4, {}, { kind: 'fat-tree', hostsPerLeaf: 1 });
    expect([...tree.topology.nodes()].filter((node) => node.startsWith('spine-'))).toHaveLength(4);
    expect(largestFlow(tree, GPUS, OTHERS)).toBe(12e9);
  });

  test('are at most as many as accelerators', () => {
    expect(() => hosts(9)).toThrow(
      'job "worker": 9 network adapters for 8 accelerators; give each at most one, as fast as all of its together',
    );
    expect(() => hosts(0)).toThrow('the number of network adapters per host must be 1 or more, got 0');
  });
});
