import { describe, expect, it, test } from 'vitest';
import { CATALOG } from '../../devices/catalog/catalog.ts';
import { findDevice, findLink, findNode, nodeIds } from '../../devices/catalog/index.ts';
import { clusterSchema } from '../../scenarios/cluster-schema.ts';
import { experimentCluster } from '../../scenarios/experiment-cluster.ts';
import { parseScenario } from '../../scenarios/load.ts';
import type { Scenario } from '../../scenarios/schema.ts';

const scenario = (cluster: string): string => `
title: nodes
cluster:
  ${cluster}
experiments:
  - kind: placement
    name: place
    model: {name: mnist-cnn, batch: 16}
    placers: [{kind: greedy}]
`;
const cluster = (text: string): Scenario['cluster'] => parseScenario(scenario(text), 'a.yaml').cluster;
const problem = (text: string): string => {
  try {
    cluster(text);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it was accepted');
};

describe('whole nodes', () => {
  test.each([...nodeIds])(
    '%s is made of what the catalog has, and its accelerators reach each other',
    (id) => {
      const node = findNode(id);
      expect(findDevice(node.cpu).kind).toBe('CPU');
      expect(node.source.length).toBeGreaterThan(5);
      expect(/^Assumed/.test(node.source)).toBe(node.evidence === 'assumed');
      for (const figure of [node.powerWatts, node.dollarsPerHour]) {
        if (figure === undefined) continue;
        expect(figure.value).toBeGreaterThan(0);
        expect(figure.source.length).toBeGreaterThan(5);
      }
      const built = experimentCluster(clusterSchema.parse({ workers: { node: id } }), 2, 0, CATALOG);
      const { accelerators } = node;
      const computing = built.devices.flatMap((device, i) =>
        accelerators === undefined || device.model.kind !== 'CPU' ? [i] : [],
      );
      expect(computing).toHaveLength(2 * (accelerators?.count ?? 1));
      for (const from of computing) {
        for (const to of computing) if (to !== from) expect(built.route(from, to).length).toBeGreaterThan(0);
      }
      // No machine draws less than its devices may (clouds do not say), but for those that are never all busy.
      if (node.powerWatts === undefined) return;
      const devices =
        (accelerators?.count ?? 0) * (findDevice(accelerators?.model ?? node.cpu).powerWatts?.value ?? 0);
      expect(node.powerWatts.value).toBeGreaterThan(devices * 0.85);
    },
  );

  test('what is bought of NVIDIA is joined as it is', () => {
    const gpus = (id: string): string => {
      const { accelerators: a } = findNode(id);
      return `${a!.count} ${a!.model} ${a!.peerLink} ${a!.peers}`;
    };
    expect(gpus('dgx-1-p100')).toBe('8 p100 nvlink1 hybrid-cube-mesh');
    expect(gpus('dgx-1')).toBe('8 v100 nvlink2 hybrid-cube-mesh');
    expect(gpus('dgx-2')).toBe('16 v100-sxm3 nvlink2 switch');
    expect(gpus('dgx-a100-80gb')).toBe('8 a100-80gb nvlink3 switch');
    expect(gpus('dgx-h100')).toBe('8 h100 nvlink4 switch');
    expect(gpus('gb200-nvl72')).toBe('72 gb200 nvlink5 switch');
    // A DGX-2 brings 100 GB/s into a cluster (Shoeybi et al. 2019): 8 adapters of 12.5 GB/s.
    const { link, count } = findNode('dgx-2h').network!;
    expect(count * findLink(link).rawBytesPerSecond.value).toBe(100e9);
  });

  test('pods of TPUs have as many chips as are published', () => {
    const chips = (id: string): number => findNode(id).slice!.pod.reduce((a, b) => a * b);
    expect(chips('tpu-v2-8')).toBe(256);
    expect(chips('tpu-v3-8')).toBe(1024);
    expect(chips('tpu-v4-8')).toBe(4096);
    expect(chips('tpu-v5e-8')).toBe(256);
    expect(chips('tpu-v5p-8')).toBe(8960);
    expect(chips('tpu-v6e-8')).toBe(256);
    expect(chips('tpu-v7-4')).toBe(9216);
  });
});

describe('cluster.workers.node', () => {
  it('gives everything that is not written', () => {
    expect(cluster('workers: {node: dgx-a100, count: 2}')).toEqual({
      workers: {
        node: 'dgx-a100',
        count: 2,
        cpu: 'epyc-7742',
        cpus: 2,
        accelerator: 'a100',
        accelerators: 8,
        bus: 'pcie4-x16',
        peer_link: 'nvlink3',
        peers: 'switch',
        pcie: { accelerators_per_switch: 2, switches_per_socket: 2, socket_link: 'if-zen2' },
      },
      network: { link: 'ib-hdr', count: 8 },
    });
    // What was resolved is a cluster section itself, and resolves to itself.
    const resolved = cluster('workers: {node: tpu-v3-8, count: 4}');
    expect(
      cluster(
        `workers: ${JSON.stringify(resolved.workers)}\n  network: ${JSON.stringify(resolved.network)}\n  topology: ${JSON.stringify(resolved.topology)}`,
      ),
    ).toEqual(resolved);
  });

  it('yields to what is written beside it', () => {
    const { workers, network } = cluster(
      'workers: {node: dgx-a100, accelerator: a100-80gb, accelerators: 4, cpu: epyc-7763}\n  network: {link: eth-100g}',
    );
    expect(workers).toMatchObject({
      accelerator: 'a100-80gb',
      accelerators: 4,
      cpu: 'epyc-7763',
      bus: 'pcie4-x16',
    });
    expect(network).toEqual({ link: 'eth-100g' });
    // As many adapters as accelerators are left, or as are written.
    expect(cluster('workers: {node: dgx-a100, accelerators: 4}').network).toEqual({
      link: 'ib-hdr',
      count: 4,
    });
    expect(cluster('workers: {node: dgx-a100}\n  network: {count: 4}').network).toEqual({
      link: 'ib-hdr',
      count: 4,
    });
    expect(cluster('workers: {node: dgx-a100}\n  topology: {kind: rail, spines: 2}').topology).toMatchObject({
      kind: 'rail',
    });
  });

  it('of a TPU makes slices: grids that are closed where a whole dimension is there', () => {
    const choice = cluster('workers: {node: tpu-v2-8, count: 1}');
    expect(choice.topology).toEqual({
      kind: 'torus',
      dimensions: 2,
      wrap: 16,
      of: 'accelerators',
      link: { link: 'ici-v2' },
    });
    const ici = (hosts: number): number =>
      experimentCluster(choice, hosts, 0).links.filter(({ model }) => model.id === 'ici-v2').length / 2;
    expect(ici(1)).toBe(4);
    // v2-32: 4 × 4 with open ends, 2 · 4 · 3 links; the pod: 16 × 16, closed, 2 · 256.
    expect(ici(4)).toBe(24);
    expect(ici(64)).toBe(512);
    // v4: a cube of 4 × 4 × 4 is closed by optical switches.
    const cube = experimentCluster(cluster('workers: {node: tpu-v4-8}'), 16, 0);
    expect(cube.links.filter(({ model }) => model.id === 'ici-v4')).toHaveLength(2 * 3 * 64);
  });

  it('has all the sockets’ cores, memory and bandwidth', () => {
    const [one, two] = [
      experimentCluster(cluster('workers: {cpu: xeon-8280}\n  network: {link: eth-10g}'), 1, 0),
      experimentCluster(cluster('workers: {cpu: xeon-8280, cpus: 2}\n  network: {link: eth-10g}'), 1, 0),
    ].map(({ devices }) => devices[0]!.model);
    expect(two!.name).toBe(`2 × ${one!.name}`);
    for (const key of ['cores', 'memoryBytes', 'memoryBytesPerSecond', 'powerWatts'] as const)
      expect(two![key]!.value).toBe(2 * one![key]!.value);
    expect(two!.peak.float32!.value).toBe(2 * one!.peak.float32!.value);
    expect(two!.launchSeconds).toBe(one!.launchSeconds);
  });

  it.each([
    [
      'workers: {node: dgx-a10}',
      'a.yaml:4:19: cluster.workers.node: unknown node "dgx-a10"; did you mean "dgx-a100"?',
    ],
    ['workers: {accelerator: k40}\n  network: {link: eth-10g}', 'a.yaml:4:3: cluster.workers.cpu: missing'],
    ['workers: {cpu: xeon-8180}', 'a.yaml:3:1: cluster.network: missing; expected a map of keys'],
    [
      'workers: {cpu: xeon-8180}\n  network: {count: 1}',
      'a.yaml:5:3: cluster.network.link: missing; give a link of the catalog, or a bandwidth and a latency',
    ],
    [
      'workers: {cpu: xeon-8180, accelerator: k40, accelerators: 4}\n  network: {link: eth-10g, count: 8}',
      'a.yaml:5:35: cluster.network.count: there are 4 accelerators per host, and each has at most one adapter; give one link as fast as several',
    ],
    [
      'workers: {node: dgx-a100}\n  topology: {kind: ring}',
      'cluster.network.count: hosts of a ring have one link to each neighbour; leave this out',
    ],
    [
      'workers: {node: dgx-1, accelerators: 4}',
      'cluster.workers.peers: a hybrid cube mesh joins 8 accelerators; set cluster.workers.accelerators to 8',
    ],
  ])('%s is answered', (text, message) => {
    expect(problem(text)).toContain(message);
  });
});
