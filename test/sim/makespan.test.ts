import { expect, test } from 'vitest';
import { stream } from '../../base/random.ts';
import { findDevice } from '../../devices/catalog/index.ts';
import { linkModel } from '../../devices/catalog/read.ts';
import { customCluster } from '../../devices/cluster-builder.ts';
import { ActivityGraphBuilder } from '../../sim/activity-graph.ts';
import { makespan } from '../../sim/makespan.ts';
import { simulateActivities, singleRun } from '../../sim/simulate-activities.ts';
import { randomStep, written } from './random-step.ts';

const NETWORKS = ['fluid', 'store-and-forward', 'whole-messages'] as const;

/** Devices around a switch; a byte takes a 16th of a second on a link. */
function star(devices: number) {
  const model = findDevice('xeon-e5-2699v3');
  const link = linkModel({ bandwidth: '128 b/s', latency: '125 ms' });
  const names = Array.from({ length: devices }, (_, i) => `d${i}`);
  return customCluster({
    devices: names.map((name) => ({ name, model })),
    links: names.map((from) => ({ from, to: 'switch', model: link })),
  });
}

test('is what the engine says, to the bit, on random steps', () => {
  for (let seed = 0; seed < 300; seed++) {
    const step = randomStep(stream(seed, 'makespan'), { apart: seed % 2 === 0 });
    const graph = written(step);
    const cluster = star(step.devices);
    for (const network of NETWORKS) {
      const expected = simulateActivities(graph, cluster, { network }).seconds;
      expect(makespan(singleRun(graph, cluster), cluster, network)).toBe(expected);
    }
  }
});

test('decides ties as the engine does', () => {
  // Durations and sizes from {0, 1, 2}: everything happens at the same few instants, and who goes first shows.
  for (let seed = 0; seed < 300; seed++) {
    const random = stream(seed, 'ties');
    const write = new ActivityGraphBuilder();
    const streams = [0, 1, 2, 2].map((device) => write.stream(device, 1 + random.below(2)));
    for (let i = 0; i < 40; i++) {
      const amount = random.below(3);
      const from = random.below(3);
      const activity =
        random.uniform() < 0.5
          ? write.compute(streams[random.below(4)]!, amount)
          : write.transfer(from, random.below(3), amount);
      for (let e = random.below(3); e > 0 && activity > 0; e--) write.after(random.below(activity), activity);
    }
    const graph = write.finish();
    const cluster = star(3);
    for (const network of NETWORKS) {
      const expected = simulateActivities(graph, cluster, { network }).seconds;
      expect(makespan(singleRun(graph, cluster), cluster, network)).toBe(expected);
    }
  }
});

test('a circle is a deadlock here too', () => {
  const write = new ActivityGraphBuilder();
  const on = write.stream(0);
  const [a, b] = [write.compute(on, 1, 'a'), write.compute(on, 1, 'b')];
  write.after(a, b);
  write.after(b, a);
  const cluster = star(1);
  const graph = write.finish();
  expect(() => makespan(singleRun(graph, cluster), cluster)).toThrow('a (compute) waits for 1 of its inputs');
});
