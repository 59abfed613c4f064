import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../../graph/builder.ts';
import { neg } from '../../../graph/ops/elementwise.ts';
import { placeholder } from '../../../graph/ops/state.ts';
import { partition } from '../../../graph/partition.ts';
import { singleLoopPlan } from '../../../graph/plan.ts';
import { compilePlan } from '../../../sim/compile.ts';
import { simulate } from '../../../sim/engine.ts';
import { StoreAndForwardNetwork, segmentCount } from '../../../sim/network/store-and-forward.ts';
import type { Simulation } from '../../../sim/simulation.ts';
import { Row } from '../../../sim/trace.ts';
import { tinyCluster } from '../tiny.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

type Links = Parameters<typeof tinyCluster>[1];

/** Messages of so many bytes, all sent at time 0 over all `links` one after the other; ops take no time. */
function send(links: Links, ...messages: readonly number[]): Simulation {
  const builder = new GraphBuilder();
  for (const bytes of messages) {
    builder.add(neg, [builder.add(placeholder, [], { dtype: 'int8', shape: [bytes] }, {})], {});
  }
  const graph = builder.finish();
  const deviceOf = Int32Array.from(graph.op, (op) => (op === 'Placeholder' ? 0 : 1));
  const cluster = tinyCluster(['a', 'b'], links, { '0>1': links.map((_, link) => link) });
  const plan = singleLoopPlan(partition(graph, ['a', 'b'], deviceOf));
  return simulate(
    compilePlan(plan, cluster, () => 0),
    cluster,
    { network: 'store-and-forward', record: { from: 0, to: 1 } },
  );
}

/** When each message is there, in the order of arrival. */
function arrivals({ trace }: Simulation): number[] {
  return [...trace.kind.subarray(0, trace.length).keys()]
    .filter((row) => trace.kind[row] === Row.transfer)
    .map((row) => trace.end[row]!);
}

const equalLinks = (hops: number, bytesPerSecond: number, latency = 0): Links =>
  Array.from({ length: hops }, (_, hop) => [`hop ${hop}`, bytesPerSecond, latency] as const);

describe('time of a message over 1, 2 and 3 equal links, as a multiple of its time over one', () => {
  // A message over several hops is cut into segments of at least 16 KiB, at most 64 of them; each further hop delays it
  // by one of its segments. Powers of two, so all times are exact.
  test.each([
    // Up to 16 KiB a message is one segment: stored and forwarded whole.
    { bytes: 1, times: [1, 2, 3] },
    { bytes: 16 * KIB, times: [1, 2, 3] },
    // Two segments of 16 KiB: a further hop takes half as long.
    { bytes: 32 * KIB, times: [1, 1.5, 2] },
    { bytes: 64 * KIB, times: [1, 1.25, 1.5] },
    { bytes: MIB, times: [1, 1 + 1 / 64, 1 + 2 / 64] },
    // From 1 MiB on it is 64 segments, however large they become.
    { bytes: 4 * MIB, times: [1, 1 + 1 / 64, 1 + 2 / 64] },
  ])('$bytes bytes: $times', ({ bytes, times }) => {
    const measured = [1, 2, 3].map((hops) => send(equalLinks(hops, bytes), bytes).seconds);
    expect(measured).toEqual(times);
  });

  test('a byte more than 16 KiB makes two segments, of half the bytes each', () => {
    expect([1, 2, 3].map((hops) => segmentCount(16 * KIB, hops))).toEqual([1, 1, 1]);
    expect([1, 2, 3].map((hops) => segmentCount(16 * KIB + 1, hops))).toEqual([1, 2, 2]);
    expect([0, 1, 63 * 16 * KIB, 63 * 16 * KIB + 1, 1e12].map((bytes) => segmentCount(bytes, 2))).toEqual([
      1, 1, 63, 64, 64,
    ]);
  });
});

test('every hop adds its latency once, whatever the segments', () => {
  // 64 KiB at 64 KiB/s, 3 s of latency a hop.
  const times = [1, 2, 3].map((hops) => send(equalLinks(hops, 64 * KIB, 3), 64 * KIB).seconds);
  expect(times).toEqual([1 + 3, 1.25 + 6, 1.5 + 9]);
});

test('the slowest link sets the pace, wherever it is', () => {
  // 64 KiB in 4 segments over links of 64 KiB/s and 16 KiB/s: 1/4 s and 1 s a segment.
  // Slow one last: 1/4 s until its first segment, then 4 s. Slow one first: 4 s, then 1/4 s for the last segment.
  const [fast, slow] = [['fast', 64 * KIB, 0] as const, ['slow', 16 * KIB, 0] as const];
  expect(send([fast, slow], 64 * KIB).seconds).toBe(4.25);
  expect(send([slow, fast], 64 * KIB).seconds).toBe(4.25);
});

test('messages are served in the order in which they came, and do not share a link', () => {
  // 10, 20 and 30 bytes over one link of 10 bytes/s and 0.5 s.
  const run = send([['link', 10, 0.5]], 10, 20, 30);
  const expected = [1 + 0.5, 3 + 0.5, 6 + 0.5];
  for (const [i, time] of arrivals(run).entries()) expect(time).toBeCloseTo(expected[i]!, 12);
  expect(run.linkBytes[0]).toBe(60);
  expect(run.linkBusySeconds[0]).toBeCloseTo(6, 12);
});

describe('what is booked on a link', () => {
  // 8 bytes/s: powers of two make all numbers exact.
  function network() {
    const made = new StoreAndForwardNetwork(tinyCluster(['a'], [['link', 8, 0.25]], {}).links, 2);
    const route = made.addRoute(Int32Array.of(0));
    return {
      made,
      send: (transfer: number, bytes: number, now: number) => made.send(transfer, route, bytes, now),
    };
  }

  test('is the bytes that it carries and the time that it takes for them', () => {
    const { made, send } = network();
    // 16 bytes at 1: served 1 … 3. 8 bytes at 2: 3 … 4. Idle until 10; 4 bytes: 10 … 10.5. Each is there 0.25 later.
    send(0, 16, 1);
    send(1, 8, 2);
    expect([made.nextSeconds, made.arrived(3.25), made.arrived(3.25)]).toEqual([3.25, 0, -1]);
    expect([made.nextSeconds, made.arrived(4.25)]).toEqual([4.25, 1]);
    expect(made.nextSeconds).toBe(Number.POSITIVE_INFINITY);
    send(0, 4, 10);
    expect([made.nextSeconds, made.arrived(10.75)]).toEqual([10.75, 0]);
    made.close(11);
    expect([made.bytes[0], made.busySeconds[0]]).toEqual([28, 3.5]);
  });

  test('ends with the simulation: the rest is taken back', () => {
    const { made, send } = network();
    // 16 bytes: 1 … 3. 8 bytes: 3 … 4. At 2 the link has carried 8 bytes in 1 s.
    send(0, 16, 1);
    send(1, 8, 2);
    made.close(2);
    expect([made.bytes[0], made.busySeconds[0]]).toEqual([8, 1]);
  });

  test('is nothing where the simulation ends as a message is sent', () => {
    const { made, send } = network();
    send(0, 16, 5);
    made.close(5);
    expect([made.bytes[0], made.busySeconds[0]]).toEqual([0, 0]);
  });
});
