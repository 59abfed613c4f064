import { describe, expect, it, test } from 'vitest';
import { findDevice } from '../../devices/catalog/index.ts';
import type { Cluster } from '../../devices/cluster.ts';
import { buildCluster } from '../../devices/cluster-builder.ts';
import { collectiveSeconds } from '../../devices/collectives/index.ts';
import { PlanExecutor } from '../../executor/plan-executor.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { clockTick, clockWait } from '../../graph/ops/clock.ts';
import {
  allGather,
  allReduce,
  allToAll,
  type CollectiveAttrs,
  reduceScatter,
} from '../../graph/ops/collective.ts';
import { neg } from '../../graph/ops/elementwise.ts';
import { assign, placeholder, variable } from '../../graph/ops/state.ts';
import { partition } from '../../graph/partition.ts';
import type { Loop, Plan } from '../../graph/plan.ts';
import { numbers, tensor } from '../../graph/tensor.ts';
import { linkOf } from '../../scenarios/link-schema.ts';
import { compilePlan } from '../../sim/compile.ts';
import { simulate } from '../../sim/engine.ts';
import type { SimulationOptions } from '../../sim/simulation.ts';
import { Row } from '../../sim/trace.ts';
import { tinyCost } from './tiny.ts';

const LATENCY = 1e-3;
const BANDWIDTH = 1e6;
const cpu = findDevice('xeon-e5-2699v3');

/** Hosts at one switch: two links of half the latency between any two. */
function switched(ranks: number): Cluster {
  const nic = linkOf({ bandwidth: '1 MB/s', latency: '500 us' });
  return buildCluster({ jobs: [{ name: 'worker', tasks: ranks, cpu, nic }] });
}

const ELEMENTS = 1000;
const BYTES = 4 * ELEMENTS;

type Author = (builder: GraphBuilder, group: CollectiveAttrs) => void;

/** Ranks that run one template, each with a device of its own. */
function ranksPlan(ranks: number, algorithm: string, author: Author, updates = 1): Plan {
  const builder = new GraphBuilder();
  author(builder, { group: 'all', ranks, algorithm });
  const graph = builder.finish();
  const template = partition(graph, ['rank'], new Int32Array(graph.nodeCount));
  const loops = Array.from(
    { length: ranks },
    (_, replica): Loop => ({
      name: `worker/${replica}`,
      replica,
      scope: `worker/${replica}/`,
      template,
      device: Int32Array.of(replica),
      ownDevice: Uint8Array.of(1),
      countsUpdates: replica === 0,
    }),
  );
  const groups = [{ name: 'all', devices: loops.map(({ replica }) => replica) }];
  return { loops, accumulators: [], queues: [], groups, updates };
}

const x = (builder: GraphBuilder, elements = ELEMENTS) =>
  builder.add(placeholder, [], { dtype: 'float32', shape: [elements] }, { name: 'x' });

function run(plan: Plan, cluster: Cluster, options: SimulationOptions = {}) {
  return simulate(compilePlan(plan, cluster, tinyCost), cluster, {
    record: { from: 0, to: plan.updates },
    ...options,
  });
}

const sum: Author = (builder, group) => {
  builder.node(allReduce, [x(builder)], { ...group, reduction: 'sum' }, { name: 'exchange' });
};

describe('on an idle network an exchange takes what its algorithm does', () => {
  const cost = { latencySeconds: LATENCY, secondsPerByte: 1 / BANDWIDTH };
  test.each([
    'ring',
    'bidirectional-ring',
    'tree',
    'double-binary-tree',
    'halving-doubling',
    'recursive-doubling',
    'direct',
  ])('all-reduce by %s', (algorithm) => {
    for (const ranks of [2, 4, 8, 16]) {
      const { seconds, transferBytes } = run(ranksPlan(ranks, algorithm, sum), switched(ranks));
      const expected = Math.min(
        ...Array.from({ length: 11 }, (_, k) =>
          collectiveSeconds('all-reduce', algorithm, { ranks, bytes: BYTES, chunks: 2 ** k }, cost),
        ),
      );
      expect(Math.abs(seconds / expected - 1)).toBeLessThan(1e-9);
      expect(transferBytes).toBe(0);
    }
  });

  it.each([
    ['reduce-scatter', BYTES],
    ['all-gather', 8 * BYTES],
    ['all-to-all', BYTES],
  ])('%s, by the fastest', (collective, bytes) => {
    const author: Author = (builder, group) => {
      const input = x(builder);
      const options = { name: 'exchange' };
      if (collective === 'reduce-scatter')
        builder.node(reduceScatter, [input], { ...group, axis: 0, reduction: 'sum' }, options);
      else if (collective === 'all-gather') builder.node(allGather, [input], { ...group, axis: 0 }, options);
      else builder.node(allToAll, [input], { ...group, axis: 0, split: 0 }, options);
    };
    const { seconds } = run(ranksPlan(8, 'auto', author), switched(8));
    const best = collectiveSeconds(collective, 'ring', { ranks: 8, bytes }, cost);
    expect(seconds).toBeLessThanOrEqual(best * (1 + 1e-9));
    const named = run(ranksPlan(8, 'ring', author), switched(8)).seconds;
    expect(Math.abs(named / best - 1)).toBeLessThan(1e-9);
  });

  it('one rank exchanges with nobody', () => {
    expect(run(ranksPlan(1, 'auto', sum), switched(1)).seconds).toBe(0);
  });
});

describe('who takes part', () => {
  const late: Author = (builder, group) => {
    const slow = builder.add(neg, [x(builder)], {}, { name: 'slow' });
    builder.node(allReduce, [slow], { ...group, reduction: 'sum' }, { name: 'exchange' });
  };

  it('waits for the last; all leave together', () => {
    const alone = run(ranksPlan(4, 'ring', sum), switched(4)).seconds;
    const slowdown = (replica: number): number => 1 + replica / 10;
    const { trace, seconds } = run(ranksPlan(4, 'ring', late), switched(4), { disturbances: { slowdown } });
    // One flop takes one second.
    expect(seconds).toBeCloseTo(1.3 * ELEMENTS + alone, 9);
    const rows = [...trace.kind.subarray(0, trace.length).keys()].filter(
      (row) => trace.kind[row] === Row.exchange,
    );
    expect(rows.map((row) => trace.loop[row])).toEqual([0, 1, 2, 3]);
    for (const row of rows) {
      expect(trace.start[row]).toBeCloseTo(1.3 * ELEMENTS, 9);
      expect(trace.end[row]).toBe(seconds);
      expect(trace.bytes[row]).toBe(BYTES);
    }
  });

  it('takes longer where other bytes are on its links, by what these take', () => {
    const two: Author = (builder, group) => {
      const input = x(builder);
      builder.node(allReduce, [input], { ...group, reduction: 'sum' }, { name: 'first' });
      builder.node(allReduce, [input], { ...group, reduction: 'sum' }, { name: 'second' });
    };
    const ranks = 4;
    const bytes = 2 * (ranks - 1) * (BYTES / ranks);
    const alone = run(ranksPlan(ranks, 'ring', sum), switched(ranks));
    const both = run(ranksPlan(ranks, 'ring', two), switched(ranks));
    expect(both.seconds).toBeCloseTo(alone.seconds + bytes / BANDWIDTH, 9);
    expect(Math.max(...alone.linkBytes)).toBeCloseTo(bytes, 6);
    expect(Math.max(...both.linkBytes)).toBeCloseTo(2 * bytes, 6);
  });

  it('one loop that stands for all takes as long', () => {
    const plan = ranksPlan(8, 'ring', sum);
    const folded = { ...plan, loops: [{ ...plan.loops[0]!, standsForOthers: true }] };
    expect(run(folded, switched(8)).seconds).toBeCloseTo(run(plan, switched(8)).seconds, 12);
  });

  it('prices in groups that exchange at the same time', () => {
    // Ranks 0, 2 and 1, 3 exchange over the links of hosts that have two ranks each.
    const nic = linkOf({ bandwidth: '1 MB/s', latency: '500 us' });
    const bus = linkOf({ bandwidth: '1 GB/s', latency: '0 s' });
    const hosts = buildCluster({
      jobs: [
        { name: 'worker', tasks: 2, cpu, nic, accelerators: { model: findDevice('k40'), count: 2, bus } },
      ],
    });
    const gpus = [0, 1, 0, 1].map((gpu, rank) =>
      hosts.indexOf(`/job:worker/task:${rank >> 1}/device:GPU:${gpu}`),
    );
    const all = ranksPlan(2, 'ring', sum);
    const pair = (ranks: readonly number[], name: string): Pick<Plan, 'loops' | 'groups'> => ({
      loops: ranks.map((rank) => ({
        ...all.loops[0]!,
        name: `worker/${rank}`,
        replica: rank,
        countsUpdates: rank === 0,
        coordinates: { pair: rank % 2 },
        device: Int32Array.of(gpus[rank]!),
      })),
      groups: [{ name, devices: ranks.map((rank) => gpus[rank]!) }],
    });
    const builder = new GraphBuilder();
    const attrs = { group: 'pair/{pair}', ranks: 2, algorithm: 'ring', reduction: 'sum' } as const;
    builder.node(allReduce, [x(builder)], attrs, { name: 'exchange' });
    const graph = builder.finish();
    const template = partition(graph, ['rank'], new Int32Array(graph.nodeCount));
    const [even, odd] = [pair([0, 2], 'pair/0'), pair([1, 3], 'pair/1')];
    const unfolded: Plan = {
      ...all,
      loops: [...even.loops, ...odd.loops].map((loop) => ({ ...loop, template })),
      groups: [...even.groups!, ...odd.groups!],
    };
    const folded: Plan = {
      ...unfolded,
      loops: [{ ...unfolded.loops[0]!, standsForOthers: true }],
      groups: [{ ...even.groups![0]!, alike: [odd.groups![0]!.devices] }],
    };
    expect(run(folded, hosts).seconds).toBeCloseTo(run(unfolded, hosts).seconds, 9);
    expect(run(unfolded, hosts).seconds).toBeGreaterThan(
      1.5 * run({ ...all, loops: unfolded.loops.slice(0, 2), groups: even.groups! }, hosts).seconds,
    );
  });

  it('that somebody never comes is told', () => {
    const plan = ranksPlan(3, 'ring', sum);
    const builder = new GraphBuilder();
    builder.node(clockWait, [], { clock: 'never' }, { name: 'wait' });
    const wait = builder.nodes[0]!;
    const input = builder.add(
      placeholder,
      [],
      { dtype: 'float32', shape: [ELEMENTS] },
      { name: 'x', control: [wait] },
    );
    const attrs = { group: 'all', ranks: 3, algorithm: 'ring', reduction: 'sum' } as const;
    builder.node(allReduce, [input], attrs, { name: 'exchange' });
    const graph = builder.finish();
    const stuck = partition(graph, ['rank'], new Int32Array(graph.nodeCount));
    const loops = plan.loops.map((loop, r) => (r === 2 ? { ...loop, template: stuck } : loop));
    const clocks = [{ name: 'never', workers: 3, bound: -1 }];
    expect(() => run({ ...plan, loops, clocks }, switched(3))).toThrow(
      /clock never: the slowest worker has ended 0 steps.*worker\/0: exchange \(AllReduce\) waits for rank 2 \(worker\/2\) of group all/,
    );
  });
});

describe('numbers', () => {
  const ranks = 3;
  /** Rank r brings r + 1, 10 (r + 1), … in six elements; returns what each has afterwards. */
  function values(
    author: (builder: GraphBuilder, group: CollectiveAttrs) => ReturnType<typeof x>,
  ): number[][] {
    const plan = ranksPlan(ranks, 'ring', (builder, group) => {
      const result = author(builder, group);
      const { dtype, shape } = result.spec;
      const kept = builder.add(
        variable,
        [],
        { dtype, shape, trainable: false, initializer: 'zeros' },
        { name: 'kept' },
      );
      builder.node(assign, [kept, result], {});
    });
    const executor = new PlanExecutor(plan, {
      seed: 1,
      feed: (_, data) =>
        tensor(
          'float32',
          [6],
          [1, 10, 100, 1000, 1e4, 1e5].map((v) => v * (data + 1)),
        ),
    });
    run(plan, switched(ranks), { onStart: (l, node, step) => executor.start(l, node, step) });
    return plan.loops.map(({ scope }) => [...numbers(executor.variables.readVariable(`${scope}kept`)!)]);
  }

  it('all-reduce', () => {
    const mean = values((b, group) => b.add(allReduce, [x(b, 6)], { ...group, reduction: 'mean' }));
    expect(mean).toEqual(Array.from({ length: 3 }, () => [2, 20, 200, 2000, 2e4, 2e5]));
    const most = values((b, group) => b.add(allReduce, [x(b, 6)], { ...group, reduction: 'max' }));
    expect(most[0]).toEqual([3, 30, 300, 3000, 3e4, 3e5]);
  });

  it('reduce-scatter and all-gather', () => {
    const parts = values((b, group) =>
      b.add(reduceScatter, [x(b, 6)], { ...group, axis: 0, reduction: 'sum' }),
    );
    expect(parts).toEqual([
      [6, 60],
      [600, 6000],
      [6e4, 6e5],
    ]);
    const whole = values((b, group) => b.add(allGather, [x(b, 6)], { ...group, axis: 0 }));
    for (const each of whole)
      expect(each.slice(0, 13)).toEqual([1, 10, 100, 1e3, 1e4, 1e5, 2, 20, 200, 2e3, 2e4, 2e5, 3]);
  });

  it('all-to-all is the transpose of ranks and parts', () => {
    const swapped = values((b, group) => b.add(allToAll, [x(b, 6)], { ...group, axis: 0, split: 0 }));
    expect(swapped[1]).toEqual([100, 1000, 200, 2000, 300, 3000]);
  });
});

describe('a clock', () => {
  /** Two workers of 2 s and 10 s per step; nothing else holds them. Steps that the fast one has ended when the slow one ends its first. */
  function lead(bound: number): number {
    const builder = new GraphBuilder();
    const wait = builder.node(clockWait, [], { clock: 'steps' }, { name: 'wait' });
    const input = builder.add(
      placeholder,
      [],
      { dtype: 'float32', shape: [2] },
      { name: 'x', control: [wait] },
    );
    const done = builder.node(neg, [input], {}, { name: 'work' });
    builder.node(clockTick, [], { clock: 'steps' }, { name: 'tick', control: [done] });
    const graph = builder.finish();
    const template = partition(graph, ['rank'], new Int32Array(graph.nodeCount));
    const plan = ranksPlan(2, 'ring', sum);
    const loops = plan.loops.map((loop) => ({ ...loop, template, countsUpdates: loop.replica === 1 }));
    const clocks = [{ name: 'steps', workers: 2, bound }];
    const { trace } = run({ ...plan, loops, groups: [], clocks }, switched(2), {
      disturbances: { slowdown: (replica) => (replica === 1 ? 5 : 1) },
    });
    const ofFast = [...trace.kind.subarray(0, trace.length).keys()].filter(
      (row) => trace.loop[row] === 0 && graph.name[trace.node[row]!] === 'work' && trace.end[row]! <= 10,
    );
    return ofFast.length;
  }

  it('lets nobody be further ahead than its bound', () => {
    expect([0, 1, 2, 3].map(lead)).toEqual([1, 2, 3, 4]);
    // Five steps of 2 s in the 10 s: the bound does not bind.
    expect(lead(100)).toBe(5);
  });
});
