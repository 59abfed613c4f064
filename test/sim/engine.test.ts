import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../graph/builder.ts';
import { nodeNamed } from '../../graph/graph.ts';
import { add, exp, neg } from '../../graph/ops/elementwise.ts';
import { placeholder, tokenDequeue } from '../../graph/ops/state.ts';
import { partition, partitionedName } from '../../graph/partition.ts';
import { singleLoopPlan } from '../../graph/plan.ts';
import { compilePlan } from '../../sim/compile.ts';
import { DeadlockError } from '../../sim/deadlock.ts';
import { simulate } from '../../sim/engine.ts';
import { Row } from '../../sim/trace.ts';
import { tinyCluster, tinyCost } from './tiny.ts';

const EVERYTHING = { from: 0, to: Number.POSITIVE_INFINITY };

/** Nodes that took time or moved bytes: `name: start–end`, in the order of the trace. */
function story(compiled: ReturnType<typeof compilePlan>, result: ReturnType<typeof simulate>): string[] {
  const { trace } = result;
  const lines: string[] = [];
  for (let row = 0; row < trace.length; row++) {
    if (trace.kind[row] !== Row.node || trace.start[row] === trace.end[row]) continue;
    const { template } = compiled.loops[trace.loop[row]!]!;
    lines.push(`${partitionedName(template, trace.node[row]!)}: ${trace.start[row]}–${trace.end[row]}`);
  }
  return lines;
}

describe('two devices, one link, four ops', () => {
  const builder = new GraphBuilder();
  const x = builder.add(placeholder, [], { dtype: 'float32', shape: [3] }, { name: 'x' });
  const a = builder.add(neg, [x], {}, { name: 'a' });
  const b = builder.add(exp, [a], {}, { name: 'b' });
  const c = builder.add(neg, [a], {}, { name: 'c' });
  builder.add(add, [c, b], {}, { name: 'd' });
  const graph = builder.finish();
  const deviceOf = new Int32Array(graph.nodeCount);
  deviceOf[nodeNamed(graph, 'b')] = 1;
  const cluster = tinyCluster(
    ['near', 'far'],
    [
      ['near → far', 10, 0.1],
      ['far → near', 5, 0.3],
    ],
    { '0>1': [0], '1>0': [1] },
  );
  const compiled = compilePlan(
    singleLoopPlan(partition(graph, ['near', 'far'], deviceOf), 2),
    cluster,
    tinyCost,
  );
  const result = simulate(compiled, cluster, { record: EVERYTHING });

  test('agrees with the hand computation to the last digit', () => {
    // Every op works on 3 elements: 3 s, 12 bytes.
    // a on near:              0 … 3
    // a moves near → far:     3 + 12/10 + 0.1 = 4.3   (3 + 12·(1/10) + 0.1 in floating point)
    // c on near, meanwhile:   3 … 6
    // b on far:               4.3 … 7.3
    // b moves far → near:     7.3 + 12/5 + 0.3 = 10   (7.3 + 12·(1/5) + 0.3)
    // d on near:              10 … 13
    const atFar = 3 + 12 * (1 / 10) + 0.1;
    const atNear = atFar + 3 + 12 * (1 / 5) + 0.3;
    expect(result.updateSeconds[0]).toBe(atNear + 3);
    expect(result.updateSeconds[0]).toBeCloseTo(13, 12);
    expect(story(compiled, result).slice(0, 4)).toEqual([
      'a: 0–3',
      'c: 3–6',
      `b: ${atFar}–${atFar + 3}`,
      `d: ${atNear}–${atNear + 3}`,
    ]);
  });

  test('a second step starts when the first has ended, and takes as long', () => {
    expect(result.seconds).toBeCloseTo(26, 12);
    expect(result.updateSeconds).toHaveLength(2);
  });

  test('device time is accounted for in full', () => {
    const { compute, communication, waiting } = result.deviceUse;
    // near computes a, c and d: 9 s per step. Of the 4 s between c and d, something is on the wire from 7.3 on: 2.7 s.
    expect(compute[0]).toBeCloseTo(18, 12);
    expect(communication[0]).toBeCloseTo(2 * 2.7, 12);
    expect(waiting[0]).toBeCloseTo(2 * 1.3, 12);
    // far computes 3 s, and the wire to or from it is in use 1.3 s and 2.7 s.
    expect(compute[1]).toBeCloseTo(6, 12);
    expect(communication[1]).toBeCloseTo(2 * 4, 12);
    expect(waiting[1]).toBeCloseTo(2 * 6, 12);
  });

  test('bytes are counted once per transfer and per link', () => {
    expect(result.transferBytes).toBe(48);
    expect([...result.linkBytes]).toEqual([24, 24]);
    expect([...result.linkBusySeconds]).toEqual(
      [2 * 12 * (1 / 10), 2 * 12 * (1 / 5)].map((s) => expect.closeTo(s, 12)),
    );
  });
});

describe('contention', () => {
  test('two tensors for one link queue; two hops pipeline by segments', () => {
    // Two constants of 65,536 bytes each leave device 0 at time 0 for device 1 over two links of 65,536 bytes/s.
    // Each is cut into 4 segments of 16,384 bytes, 1/4 s a hop. The first link is busy 0 … 2; a segment that leaves it
    // at t is served by the second until t + 1/4. The first tensor is there at 1.25 s, the second at 2.25 s.
    const builder = new GraphBuilder();
    for (const name of ['p', 'q']) {
      const source = builder.add(placeholder, [], { dtype: 'int8', shape: [65_536] }, { name });
      builder.add(neg, [source], {}, { name: `${name}/use` });
    }
    const graph = builder.finish();
    const deviceOf = Int32Array.from(graph.op, (op) => (op === 'Placeholder' ? 0 : 1));
    const cluster = tinyCluster(
      ['a', 'b'],
      [
        ['up', 65_536, 0],
        ['down', 65_536, 0],
      ],
      { '0>1': [0, 1] },
    );
    const cost = (): number => 0.125;
    const zeroForSources: typeof tinyCost = (work) => (work.class === 'none' ? 0 : cost());
    const compiled = compilePlan(
      singleLoopPlan(partition(graph, ['a', 'b'], deviceOf)),
      cluster,
      zeroForSources,
    );
    const result = simulate(compiled, cluster, { network: 'store-and-forward', record: EVERYTHING });
    expect(story(compiled, result)).toEqual(['p/use: 1.25–1.375', 'q/use: 2.25–2.375']);
    const { linkLoads: loads } = result;
    const bars = Array.from({ length: loads.length }, (_, row) => [
      loads.link[row]!,
      loads.start[row]!,
      loads.end[row]!,
      loads.bytes[row]!,
    ]).sort((x, y) => x[0]! - y[0]! || x[1]! - y[1]!);
    expect(bars).toEqual([
      [0, 0, 2, 2 * 65_536],
      [1, 0.25, 2.25, 2 * 65_536],
    ]);
  });
});

test('a deadlock names the blocked nodes and what each waits for', () => {
  const builder = new GraphBuilder();
  const token = builder.add(tokenDequeue, [], { queue: 'tokens' }, { name: 'gate' });
  builder.add(neg, [token], {}, { name: 'after' });
  const graph = builder.finish();
  const cluster = tinyCluster(['cpu'], [], {});
  const plan = {
    ...singleLoopPlan(partition(graph, ['cpu'], new Int32Array(2))),
    queues: [{ name: 'tokens', first: undefined }],
  };
  const run = (): unknown => simulate(compilePlan(plan, cluster, tinyCost), cluster);
  expect(run).toThrow(DeadlockError);
  expect(run).toThrow(
    'step: gate (TokenDequeue) waits for a token in queue tokens; step: after (Neg) waits for 1 of its inputs',
  );
});

test('the same plan gives the same trace', () => {
  const builder = new GraphBuilder();
  let x = builder.add(placeholder, [], { dtype: 'float32', shape: [4] }, {});
  for (let i = 0; i < 20; i++) x = builder.add(i % 2 === 0 ? neg : exp, [x], {});
  const graph = builder.finish();
  const deviceOf = Int32Array.from({ length: graph.nodeCount }, (_, i) => i % 2);
  const cluster = tinyCluster(
    ['a', 'b'],
    [
      ['ab', 7, 0.1],
      ['ba', 3, 0.2],
    ],
    { '0>1': [0], '1>0': [1] },
  );
  const compiled = compilePlan(singleLoopPlan(partition(graph, ['a', 'b'], deviceOf), 3), cluster, tinyCost);
  const once = simulate(compiled, cluster, { record: EVERYTHING });
  const again = simulate(compiled, cluster, { record: EVERYTHING });
  expect(story(compiled, again)).toEqual(story(compiled, once));
  expect(again.updateSeconds).toEqual(once.updateSeconds);
});
