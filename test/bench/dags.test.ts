import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { layered, trainingStep } from '../../bench/sim/dags.ts';
import { dump } from '../../bench/sim/dump.ts';
import { star } from '../../bench/sim/star.ts';
import { Action, type ActivityGraph } from '../../sim/activity-graph.ts';
import { simulateActivities } from '../../sim/simulate-activities.ts';

const count = (graph: ActivityGraph, action: number): number =>
  graph.action.reduce((sum, each) => sum + (each === action ? 1 : 0), 0);

/** Seconds of the longest way through the DAG with every link and stream to itself: no simulation can be faster. */
function longestWay(graph: ActivityGraph, bytesPerSecond: number): number {
  const pending = graph.pending.slice();
  const start = new Float64Array(graph.count);
  const ready = [...pending.keys()].filter((activity) => pending[activity] === 0);
  let longest = 0;
  for (const activity of ready) {
    const amount = graph.amount[activity]!;
    const end =
      start[activity]! + (graph.action[activity] === Action.transfer ? amount / bytesPerSecond : amount);
    longest = Math.max(longest, end);
    for (let e = graph.successorStart[activity]!; e < graph.successorStart[activity + 1]!; e++) {
      const next = graph.successor[e]!;
      start[next] = Math.max(start[next]!, end);
      if (--pending[next]! === 0) ready.push(next);
    }
  }
  expect(ready.length).toBe(graph.count);
  return longest;
}

describe('DAGs of the simulator’s benchmark', () => {
  it('a training step has its chains, pushes, updates and pulls', () => {
    const [workers, servers, layers] = [3, 2, 5];
    const graph = trainingStep(workers, servers, layers, 1);
    expect(graph.count).toBe(layers * (4 * workers + 1));
    expect(count(graph, Action.transfer)).toBe(2 * workers * layers);
    expect(count(graph, Action.compute)).toBe(layers * (2 * workers + 1));
    // Chains within workers, a push after each backward one, an update after all pushes, pulls after it.
    expect(graph.successor.length).toBe(workers * (2 * layers - 1) + 3 * workers * layers);
  });

  it('a layered DAG reaches its size within a layer, and is the same for the same seed', () => {
    const graph = layered(2000, 8, 3);
    // A layer of 32 computations has at most 64 messages.
    expect(graph.count).toBeGreaterThanOrEqual(2000);
    expect(graph.count).toBeLessThan(2000 + 96);
    expect(layered(2000, 8, 3).amount).toEqual(graph.amount);
    expect(layered(2000, 8, 4).amount).not.toEqual(graph.amount);
  });

  it.each(['fluid', 'whole-messages'] as const)('every activity runs on the %s network', (network) => {
    for (const [graph, hosts] of [
      [layered(1000, 8, 1), 8],
      [trainingStep(4, 2, 20, 1), 6],
    ] as const) {
      const cluster = star(hosts);
      const { seconds } = simulateActivities(graph, cluster, { network });
      expect(seconds).toBeGreaterThanOrEqual(longestWay(graph, 2 ** 23) * (1 - 1e-12));
    }
  });

  it('the file for peers has the columns that they read', () => {
    const graph = trainingStep(2, 1, 3, 1);
    const folder = mkdtempSync(join(tmpdir(), 'stepcast-dag-'));
    try {
      dump(graph, join(folder, 'dag'));
      const { buffer, byteOffset, byteLength } = readFileSync(join(folder, 'dag'));
      const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
      const [n, m, hosts, pairs, rate] = new Float64Array(bytes, 0, 5);
      expect([n, m, hosts, pairs, rate]).toEqual([graph.count, graph.successor.length, 3, 4, 2 ** 23]);
      const ints = new Int32Array(bytes, 8 * (5 + graph.count));
      expect(ints.length).toBe(3 * graph.count + 1 + graph.successor.length + 2 * 4);
      expect(ints.subarray(3 * graph.count + 1, -8)).toEqual(graph.successor);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
