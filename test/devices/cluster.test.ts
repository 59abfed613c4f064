import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../base/errors.ts';
import { findDevice, findLink } from '../../devices/catalog/index.ts';
import { linkModel } from '../../devices/catalog/read.ts';
import type { Cluster } from '../../devices/cluster.ts';
import { buildCluster, customCluster, type JobDescription } from '../../devices/cluster-builder.ts';
import { matchesDevice } from '../../devices/device-spec.ts';
import { idleTransferSeconds } from '../../devices/topology.ts';

const cpu = findDevice('xeon-e5-2699v3');
const gpu = findDevice('k40');
const bus = linkModel({ name: 'bus', bandwidth: '10 GB/s', latency: '5 us' });
const nic = linkModel({ name: 'nic', bandwidth: '1 GB/s', latency: '20 us' });
const peer = linkModel({ name: 'peer', bandwidth: '40 GB/s', latency: '2 us' });

const workers = (tasks: number, count = 1, peers?: 'mesh' | 'switch'): JobDescription => ({
  name: 'worker',
  tasks,
  cpu,
  accelerators: { model: gpu, count, bus, ...(peers && { peers: { link: peer, through: peers } }) },
  nic,
});
const servers = (tasks: number): JobDescription => ({ name: 'ps', tasks, cpu, nic });

/** The names of the links on the way, as a reader would follow them. */
function path(cluster: Cluster, from: string, to: string): string[] {
  const [a, b] = [cluster.indexOf(from), cluster.indexOf(to)];
  return [...cluster.route(a, b)].map((link) => cluster.links[link]!.name);
}

describe('buildCluster', () => {
  const cluster = buildCluster({ jobs: [servers(1), workers(2, 2)] });

  test('names devices as TensorFlow does', () => {
    expect(cluster.devices.map(({ name, host, model }) => [name, host, model.id])).toEqual([
      ['/job:ps/task:0/device:CPU:0', 'ps/0', 'xeon-e5-2699v3'],
      ['/job:worker/task:0/device:CPU:0', 'worker/0', 'xeon-e5-2699v3'],
      ['/job:worker/task:0/device:GPU:0', 'worker/0', 'k40'],
      ['/job:worker/task:0/device:GPU:1', 'worker/0', 'k40'],
      ['/job:worker/task:1/device:CPU:0', 'worker/1', 'xeon-e5-2699v3'],
      ['/job:worker/task:1/device:GPU:0', 'worker/1', 'k40'],
      ['/job:worker/task:1/device:GPU:1', 'worker/1', 'k40'],
    ]);
    cluster.devices.forEach(({ name }, index) => {
      expect(cluster.indexOf(name)).toBe(index);
    });
    expect(cluster.indexOf('/job:ps/task:1/device:CPU:0')).toBe(-1);
    expect(
      cluster.devices.filter(({ name }) => matchesDevice('/job:worker/device:GPU:*', name)),
    ).toHaveLength(4);
  });

  test('each link has two directions', () => {
    // 3 NICs and 4 buses, two ways.
    expect(cluster.links.map(({ name }) => name)).toEqual([
      'ps/0 → switch',
      'switch → ps/0',
      'worker/0/GPU:0 → worker/0',
      'worker/0 → worker/0/GPU:0',
      'worker/0/GPU:1 → worker/0',
      'worker/0 → worker/0/GPU:1',
      'worker/0 → switch',
      'switch → worker/0',
      'worker/1/GPU:0 → worker/1',
      'worker/1 → worker/1/GPU:0',
      'worker/1/GPU:1 → worker/1',
      'worker/1 → worker/1/GPU:1',
      'worker/1 → switch',
      'switch → worker/1',
    ]);
  });

  test('routes follow the machine', () => {
    const g0 = '/job:worker/task:0/device:GPU:0';
    const c0 = '/job:worker/task:0/device:CPU:0';
    const ps = '/job:ps/task:0/device:CPU:0';
    expect(path(cluster, g0, g0)).toEqual([]);
    expect(path(cluster, g0, c0)).toEqual(['worker/0/GPU:0 → worker/0']);
    expect(path(cluster, c0, g0)).toEqual(['worker/0 → worker/0/GPU:0']);
    expect(path(cluster, g0, ps)).toEqual([
      'worker/0/GPU:0 → worker/0',
      'worker/0 → switch',
      'switch → ps/0',
    ]);
    expect(path(cluster, c0, ps)).toEqual(['worker/0 → switch', 'switch → ps/0']);
    expect(path(cluster, g0, '/job:worker/task:0/device:GPU:1')).toEqual([
      'worker/0/GPU:0 → worker/0',
      'worker/0 → worker/0/GPU:1',
    ]);
    expect(path(cluster, g0, '/job:worker/task:1/device:GPU:1')).toEqual([
      'worker/0/GPU:0 → worker/0',
      'worker/0 → switch',
      'switch → worker/1',
      'worker/1 → worker/1/GPU:1',
    ]);
  });

  test('routes are found once', () => {
    expect(cluster.route(2, 0)).toBe(cluster.route(2, 0));
    expect(() => cluster.route(0, 7)).toThrow('there is no device 7');
  });

  test('an idle transfer adds latencies and keeps to the narrowest link', () => {
    const [g0, c0, ps] = [2, 1, 0];
    // 5 + 20 + 20 µs, then 10 MB at 1 GB/s.
    expect(idleTransferSeconds(cluster, g0, ps, 10e6)).toBeCloseTo(45e-6 + 10e-3, 12);
    // 5 µs, then 10 MB at 10 GB/s.
    expect(idleTransferSeconds(cluster, g0, c0, 10e6)).toBeCloseTo(5e-6 + 1e-3, 12);
    expect(idleTransferSeconds(cluster, g0, ps, 0)).toBeCloseTo(45e-6, 12);
    expect(idleTransferSeconds(cluster, g0, g0, 10e6)).toBe(0);
  });

  test('the topology can be drawn', () => {
    // 7 devices, 3 hosts, 1 switch.
    expect(cluster.topology.order).toBe(11);
    expect(cluster.topology.size).toBe(cluster.links.length);
    expect(cluster.topology.getNodeAttributes('switch')).toEqual({ kind: 'switch' });
    expect(cluster.topology.getNodeAttributes('worker/1')).toEqual({ kind: 'host' });
    expect(cluster.topology.getNodeAttributes('/job:worker/task:0/device:GPU:1')).toEqual({
      kind: 'device',
      device: 3,
    });
    expect(cluster.topology.getNodeAttributes('/job:ps/task:0/device:CPU:0')).toEqual({
      kind: 'device',
      device: 0,
      attachedTo: 'ps/0',
    });
    cluster.topology.forEachEdge((edge, attributes) => expect(attributes).toEqual({ link: Number(edge) }));
  });

  test('accelerators meet directly in a mesh', () => {
    const mesh = buildCluster({ jobs: [workers(1, 4, 'mesh')] });
    // 4 buses, 6 pairs and 1 NIC, two ways.
    expect(mesh.links).toHaveLength(2 * (4 + 6 + 1));
    expect(path(mesh, '/job:worker/task:0/device:GPU:3', '/job:worker/task:0/device:GPU:1')).toEqual([
      'worker/0/GPU:3 → worker/0/GPU:1',
    ]);
    // 2 µs, then 4 MB at 40 GB/s
    expect(idleTransferSeconds(mesh, 1, 2, 4e6)).toBeCloseTo(2e-6 + 100e-6, 12);
  });

  test('accelerators meet in a switch: as fast when idle, but what each sends shares one link', () => {
    const switched = buildCluster({ jobs: [workers(1, 4, 'switch')] });
    // 4 buses, 4 links to the inner switch, 1 NIC, two ways.
    expect(switched.links).toHaveLength(2 * (4 + 4 + 1));
    // As many hops as over the host, so the order of the links decides.
    expect(path(switched, '/job:worker/task:0/device:GPU:0', '/job:worker/task:0/device:GPU:3')).toEqual([
      'worker/0/GPU:0 → worker/0/switch',
      'worker/0/switch → worker/0/GPU:3',
    ]);
    expect(idleTransferSeconds(switched, 1, 2, 4e6)).toBeCloseTo(2e-6 + 100e-6, 12);
  });

  test('switches are joined by trunks', () => {
    const racks = buildCluster({
      jobs: [
        { ...servers(1), switch: 'rack-a' },
        { ...workers(1), switch: 'rack-b' },
      ],
      trunks: [{ between: ['rack-a', 'rack-b'], model: nic }],
    });
    expect(path(racks, '/job:worker/task:0/device:GPU:0', '/job:ps/task:0/device:CPU:0')).toEqual([
      'worker/0/GPU:0 → worker/0',
      'worker/0 → rack-b',
      'rack-b → rack-a',
      'rack-a → ps/0',
    ]);
  });

  test('hosts that no link joins cannot reach each other', () => {
    const { nic: _, ...alone } = servers(1);
    const apart = buildCluster({ jobs: [alone, workers(1)] });
    expect(() => apart.route(0, 1)).toThrow(
      new UserError(
        'no link leads from /job:ps/task:0/device:CPU:0 to /job:worker/task:0/device:CPU:0: ' +
          'the first reaches no other device, the second /job:worker/task:0/device:GPU:0',
      ),
    );
  });

  test.each([
    [{ jobs: [servers(1), servers(2)] }, 'job "ps" is given twice'],
    [
      { jobs: [{ ...servers(1), name: 'p/s' }] },
      'job "p/s": a name is a letter, then letters, digits and "_"',
    ],
    [{ jobs: [servers(0)] }, 'job "ps": tasks must be 1 or more, got 0'],
    [{ jobs: [servers(1.5)] }, 'job "ps": tasks must be 1 or more, got 1.5'],
    [{ jobs: [workers(1, 0)] }, 'job "worker": the number of accelerators per host must be 1 or more, got 0'],
    [{ jobs: [{ ...servers(1), cpu: gpu }] }, 'job "ps": k40 is a GPU, not a CPU'],
    [
      { jobs: [{ ...servers(1), accelerators: { model: cpu, count: 1, bus } }] },
      'job "ps": xeon-e5-2699v3 is a CPU, not an accelerator',
    ],
    [{ jobs: [{ ...servers(1), switch: 'a/b' }] }, 'switch "a/b": a name without "/" is needed'],
    [
      { jobs: [servers(1)], trunks: [{ between: ['switch', 'core'] as const, model: nic }] },
      'no job is joined to the switch "core"',
    ],
  ])('refuses what makes no sense (%#)', (description, message) => {
    expect(() => buildCluster(description)).toThrow(new UserError(message));
  });

  test('a large cluster costs what is asked of it', () => {
    const large = buildCluster({ jobs: [servers(20), workers(200, 8, 'mesh')] });
    // 20 + 200 · 9 devices; 20 NICs + 200 · (8 buses + 28 pairs + 1 NIC), two ways.
    expect(large.devices).toHaveLength(1820);
    expect(large.links).toHaveLength(2 * (20 + 200 * 37));
    const ps = large.indexOf('/job:ps/task:19/device:CPU:0');
    const last = large.indexOf('/job:worker/task:199/device:GPU:7');
    expect(large.route(last, ps)).toHaveLength(3);
  });

  test('catalog models fit: K40 to a parameter server over 10 Gb Ethernet', () => {
    const cluster = buildCluster({
      jobs: [
        { name: 'ps', tasks: 1, cpu, nic: findLink('eth-10g') },
        {
          name: 'worker',
          tasks: 1,
          cpu,
          accelerators: { model: gpu, count: 1, bus: findLink('pcie3-x16') },
          nic: findLink('eth-10g'),
        },
      ],
    });
    const worker = cluster.indexOf('/job:worker/task:0/device:GPU:0');
    // 8 + 12.5 + 12.5 µs, then 117 MB at 1.17 GB/s.
    expect(idleTransferSeconds(cluster, worker, 0, 117e6)).toBeCloseTo(33e-6 + 0.1, 9);
  });
});

describe('customCluster', () => {
  const names = ['a', 'b', 'c', 'd'];
  const devices = names.map((name) => ({ name, model: gpu }));

  test('fewest hops win, then the lowest link ids', () => {
    // a to d: over b (links 4, 6) or over c (links 0, 2); ids follow the list, two per entry.
    const diamond = customCluster({
      devices,
      links: [
        { from: 'a', to: 'c', model: nic },
        { from: 'c', to: 'd', model: nic },
        { from: 'a', to: 'b', model: nic },
        { from: 'b', to: 'd', model: nic },
      ],
      devicesForward: true,
    });
    expect([...diamond.route(0, 3)]).toEqual([0, 2]);
    // Back: d → c is link 3, d → b is link 7.
    expect([...diamond.route(3, 0)]).toEqual([3, 1]);
    // Of two parallel links, the first.
    const parallel = customCluster({
      devices,
      links: [
        { from: 'b', to: 'a', model: nic, oneWay: true },
        { from: 'a', to: 'b', model: nic, oneWay: true },
        { from: 'a', to: 'b', model: bus, oneWay: true },
      ],
    });
    expect([...parallel.route(0, 1)]).toEqual([1]);
    expect([...parallel.route(1, 0)]).toEqual([0]);
  });

  test('devices pass nothing on unless they are said to', () => {
    const links = [
      { from: 'a', to: 'b', model: nic },
      { from: 'b', to: 'c', model: nic },
    ];
    expect(() => customCluster({ devices, links }).route(0, 2)).toThrow('no link leads from a to c');
    expect([...customCluster({ devices, links, devicesForward: true }).route(0, 2)]).toEqual([0, 2]);
  });

  test('devices attached to one node are no distance apart', () => {
    const pair = customCluster({
      devices: [
        { name: 'left', model: cpu, host: 'box', attachedTo: 'board' },
        { name: 'right', model: cpu, host: 'box', attachedTo: 'board' },
        { name: 'card', model: gpu, host: 'box' },
      ],
      links: [{ from: 'board', to: 'card', model: bus }],
    });
    expect([...pair.route(0, 1)]).toEqual([]);
    expect([...pair.route(2, 1)]).toEqual([1]);
    expect(pair.devices.map(({ host }) => host)).toEqual(['box', 'box', 'box']);
    expect(() => customCluster({ devices: [devices[0]!, devices[0]!], links: [] })).toThrow('given twice');
  });

  test('on any graph: routes are connected, shortest, and first among the shortest', () => {
    const node = fc.integer({ min: 0, max: 6 });
    const edges = fc.array(fc.tuple(node, node), { maxLength: 20 });
    fc.assert(
      fc.property(edges, (pairs) => {
        const all = Array.from({ length: 7 }, (_, i) => ({ name: `n${i}`, model: gpu }));
        const links = pairs.map(([a, b]) => ({ from: `n${a}`, to: `n${b}`, model: nic, oneWay: true }));
        const cluster = customCluster({ devices: all, links, devicesForward: true });
        for (let from = 0; from < 7; from++) {
          const best = shortestByEnumeration(pairs, from, 7);
          for (let to = 0; to < 7; to++) {
            const expected = best[to];
            if (expected === undefined) expect(() => cluster.route(from, to)).toThrow('no link leads');
            else expect([...cluster.route(from, to)]).toEqual(expected);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** The oracle: all link lists of length 0, 1, 2 … in lexicographic order; the first that arrives is the route. */
function shortestByEnumeration(
  pairs: readonly (readonly [number, number])[],
  from: number,
  count: number,
): (number[] | undefined)[] {
  const best: (number[] | undefined)[] = new Array(count);
  best[from] = [];
  let frontier: { at: number; links: number[] }[] = [{ at: from, links: [] }];
  for (let hops = 1; hops < count; hops++) {
    const next = frontier
      .flatMap(({ at, links }) =>
        pairs.flatMap(([a, b], link) => (a === at ? [{ at: b, links: [...links, link] }] : [])),
      )
      // Lists of one length, compared link by link.
      .sort((x, y) => x.links.map((link, i) => link - y.links[i]!).find((d) => d !== 0) ?? 0);
    frontier = [];
    for (const candidate of next) {
      if (best[candidate.at] !== undefined) continue;
      best[candidate.at] = candidate.links;
      frontier.push(candidate);
    }
  }
  return best;
}
