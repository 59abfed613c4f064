import { describe, expect, test } from 'vitest';
import { stream as randomStream } from '../../base/random.ts';
import type { DeviceModel } from '../../devices/device.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { neg } from '../../graph/ops/elementwise.ts';
import { placeholder } from '../../graph/ops/state.ts';
import { partition } from '../../graph/partition.ts';
import { singleLoopPlan } from '../../graph/plan.ts';
import { ActivityGraphBuilder } from '../../sim/activity-graph.ts';
import { compilePlan } from '../../sim/compile.ts';
import { simulate } from '../../sim/engine.ts';
import { fullMesh, islands, run } from './activities.ts';
import { tinyCluster, tinyCost } from './tiny.ts';

describe('a stream of width 2', () => {
  test('runs two at a time, first come first served', () => {
    const write = new ActivityGraphBuilder();
    const stream = write.stream(0, 2);
    for (const [i, seconds] of [3, 4, 5, 1].entries()) write.compute(stream, seconds, `op ${i}`);
    // 0: 0 … 3, 1: 0 … 4; 2 takes the first place, at 3; 3 the second, at 4.
    const { times, simulation } = run(write.finish(), islands('a'));
    expect(times).toEqual({ 'op 0': [0, 3], 'op 1': [0, 4], 'op 2': [3, 8], 'op 3': [4, 5] });
    // The device computes from 0 to 8, however many at once.
    expect([...simulation.deviceUse.compute]).toEqual([8]);
  });

  test('keeps both places when both are left at once', () => {
    const write = new ActivityGraphBuilder();
    const stream = write.stream(0, 2);
    for (let i = 0; i < 6; i++) write.compute(stream, 2);
    expect(run(write.finish(), islands('a')).seconds).toBe(6);
  });
});

test('streams of one device run beside each other', () => {
  const write = new ActivityGraphBuilder();
  const [one, two] = [write.stream(0), write.stream(0)];
  write.compute(one, 3, 'a');
  write.compute(one, 2, 'b');
  write.compute(two, 4, 'c');
  const { times, simulation } = run(write.finish(), islands('x', 'y'));
  expect(times).toEqual({ a: [0, 3], b: [3, 5], c: [0, 4] });
  expect([...simulation.deviceUse.compute]).toEqual([5, 0]);
  expect([...simulation.deviceUse.waiting]).toEqual([0, 5]);
});

describe('first come first served', () => {
  test('what becomes ready as an op ends stands behind what waited for that end', () => {
    const write = new ActivityGraphBuilder();
    const stream = write.stream(0);
    const first = write.compute(stream, 2, 'first');
    const after = write.compute(stream, 1, 'after first');
    write.compute(stream, 1, 'waiting');
    write.after(first, after);
    expect(run(write.finish(), islands('a')).times).toEqual({
      first: [0, 2],
      waiting: [2, 3],
      'after first': [3, 4],
    });
  });

  test('at one instant, who was set going first', () => {
    // p and q end at 2 on devices of their own; p began first, though q has the lower number.
    const write = new ActivityGraphBuilder();
    const [busy, left, right] = [write.stream(0), write.stream(1), write.stream(2)];
    const q = write.compute(right, 1, 'q');
    const p = write.compute(left, 2, 'p');
    const beforeQ = write.compute(right, 1, 'before q');
    write.after(beforeQ, q);
    write.compute(busy, 3, 'busy');
    const [afterQ, afterP] = [write.compute(busy, 1, 'after q'), write.compute(busy, 1, 'after p')];
    write.after(q, afterQ);
    write.after(p, afterP);
    const { times } = run(write.finish(), islands('a', 'b', 'c'));
    expect([times.p, times.q]).toEqual([
      [0, 2],
      [1, 2],
    ]);
    expect([times['after p'], times['after q']]).toEqual([
      [3, 4],
      [4, 5],
    ]);
  });
});

describe('critical path first', () => {
  const critical = { readyPolicy: 'critical-path' } as const;

  test('prefers the longer way to the end, also among ops that become ready together', () => {
    // Three ops of 1 s on device 0; the last one listed feeds 5 s elsewhere.
    const graph = (() => {
      const write = new ActivityGraphBuilder();
      const [near, far] = [write.stream(0), write.stream(1)];
      write.compute(near, 1, 'a');
      write.compute(near, 1, 'b');
      write.after(write.compute(near, 1, 'c'), write.compute(far, 5, 'far'));
      return write.finish();
    })();
    // FIFO: a 0 … 1, b 1 … 2, c 2 … 3, far 3 … 8. Critical path: c 0 … 1, far 1 … 6.
    expect(run(graph, islands('x', 'y')).seconds).toBe(8);
    const { seconds, times } = run(graph, islands('x', 'y'), critical);
    expect(seconds).toBe(6);
    expect(times).toEqual({ c: [0, 1], far: [1, 6], a: [1, 2], b: [2, 3] });
  });

  test('what an end makes ready is compared with what waited for it', () => {
    // A chain of three on the device (ranks 3, 2, 1), and two fillers of rank 1 and 0.5 that wait from the beginning.
    const write = new ActivityGraphBuilder();
    const stream = write.stream(0);
    const chain = [0, 1, 2].map((i) => write.compute(stream, 1, `chain ${i}`));
    write.after(chain[0]!, chain[1]!);
    write.after(chain[1]!, chain[2]!);
    write.compute(stream, 0.5, 'small');
    write.compute(stream, 1, 'filler');
    // Ranks are equal for chain 2 and the filler, which came first.
    expect(run(write.finish(), islands('a'), critical).times).toEqual({
      'chain 0': [0, 1],
      'chain 1': [1, 2],
      filler: [2, 3],
      'chain 2': [3, 4],
      small: [4, 4.5],
    });
  });

  test('transfers count for the time that they take on an idle network', () => {
    // s is followed by 20 bytes at 10 bytes/s with 0.5 s of latency: 1 + 2.5 = 3.5. l: 1 + 2 = 3.
    const write = new ActivityGraphBuilder();
    const [near, far] = [write.stream(0), write.stream(1)];
    write.after(write.compute(near, 1, 'l'), write.compute(far, 2, 'far'));
    write.after(write.compute(near, 1, 's'), write.transfer(0, 1, 20, 'move'));
    const cluster = fullMesh(2, () => 10, 0.5);
    expect(run(write.finish(), cluster, critical).times).toEqual({
      s: [0, 1],
      l: [1, 2],
      move: [1, 3.5],
      far: [2, 4],
    });
  });

  test('width 2 takes the two most urgent', () => {
    const write = new ActivityGraphBuilder();
    const stream = write.stream(0, 2);
    for (const seconds of [1, 2, 3, 4]) write.compute(stream, seconds, `${seconds}`);
    // 4 and 3 first; 2 at 3, 1 at 4.
    expect(run(write.finish(), islands('a'), critical).times).toEqual({
      4: [0, 4],
      3: [0, 3],
      2: [3, 5],
      1: [4, 5],
    });
  });

  test('equals first come first served where nobody waits: every op has a stream of its own', () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = randomStream(seed, 'streams of their own');
      const write = new ActivityGraphBuilder();
      for (let i = 0; i < 40; i++) {
        const own = write.compute(write.stream(random.below(3)), 1 + random.uniform(), `${i}`);
        for (let e = Math.min(own, 3); e > 0; e--) write.after(random.below(own), own);
      }
      const graph = write.finish();
      const cluster = islands('a', 'b', 'c');
      expect(run(graph, cluster, critical).times).toEqual(run(graph, cluster).times);
    }
  });
});

describe('ops at a time', () => {
  // Four ops of 3 s alone, 0.5 s of it launching, ready together.
  const builder = new GraphBuilder();
  for (let i = 0; i < 4; i++) {
    const x = builder.add(placeholder, [], { dtype: 'float32', shape: [3] }, {});
    builder.add(neg, [x], {}, {});
  }
  const graph = builder.finish();
  const bare = tinyCluster(['cpu'], [], {});
  const cluster = {
    ...bare,
    devices: bare.devices.map((device) => ({
      ...device,
      model: { ...device.model, launchSeconds: { value: 0.5 } } as DeviceModel,
    })),
  };
  const plan = singleLoopPlan(partition(graph, ['cpu'], new Int32Array(graph.nodeCount)));
  const seconds = (width: number): number =>
    simulate(compilePlan(plan, cluster, tinyCost, { opsAtATime: Int32Array.of(width) }), cluster).seconds;

  test.each([
    { width: 1, expected: 4 * 3 },
    // Two launch together, then share: 0.5 + 2 · 2.5. So do the next two.
    { width: 2, expected: 2 * (0.5 + 2 * 2.5) },
    // Three share; the fourth has the device for itself.
    { width: 3, expected: 0.5 + 3 * 2.5 + 3 },
    { width: 4, expected: 0.5 + 4 * 2.5 },
    // A place that stays empty takes nothing from the others.
    { width: 5, expected: 0.5 + 4 * 2.5 },
  ])('$width: $expected s', ({ width, expected }) => {
    expect(seconds(width)).toBeCloseTo(expected, 12);
  });

  test('an op alone takes as long as without others, whatever the width', () => {
    const single = new GraphBuilder();
    single.add(neg, [single.add(placeholder, [], { dtype: 'float32', shape: [3] }, {})], {});
    const alone = singleLoopPlan(partition(single.finish(), ['cpu'], new Int32Array(2)));
    for (const width of [1, 2, 8]) {
      const options = { opsAtATime: Int32Array.of(width) };
      expect(simulate(compilePlan(alone, cluster, tinyCost, options), cluster).seconds).toBe(3);
    }
  });

  test('one that comes later shares from then on', () => {
    // Two at 0 launch until 0.5 and then share 2.5 s of work each. The third comes by a message of 12 bytes at 12 bytes/s:
    // it launches 1 … 1.5, when the others have got 0.5 s of theirs. Three share: the others' 2 s take until 7.5. The
    // third has got 2 s of its 2.5 by then, and has the device for itself until 8.
    const later = new GraphBuilder();
    const names = ['a', 'b', 'late'].map((name) => {
      const x = later.add(placeholder, [], { dtype: 'float32', shape: [3] }, { name: `${name}/in` });
      later.add(neg, [x], {}, { name });
      return name;
    });
    const grown = later.finish();
    const deviceOf = Int32Array.from(grown.name, (name) => (name === 'late/in' ? 1 : 0));
    const two = tinyCluster(['cpu', 'far'], [['link', 12, 0]], { '1>0': [0] });
    const model = { ...two.devices[0]!.model, launchSeconds: { value: 0.5 } } as DeviceModel;
    const both = { ...two, devices: two.devices.map((device) => ({ ...device, model })) };
    const plan3 = singleLoopPlan(partition(grown, ['cpu', 'far'], deviceOf));
    const compiled = compilePlan(plan3, both, tinyCost, { opsAtATime: Int32Array.of(3, 1) });
    const result = simulate(compiled, both, { record: { from: 0, to: 1 } });
    expect(result.seconds).toBeCloseTo(8, 12);
    const { trace } = result;
    const endOf = new Map(
      Array.from({ length: trace.length }, (_, row) => [
        compiled.loops[0]!.activities.nameOf(trace.node[row]!),
        trace.end[row]!,
      ]),
    );
    for (const [i, end] of [7.5, 7.5, 8].entries()) expect(endOf.get(names[i]!)).toBeCloseTo(end, 12);
    expect(result.deviceUse.compute[0]).toBeCloseTo(8, 12);
  });
});
