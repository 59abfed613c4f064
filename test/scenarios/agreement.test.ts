import { expect, test } from 'vitest';
import { stream } from '../../base/random.ts';
import { Session } from '../../executor/session.ts';
import { partition, partitionedName, transferKey, transferOf } from '../../graph/partition.ts';
import { singleLoopPlan } from '../../graph/plan.ts';
import { MODELS } from '../../graph/zoo/index.ts';
import { LABELS, SAMPLES } from '../../graph/zoo/model.ts';
import { loadDigits, slice } from '../../scenarios/dataset.ts';
import { trainingGraph } from '../../scenarios/model-summary.ts';
import { compilePlan } from '../../sim/compile.ts';
import { simulate } from '../../sim/engine.ts';
import { Row } from '../../sim/trace.ts';
import { tinyCluster, tinyCost } from '../sim/tiny.ts';

const devices = ['/job:a/device:CPU:0', '/job:a/device:CPU:1', '/job:a/device:CPU:2'];
const pairs = [0, 1, 2].flatMap((from) => [0, 1, 2].map((to) => [from, to] as const));
const cluster = tinyCluster(
  devices,
  pairs.map(([from, to]) => [`${from} → ${to}`, 1e6 * (1 + from + 2 * to), 1e-3] as const),
  Object.fromEntries(pairs.map(([from, to], link) => [`${from}>${to}`, [link]])),
);

test.each([1, 2, 3])(
  'simulation and execution of one partitioned graph agree (random placement %i)',
  (seed) => {
    const graph = trainingGraph(MODELS['mnist-cnn']!, 2, 'float32', 0.1);
    const random = stream(seed, 'placement');
    const deviceOf = Int32Array.from({ length: graph.nodeCount }, () => random.below(3));
    const p = partition(graph, devices, deviceOf);

    const simulated: string[] = [];
    const compiled = compilePlan(singleLoopPlan(p), cluster, tinyCost);
    const { trace, transferBytes } = simulate(compiled, cluster, {
      onStart: (_loop, node) => simulated.push(`${partitionedName(p, node)} on ${devices[p.device[node]!]}`),
      record: { from: 0, to: 1 },
    });
    const simulatedBytes = new Map<string, number>();
    for (let row = 0; row < trace.length; row++) {
      if (trace.kind[row] !== Row.transfer) continue;
      simulatedBytes.set(transferKey(p, transferOf(p, trace.node[row]!)), trace.bytes[row]!);
    }

    const executed: string[] = [];
    const executedBytes = new Map<string, number>();
    const session = new Session(graph, {
      placement: { devices, deviceOf },
      onNode: (name, device) => executed.push(`${name} on ${device}`),
      onTransfer: (key, bytes) => executedBytes.set(key, bytes),
    });
    const { samples, labels } = slice(loadDigits(), 0, 2);
    const targets = graph.name.filter((_, node) => graph.op[node] === 'ApplyGradientDescent');
    session.run({ targets, feeds: { [SAMPLES]: samples, [LABELS]: labels } });

    // The same nodes on the same devices, each once.
    expect([...simulated].sort()).toEqual([...executed].sort());
    expect(new Set(simulated).size).toBe(p.nodeCount);
    // The same bytes on the same edges.
    expect(simulatedBytes).toEqual(executedBytes);
    expect(p.transferCount).toBeGreaterThan(20);
    expect(transferBytes).toBe([...executedBytes.values()].reduce((a, b) => a + b, 0));
    // The same dependencies: in both, every node starts after all that it waits for.
    for (const order of [simulated, executed]) {
      const place = new Map(order.map((node, i) => [node, i]));
      const at = (node: number): number =>
        place.get(`${partitionedName(p, node)} on ${devices[p.device[node]!]}`)!;
      for (let node = 0; node < p.nodeCount; node++) {
        for (let e = p.successorStart[node]!; e < p.successorStart[node + 1]!; e++) {
          expect(at(p.successor[e]!)).toBeGreaterThan(at(node));
        }
      }
    }
  },
);
