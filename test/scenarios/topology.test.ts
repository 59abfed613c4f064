import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { UserError } from '../../base/errors.ts';
import type { Cluster } from '../../devices/cluster.ts';
import { TOPOLOGIES } from '../../devices/topologies/index.ts';
import { assumptionsOf } from '../../scenarios/assumptions.ts';
import { clusterSchema } from '../../scenarios/cluster-schema.ts';
import { clusterInWords, experimentCluster } from '../../scenarios/experiment-cluster.ts';
import { parseScenario } from '../../scenarios/load.ts';
import type { Scenario } from '../../scenarios/schema.ts';

/** A placement experiment on `count` hosts of 4 (or other) accelerators each. */
const scenario = (
  count: number,
  topology: string,
  workers = 'accelerator: v100, accelerators: 4',
): string => `
title: topologies
cluster:
  workers: {count: ${count}, cpu: xeon-8180, ${workers}}
  network: {bandwidth: 1 GB/s, latency: 1 us}
${topology === '' ? '' : `  topology: ${topology}`}
experiments:
  - kind: placement
    name: place
    model: {name: mnist-cnn, batch: 16}
    placers: [{kind: greedy}]
`;

/** A training experiment with 1 to 4 workers and 2 parameter servers. */
const training = (topology: string): string =>
  scenario(1, topology)
    .replace('  network:', '  parameter_servers: {count: 2, cpu: xeon-8180}\n  network:')
    .replace(/ {2}- kind: placement[\s\S]*$/, '')
    .concat(
      '  - {kind: training, name: train, model: {name: mnist-cnn, batch: 16}, workers: [4, 16], steps: 2, strategies: [{kind: sync}]}\n',
    );

const cluster = (source: string): Scenario['cluster'] => parseScenario(source, 'a.yaml').cluster;
const built = (source: string, hosts: number, servers = 0): Cluster =>
  experimentCluster(cluster(source), hosts, servers);

function problem(source: string): string {
  try {
    parseScenario(source, 'a.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
  throw new Error('the scenario was accepted');
}

const path = (c: Cluster, from: number, to: number): string[] =>
  [...c.route(from, to)].map((link) => c.links[link]!.name);

describe('what joins the hosts', () => {
  it('is one switch unless it says something else', () => {
    const [implied, named] = [scenario(2, ''), scenario(2, '{kind: single-switch}')];
    expect(built(named, 2).links).toEqual(built(implied, 2).links);
    expect(cluster(implied).topology).toBeUndefined();
  });

  it.each([
    // hosts; switches and links of 8 hosts, besides 4 buses on each.
    ['{kind: fat-tree, hosts_per_leaf: 4}', 2 + 4, 8 + 8],
    ['{kind: fat-tree, hosts_per_leaf: 4, oversubscription: 2}', 2 + 2, 8 + 4],
    ['{kind: fat-tree, hosts_per_leaf: 4, spines: 3}', 2 + 3, 8 + 6],
    // 2 pods of 2 leaves and 2 spines, 2 cores on each of 2 planes.
    ['{kind: fat-tree, hosts_per_leaf: 2, leaves_per_pod: 2}', 8 + 4, 8 + 8 + 8],
    ['{kind: fat-tree, hosts_per_leaf: 2, leaves_per_pod: 2, cores_per_spine: 1}', 8 + 2, 8 + 8 + 4],
    // 4 rails in each of 2 groups, 1 spine; an adapter on each GPU, one on each host.
    ['{kind: rail, spines: 1, hosts_per_group: 4}', 8 + 1, 32 + 8 + 8],
    ['{kind: ring}', 0, 8],
    ['{kind: torus, sizes: [4, 2]}', 0, 8 + 4],
    ['{kind: torus, dimensions: 3, wrap: false}', 0, 12],
    // 32 accelerators on a ring, and 8 hosts on a switch.
    ['{kind: ring, of: accelerators, link: {link: nvlink2}}', 1, 32 + 8],
    ['{kind: fully-connected}', 0, 28],
    // 4 groups of 2 routers, every two groups joined once.
    ['{kind: dragonfly, hosts_per_router: 1, routers_per_group: 2, globals_per_router: 2}', 8, 8 + 4 + 6],
  ])('%s', (topology, switches, links) => {
    const c = built(scenario(8, topology), 8);
    expect(c.topology.filterNodes((_, { kind }) => kind === 'switch')).toHaveLength(switches);
    expect(c.links).toHaveLength(2 * (links + 32));
  });

  it('every kind is a choice', () => {
    expect(problem(scenario(2, '{kind: fat_tree}'))).toContain(
      'cluster.topology.kind: unknown kind of topology "fat_tree"; did you mean "fat-tree"?',
    );
    expect(problem(scenario(2, '{}'))).toContain(
      `cluster.topology.kind: missing; choose one of: ${Object.keys(TOPOLOGIES).join(', ')}`,
    );
    expect(problem(scenario(2, '{kind: torus, size: [2]}'))).toContain(
      'cluster.topology.size: unknown key; did you mean "sizes"?',
    );
  });

  it('links of its own are links as elsewhere', () => {
    const c = built(
      scenario(
        8,
        '{kind: fat-tree, hosts_per_leaf: 4, trunk: {bandwidth: 4 GB/s, latency: 2 us, overhead: 10 ns}}',
      ),
      8,
    );
    // Four times as fast as the hosts' links: a quarter as many spines.
    const trunk = c.links.find(({ name }) => name === 'leaf-0 → spine-0')!.model;
    expect(trunk.bytesPerSecond.value).toBe(4e9);
    expect(trunk.messageSeconds?.value).toBe(10e-9);
    expect(c.topology.hasNode('spine-1')).toBe(false);
    expect(problem(scenario(8, '{kind: fat-tree, hosts_per_leaf: 4, trunk: {bandwidth: 4 GB/s}}'))).toContain(
      'cluster.topology.trunk.latency: missing',
    );
    expect(problem(scenario(2, '{kind: ring, link: {bandwidth: 0 B/s, latency: 0 s}}'))).toContain(
      'cluster.topology.link.bandwidth: expected at least 1 kb/s, got "0 B/s"',
    );
  });

  it('ECMP spreads, by its own seed', () => {
    const routes = (seed: number): string =>
      JSON.stringify(
        [4, 5, 6, 7].map((host) =>
          path(
            built(
              scenario(
                8,
                `{kind: fat-tree, hosts_per_leaf: 4, routing: ecmp, hash_seed: ${seed}}`,
                'bus: pcie3-x16',
              ),
              8,
            ),
            0,
            host,
          ),
        ),
      );
    expect(routes(1)).toBe(routes(1));
    expect(new Set([1, 2, 3, 4].map(routes)).size).toBeGreaterThan(1);
    const first = built(scenario(8, '{kind: fat-tree, hosts_per_leaf: 4}', 'bus: pcie3-x16'), 8);
    expect([4, 5, 6, 7].map((host) => path(first, 0, host)[1])).toEqual(
      new Array(4).fill('leaf-0 → spine-0'),
    );
  });

  it.each([
    ['{kind: ring, hash_seed: 3}', 'hash_seed: routes are hashed with routing: ecmp only'],
    ['{kind: torus, sizes: [2], dimensions: 1}', 'dimensions: give sizes or dimensions, not both'],
    [
      '{kind: fat-tree, hosts_per_leaf: 2, spines: 1, oversubscription: 2}',
      'oversubscription: give spines or oversubscription, not both',
    ],
    [
      '{kind: fat-tree, hosts_per_leaf: 2, cores_per_spine: 1}',
      'cores_per_spine: there are core switches above pods only; set leaves_per_pod too',
    ],
  ])('%s contradicts itself', (topology, message) => {
    expect(problem(scenario(2, topology))).toContain(`cluster.topology.${message}`);
  });

  it.each([
    [
      '{kind: torus, sizes: [4, 4]}',
      'place with 8 workers: a torus of 4 × 4 has places for 16 hosts, and there are 8',
    ],
    ['{kind: ring, of: accelerators}', 'it joins accelerators: of which link? set link'],
    [
      '{kind: dragonfly, hosts_per_router: 1, routers_per_group: 1, globals_per_router: 1}',
      '8 hosts make 8 groups of 1, and 1 routers of 1 global links reach 1 others',
    ],
  ])('%s does not fit', (topology, message) => {
    expect(problem(scenario(8, topology))).toContain(`cluster.topology: `);
    expect(problem(scenario(8, topology))).toContain(message);
  });

  it('is asked for every number of workers of a training experiment', () => {
    // 4 hosts of 4 workers each and 2 servers fit in 3 × 2; 1 and 2 do not.
    expect(problem(training('{kind: torus, sizes: [3, 2]}'))).toContain(
      'train with 4 workers: a torus of 3 × 2 has places for 6 hosts, and there are 3',
    );
    const c = built(training('{kind: torus}'), 4, 2);
    expect(c.links.filter(({ name }) => !name.includes('GPU'))).toHaveLength(2 * (6 + 3));
  });
});

describe('a custom topology', () => {
  const links = `
      - {between: [worker/0, a], bandwidth: 1 GB/s, latency: 1 us}
      - {between: [ps/0, a], bandwidth: 1 GB/s, latency: 1 us}
      - {between: [ps/1, a], bandwidth: 1 GB/s, latency: 1 us}
      - {between: [worker/1, a], link: eth-10g}
      - {between: [worker/2, b], link: eth-10g}
      - {between: [worker/3, b], link: eth-10g}
      - {between: [a, b], link: eth-100g, distance: 2}`;
  const listed = `\n    kind: custom\n    switches: [a, b]\n    links:${links}`;

  it('is what is listed, of the hosts that a run has', () => {
    const [one, four] = [1, 4].map((count) => built(training(listed), count, 2));
    // 4 buses per worker host; 1 such host, 2 servers, a to b; 4 hosts, 2 servers, a to b.
    expect(one!.links).toHaveLength(2 * (4 + 3 + 1));
    expect(four!.links).toHaveLength(2 * (16 + 6 + 1));
    const ps = four!.indexOf('/job:ps/task:1/device:CPU:0');
    expect(path(four!, four!.indexOf('/job:worker/task:3/device:CPU:0'), ps)).toEqual([
      'worker/3 → b',
      'b → a',
      'a → ps/1',
    ]);
  });

  it.each([
    ['worker/3', 'worker/4', 'links.5.between.0: unknown end of a link "worker/4"; did you mean "worker/'],
    ['ps/1', 'ps/2', 'links.2.between.0: unknown end of a link "ps/2"; did you mean "ps/'],
    ['worker/0,', 'worker/0/GPU:4,', 'links.0.between.0: unknown end of a link "worker/0/GPU:4"'],
    ['switches: [a, b]', 'switches: [a]', 'unknown end of a link "b"'],
    ['link: eth-100g', 'link: eth-100gb', 'did you mean "eth-100g"?'],
    ['link: eth-100g, distance: 2', 'distance: 2', 'links.6.link: missing; give a link of the catalog'],
    ['switches: [a, b]', 'switches: [a, b, c/d]', 'switches.2: expected a name without "/"'],
  ])('%s → %s is refused', (from, to, message) => {
    const source = training(listed);
    expect(source).toContain(from);
    expect(problem(source.replace(from, to))).toContain(message);
  });

  it('may leave devices apart: told when they are to talk', () => {
    const apart = built(
      scenario(2, '{kind: custom, links: [{between: [worker/0/GPU:0, worker/0/GPU:1], link: nvlink2}]}'),
      2,
    );
    expect(path(apart, 1, 2)).toEqual(['worker/0/GPU:0 → worker/0/GPU:1']);
    expect(() => apart.route(1, 6)).toThrow(
      'no link leads from /job:worker/task:0/device:GPU:0 to /job:worker/task:1/device:GPU:0: the first reaches ' +
        '/job:worker/task:0/device:CPU:0, /job:worker/task:0/device:GPU:1, /job:worker/task:0/device:GPU:2 and 1 more',
    );
  });
});

describe('inside a host', () => {
  const dgx =
    'accelerator: v100, accelerators: 8, peer_link: nvlink2, peers: hybrid-cube-mesh, pcie: {accelerators_per_switch: 2, switches_per_socket: 2, socket_link: qpi}';

  it('may be a DGX-1', () => {
    const c = built(scenario(1, '', dgx), 1);
    // 16 pairs with NVLinks; 8 GPUs below 4 switches on 2 sockets; a NIC.
    expect(c.links).toHaveLength(2 * (16 + 8 + 4 + 1 + 1));
    expect(c.links[0]!.model.name).toBe('1 of 6: NVLink 2 (6 links of a V100)');
    const p100 = built(scenario(1, '', dgx.replace('v100', 'p100').replace('nvlink2', 'nvlink1')), 1);
    expect(p100.links[0]!.model.name).toBe('1 of 4: NVLink 1 (4 links of a P100)');
    // Training uses every accelerator of a host.
    const trains = built(training('').replace('accelerator: v100, accelerators: 4', dgx), 4, 2);
    expect(trains.links.filter(({ model }) => model.name.includes('NVLink'))).toHaveLength(4 * 2 * 16);
  });

  it('may have a switch between accelerators', () => {
    const c = built(
      scenario(1, '', 'accelerator: a100, accelerators: 8, peer_link: nvlink3, peers: switch'),
      1,
    );
    expect(path(c, 1, 8)).toEqual(['worker/0/GPU:0 → worker/0/switch', 'worker/0/switch → worker/0/GPU:7']);
  });

  it.each([
    [
      dgx.replace('peers: hybrid-cube-mesh', 'peers: cube'),
      'expected one of "mesh", "switch", "hybrid-cube-mesh", got "cube"',
    ],
    [dgx.replace('accelerators: 8', 'accelerators: 4'), 'peers: a hybrid cube mesh joins 8 accelerators'],
    [dgx.replace('peer_link: nvlink2, ', ''), 'peers: by which link? set cluster.workers.peer_link too'],
    [
      `${dgx}, more_accelerators: [k40]`,
      'more_accelerators: a hybrid cube mesh joins 8 accelerators, and has',
    ],
    [
      'accelerator: k40, more_accelerators: [v100, tpu-v2]',
      'more_accelerators: accelerators of a host are of one kind; k40 is a GPU',
    ],
    ['pcie: {accelerators_per_switch: 2}', 'pcie: it leads to accelerators; set cluster.workers.accelerator'],
    [dgx.replace('accelerators_per_switch', 'per_switch'), 'pcie.per_switch: unknown key'],
  ])('%s is refused', (workers, message) => {
    expect(problem(scenario(1, '', workers))).toContain(message);
  });
});

it('examples of the documentation are topologies, or clusters of nodes', () => {
  const page = readFileSync(new URL('../../docs/topologies.md', import.meta.url), 'utf8');
  const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => yaml!);
  const topologies = examples.filter((yaml) => yaml.startsWith('kind:'));
  expect(topologies.length).toBeGreaterThanOrEqual(5);
  for (const yaml of topologies) {
    const c = built(scenario(2, `\n${yaml.replace(/^/gm, '    ')}`), 2);
    for (let device = 1; device < c.devices.length; device++) c.route(0, device);
  }
  const clusters = examples.filter((yaml) => !yaml.startsWith('kind:'));
  expect(clusters.length).toBeGreaterThanOrEqual(2);
  for (const yaml of clusters) {
    const written = parse(yaml) as { cluster?: object };
    const choice = clusterSchema.parse(written.cluster ?? written);
    const c = experimentCluster(choice, 2, 0);
    for (let device = 1; device < c.devices.length; device++) c.route(0, device);
  }
});

it('the report names the topology and the links that it adds', () => {
  const source = scenario(8, '{kind: fat-tree, hosts_per_leaf: 4, trunk: {link: eth-100g}, routing: ecmp}');
  const parsed = parseScenario(source, 'a.yaml');
  expect(clusterInWords(parsed.cluster, [8], [], false)).toMatch(/, 1 GB\/s, 1 us \(fat-tree, ECMP\)$/);
  expect(assumptionsOf(parsed).map(({ what }) => what)).toContain('eth-100g: nominal bandwidth');
});
