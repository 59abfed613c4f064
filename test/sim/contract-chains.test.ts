import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findDevice } from '../../devices/catalog/index.ts';
import { linkModel } from '../../devices/catalog/read.ts';
import { customCluster } from '../../devices/cluster-builder.ts';
import { ActivityGraphBuilder } from '../../sim/activity-graph.ts';
import { contractChains } from '../../sim/contract-chains.ts';
import { simulateActivities } from '../../sim/simulate-activities.ts';

const model = findDevice('xeon-e5-2699v3');
const link = linkModel({ bandwidth: '8 Mb/s', latency: '1 us' });
const HOSTS = 4;
const cluster = customCluster({
  devices: Array.from({ length: HOSTS }, (_, i) => ({ name: `host${i}`, model })),
  links: Array.from({ length: HOSTS }, (_, i) => ({ from: `host${i}`, to: 'switch', model: link })),
});

test('a chain between two messages becomes one activity, to the last digit of every time', () => {
  const write = new ActivityGraphBuilder();
  const stream = write.stream(0);
  const receive = write.transfer(1, 0, 1e4);
  const chain = [0.1, 0.2, 0.3, 0.7].map((seconds) => write.compute(stream, seconds));
  const send = write.transfer(0, 2, 1e4);
  const order = [receive, ...chain, send];
  for (let i = 1; i < order.length; i++) write.after(order[i - 1]!, order[i]!);
  const graph = write.finish();
  const contracted = contractChains(graph);
  expect(contracted.count).toBe(3);
  expect(simulateActivities(contracted, cluster).seconds).toBe(simulateActivities(graph, cluster).seconds);
  // 0.1 + 0.2 + 0.3 + 0.7 is not the sum in turn from another time: that is what `parts` are for.
  expect(
    Array.from(contracted.parts!.amount.subarray(contracted.parts!.start[1], contracted.parts!.start[2])),
  ).toEqual([0.1, 0.2, 0.3, 0.7]);
});

describe('what stays as it is', () => {
  test('an activity that others wait for too', () => {
    const write = new ActivityGraphBuilder();
    const stream = write.stream(0);
    const [a, b] = [write.compute(stream, 1), write.compute(stream, 1)];
    write.after(a, b);
    write.after(a, write.transfer(0, 1, 5));
    expect(contractChains(write.finish()).count).toBe(3);
  });

  test('a chain whose stream another activity may want in between', () => {
    const write = new ActivityGraphBuilder();
    const stream = write.stream(0);
    const [a, b, other] = [write.compute(stream, 1), write.compute(stream, 1), write.compute(stream, 1)];
    write.after(a, b);
    write.after(write.transfer(1, 0, 1), other);
    expect(contractChains(write.finish()).count).toBe(4);
  });

  test('a chain on a stream that computes two at a time', () => {
    const write = new ActivityGraphBuilder();
    const stream = write.stream(0, 2);
    write.after(write.compute(stream, 1), write.compute(stream, 1));
    expect(contractChains(write.finish()).count).toBe(2);
  });
});

test('no makespan changes, on random programs of several hosts', () => {
  const seconds = fc.double({ min: 1e-3, max: 1, noNaN: true });
  // Per host: a list of computations; after some of them a message goes to the next host, which waits for it there.
  const program = fc.array(fc.array(fc.tuple(seconds, fc.boolean()), { minLength: 1, maxLength: 12 }), {
    minLength: HOSTS,
    maxLength: HOSTS,
  });
  let shrunk = 0;
  fc.assert(
    fc.property(program, (hosts) => {
      const write = new ActivityGraphBuilder();
      let carried = -1;
      for (const [host, list] of hosts.entries()) {
        const stream = write.stream(host);
        let last = carried;
        carried = -1;
        for (const [length, sends] of list) {
          const activity = write.compute(stream, length);
          if (last >= 0) write.after(last, activity);
          last = activity;
          if (!sends || host + 1 === HOSTS) continue;
          const message = write.transfer(host, host + 1, 1000 * length);
          write.after(activity, message);
          carried = message;
        }
      }
      const graph = write.finish();
      const contracted = contractChains(graph);
      shrunk += graph.count - contracted.count;
      for (const network of ['fluid', 'whole-messages'] as const) {
        expect(simulateActivities(contracted, cluster, { network }).seconds).toBe(
          simulateActivities(graph, cluster, { network }).seconds,
        );
      }
    }),
    { numRuns: 200, seed: 5 },
  );
  expect(shrunk).toBeGreaterThan(500);
});
