import { describe, expect, test } from 'vitest';
import type { ClusterLink } from '../../../devices/cluster.ts';
import { idleRoute, idleSeconds } from '../../../devices/idle-route.ts';
import { FluidNetwork } from '../../../sim/network/fluid.ts';
import { drive, linksOf } from './drive.ts';
import type { Message } from './max-min.ts';

/** What becomes of messages over links of 8 bytes/s without latency, unless said otherwise. Powers of two: exact. */
function run(
  messages: readonly Message[],
  { capacities = [8, 8], latencies = [0, 0], speeds = [] as never[] } = {},
) {
  return drive({ capacities, latencies, messages, speeds });
}

const message = (bytes: number, start = 0, path = [0]): Message => ({ path, bytes, start });

test('latency is charged once per route, and delays only the start', () => {
  // 0.25 + 0.5 s, then 16 bytes at the 4 bytes/s of the narrower link.
  const { finish, busySeconds } = run([message(16, 1, [0, 1])], {
    capacities: [8, 4],
    latencies: [0.25, 0.5],
  });
  expect(finish).toEqual([1 + 0.75 + 4]);
  expect(busySeconds).toEqual([4, 4]);
});

test('a message without bytes arrives after the latency, however full or slow the links are', () => {
  const speeds = [{ at: 0, link: 0, factor: 0 }];
  const { finish } = drive({
    capacities: [8],
    latencies: [0.5],
    messages: [message(16), message(0, 2)],
    speeds,
  });
  expect(finish).toEqual([Number.POSITIVE_INFINITY, 2.5]);
});

test('equal messages that join together end together, in order of joining', () => {
  // Seven at 8/7 bytes/s each: nothing here is a power of two.
  const { finish, order } = run(Array.from({ length: 7 }, () => message(3)));
  expect(new Set(finish).size).toBe(1);
  expect(finish[0]).toBeCloseTo(21 / 8, 12);
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test('messages over different routes that end together arrive in the order in which they joined', () => {
  // Sent in the order 0, 1, 2; the second joins last as its route is longer. All end at 1 + 2.
  const messages = [message(8, 1, [0]), message(12, 0, [1]), message(16, 1, [2])];
  const { finish, order } = run(messages, { capacities: [4, 8, 8], latencies: [0, 1.5, 0] });
  expect(finish).toEqual([3, 3, 3]);
  expect(order).toEqual([0, 2, 1]);
});

test('ends that rounding parts fall together, in order of joining', () => {
  // 0.1 + 0.2 is more than 0.15 + 0.15 for the machine.
  const { finish, order } = run([message(0.2, 0.1, [0]), message(0.15, 0.15, [1])], { capacities: [1, 1] });
  expect(0.1 + 0.2).toBeGreaterThan(0.15 + 0.15);
  expect(finish).toEqual([0.3, 0.3]);
  expect(order).toEqual([0, 1]);
});

describe('a link that is down', () => {
  test('holds its flows, and leaves the rest of their routes to others', () => {
    // Both at 4 bytes/s until 1; then message 0 stands still and message 1 has 8 until 2.5; from 3 on message 0 has 8.
    const speeds = [
      { at: 1, link: 1, factor: 0 },
      { at: 3, link: 1, factor: 1 },
    ];
    const messages = [message(12, 0, [0, 1]), message(16, 0, [0])];
    const { finish, bytes, busySeconds } = drive({ capacities: [8, 8], latencies: [0, 0], messages, speeds });
    expect(finish).toEqual([4, 2.5]);
    expect(bytes).toEqual([28, 12]);
    // Flows that are held still occupy their links.
    expect(busySeconds).toEqual([4, 4]);
  });

  test('for good: nothing can happen any more', () => {
    const network = new FluidNetwork(linksOf([8], [0]));
    network.setSpeed(0, 0);
    network.send(0, network.addRoute(Int32Array.of(0)), 8, 0);
    network.settle(0);
    expect(network.nextSeconds).toBe(Number.POSITIVE_INFINITY);
    expect(network.rateOf(0)).toBe(0);
  });
});

describe('what a message costs besides its bytes', () => {
  const costly = (capacities: number[], overheads: number[]): ClusterLink[] =>
    linksOf(capacities, [0, 0]).map((link, i) => {
      const messageSeconds = {
        value: overheads[i]!,
        evidence: 'assumed',
        source: 'made up for a test',
      } as const;
      return { ...link, model: { ...link.model, messageSeconds } };
    });

  test.each([
    ['on a route of equal links', [8, 8], [0.5, 0.125], 8, 0.5 + 1],
    // 0.5 s of the link of 64 bytes/s: not 32 bytes at the 8 of the other, which were 4 s.
    ['on the faster link', [64, 8], [0.5, 0], 8, 0.5 + 1],
    ['on the slower link', [64, 8], [0, 0.5], 8, 0.5 + 1],
    ['most on the slower link, less on the faster', [64, 8], [0.25, 0.5], 8, 0.5 + 1],
    ['without bytes', [64, 8], [0.25, 0.5], 0, 0.5],
  ])('on an idle network is the most of its route: %s', (_, capacities, overheads, bytes, seconds) => {
    const links = costly(capacities, overheads);
    const network = new FluidNetwork(links);
    const path = Int32Array.of(0, 1);
    network.send(0, network.addRoute(path), bytes, 0);
    network.settle(0);
    expect(network.nextSeconds).toBe(seconds);
    expect(idleSeconds(idleRoute(links, path), bytes)).toBe(seconds);
  });

  test('is time, not bytes', () => {
    const network = new FluidNetwork(costly([8, 8], [0.5, 0.125]));
    network.send(0, network.addRoute(Int32Array.of(0, 1)), 8, 0);
    network.settle(0);
    network.close(0.75);
    expect([...network.bytes]).toEqual([4, 4]);
  });

  test('is shared as bytes are: two messages over one link take twice as long', () => {
    // 2 · (8 + 4) bytes at 8 bytes/s.
    const network = new FluidNetwork(costly([8, 64], [0.5, 0]));
    for (const transfer of [0, 1]) network.send(transfer, network.addRoute(Int32Array.of(0, 1)), 8, 0);
    network.settle(0);
    expect(network.nextSeconds).toBe(3);
  });
});

describe('giving up', () => {
  const network = () => {
    const made = new FluidNetwork(linksOf([8], [1]));
    return { made, route: made.addRoute(Int32Array.of(0)) };
  };

  test('before the message has joined: it never was', () => {
    const { made, route } = network();
    made.send(0, route, 8, 0);
    made.settle(0);
    made.cancel(0, 0.5);
    made.settle(0.5);
    expect(made.nextSeconds).toBe(Number.POSITIVE_INFINITY);
    made.close(2);
    expect([made.bytes[0], made.busySeconds[0]]).toEqual([0, 0]);
  });

  test('under way: what was carried counts, the others go on faster, and the number is free', () => {
    const { made, route } = network();
    made.send(0, route, 16, 0);
    made.send(1, route, 16, 0);
    made.settle(0);
    expect(made.arrived(1)).toBe(-1);
    made.settle(1);
    made.cancel(0, 2);
    made.send(0, route, 8, 2);
    made.settle(2);
    // Message 1 has 12 bytes left at 2, and 4 at 3, when the new message 0 joins.
    expect(made.nextSeconds).toBe(3);
    expect(made.arrived(3)).toBe(-1);
    made.settle(3);
    expect(made.nextSeconds).toBe(4);
    expect([made.arrived(4), made.arrived(4)]).toEqual([1, -1]);
    made.settle(4);
    expect([made.nextSeconds, made.arrived(4.5), made.arrived(4.5)]).toEqual([4.5, 0, -1]);
    made.settle(4.5);
    made.close(5);
    expect([made.bytes[0], made.busySeconds[0]]).toEqual([4 + 16 + 8, 3.5]);
  });

  test('at the instant of its arrival: it is not handed out', () => {
    const { made, route } = network();
    for (const transfer of [0, 1, 2]) made.send(transfer, route, 8, 0);
    made.settle(0);
    made.arrived(1);
    made.settle(1);
    expect(made.arrived(4)).toBe(0);
    made.cancel(1, 4);
    expect([made.arrived(4), made.arrived(4)]).toEqual([2, -1]);
  });
});

test('messages sent while others arrive, at the same instant, without latency or bytes, arrive then', () => {
  const network = new FluidNetwork(linksOf([8], [0]));
  const route = network.addRoute(Int32Array.of(0));
  network.send(0, route, 8, 0);
  network.settle(0);
  expect(network.arrived(1)).toBe(0);
  network.send(1, route, 0, 1);
  expect([network.arrived(1), network.arrived(1)]).toEqual([1, -1]);
  network.send(2, route, 0, 1);
  network.settle(1);
  expect(network.nextSeconds).toBe(1);
  expect(network.arrived(1)).toBe(2);
});

test('a route that loses and gets a message at one instant keeps its rate, and nobody is told of a change', () => {
  const network = new FluidNetwork(linksOf([8, 8], [0, 0]));
  const route = network.addRoute(Int32Array.of(0, 1));
  network.send(0, route, 8, 0);
  network.settle(0);
  const told: number[] = [];
  network.onLoad = (link) => told.push(link);
  expect([network.arrived(1), network.arrived(1)]).toEqual([0, -1]);
  network.send(1, route, 16, 1);
  network.settle(1);
  expect(told).toEqual([]);
  expect([network.rateOf(1), network.nextSeconds]).toEqual([8, 3]);
  network.close(2);
  expect([network.bytes[1], network.busySeconds[1]]).toEqual([16, 2]);
});

test('equal routes have one number; a route crosses a link once', () => {
  const network = new FluidNetwork(linksOf([8, 8], [0, 0]));
  const route = network.addRoute(Int32Array.of(0, 1));
  expect(network.addRoute(Int32Array.of(1, 0))).not.toBe(route);
  expect(network.addRoute(Int32Array.of(0, 1))).toBe(route);
  expect(() => network.addRoute(Int32Array.of(0, 1, 0))).toThrow('a route crosses each of its links once');
});

test('mistakes of the caller are refused', () => {
  const network = new FluidNetwork(linksOf([8], [0]));
  const route = network.addRoute(Int32Array.of(0));
  network.send(7, route, 8, 0);
  expect(() => network.send(7, route, 8, 0)).toThrow('transfer 7 is under way already');
  expect(() => network.send(8, route, Number.NaN, 0)).toThrow('a message of NaN bytes');
  expect(() => network.send(8, route, -1, 0)).toThrow('a message of -1 bytes');
  expect(() => network.setSpeed(0, Number.POSITIVE_INFINITY)).toThrow('link 0: Infinity times its bandwidth');
  expect(() => new FluidNetwork(linksOf([Number.NaN], [0]))).toThrow('link 0: NaN bytes/s');
  expect(() => new FluidNetwork(linksOf([8], [-1]))).toThrow('link 0: a latency of -1 s');
  expect(() => network.cancel(6, 0)).toThrow('transfer 6 is not under way');
});

describe('numbers far apart', () => {
  test('a byte among petabytes, a slow link behind a fast one', () => {
    const messages = [message(1e15, 0, [0]), message(1, 0, [0, 1]), message(1e-3, 3, [0, 1])];
    const { finish, bytes } = run(messages, { capacities: [1e12, 1], latencies: [0, 0] });
    // Message 1 has link 1 to itself until 1; message 2 from 3 on; message 0 the rest of link 0.
    expect(finish[1]).toBeCloseTo(1, 9);
    expect(finish[2]).toBeCloseTo(3.001, 9);
    expect(finish[0]! / 1000).toBeCloseTo(1, 9);
    expect(bytes[1]).toBeCloseTo(1.001, 12);
  });

  test('late in a run, messages shorter than the clock can tell end at once, one after the other', () => {
    const late = 2 ** 40;
    const { finish, order } = run([message(1e-9, late), message(2e-9, late), message(8, late)]);
    expect(finish).toEqual([late, late, late + 1]);
    expect(order).toEqual([0, 1, 2]);
  });
});
