import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stream } from '../../../../base/random.ts';
import { planCollective } from '../../../../devices/collectives/index.ts';
import { type ActivityGraph, ActivityGraphBuilder } from '../../../../sim/activity-graph.ts';
import { writeCollective } from '../../../../sim/collectives/write-collective.ts';
import { simulateActivities } from '../../../../sim/simulate-activities.ts';
import { readChakra } from '../../../../sim/traces/chakra/read.ts';
import { chakraGraph } from '../../../../sim/traces/chakra/replay.ts';
import { NodeType } from '../../../../sim/traces/chakra/schema.ts';
import { chakraFiles } from '../../../../sim/traces/chakra/write.ts';
import { ringOf, switchOf } from '../../collectives/clusters.ts';

const readBack = (graph: ActivityGraph) =>
  chakraFiles(graph).map((file, rank) => readChakra(file, `t.${rank}.et`));

/** Work, messages, delays and joins on a few devices, in random order of random sizes: no two ends coincide. */
function randomGraph(seed: number, devices: number, count: number): ActivityGraph {
  const random = stream(seed, 'graph');
  const write = new ActivityGraphBuilder();
  const streams = Array.from({ length: devices }, (_, device) => [
    write.stream(device),
    write.stream(device, 2),
  ]).flat();
  for (let i = 0; i < count; i++) {
    const kind = random.below(6);
    const amount = random.uniform();
    if (kind < 3) write.compute(streams[random.below(streams.length)]!, amount, `work ${i}`);
    else if (kind === 3) write.transfer(random.below(devices), random.below(devices), 1000 * amount);
    else if (kind === 4) write.delay(amount);
    else write.join();
    const edges = Math.min(i, random.below(4));
    for (let e = 0; e < edges; e++) write.after(random.below(i), i);
  }
  return write.finish();
}

describe('a graph written and read again', () => {
  test('takes the same time', () => {
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 60 }),
        (seed, devices, count) => {
          const graph = randomGraph(seed, devices, count);
          const cluster = switchOf(Math.max(2, devices), 1000, 0.05);
          const again = chakraGraph(readBack(graph));
          expect(simulateActivities(again, cluster).seconds).toBe(simulateActivities(graph, cluster).seconds);
        },
      ),
      { numRuns: 300, seed: 7 },
    );
  });

  test('of a collective: sends and receives that other programs can follow', () => {
    const write = new ActivityGraphBuilder();
    writeCollective(write, planCollective('all-reduce', 'ring', { ranks: 4, bytes: 4000 }), {
      devices: [0, 1, 2, 3],
    });
    const graph = write.finish();
    const traces = readBack(graph);
    for (const { nodes } of traces) {
      // Those of 0 bytes are what only orders.
      const full = nodes.filter(({ attributes }) => Number(attributes.get('comm_size') ?? 0) > 0);
      expect(full.map(({ attributes }) => attributes.get('comm_size'))).toEqual(Array(12).fill(1000));
      expect(full.filter(({ type }) => type === NodeType.send)).toHaveLength(6);
      expect(full.filter(({ type }) => type === NodeType.receive)).toHaveLength(6);
    }
    // 6 rounds of 1,000 bytes at 1,000 B/s and 0.5 s.
    expect(simulateActivities(chakraGraph(traces), ringOf(4, 1000, 0.5)).seconds).toBeCloseTo(9, 12);
  });

  test('has whole microseconds for others, and all digits for us', () => {
    const write = new ActivityGraphBuilder();
    write.compute(write.stream(0), 1.2345678e-3, 'forward');
    const [trace] = readBack(write.finish());
    expect(trace!.nodes[0]).toMatchObject({ name: 'forward', durationMicros: 1235, type: NodeType.compute });
    expect(simulateActivities(chakraGraph([trace!]), switchOf(2, 1, 0)).seconds).toBe(1.2345678e-3);
  });
});
