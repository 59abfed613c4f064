import { describe, expect, test } from 'vitest';
import type { MemoryOverhead } from '../../devices/device.ts';
import { GraphBuilder, type Value } from '../../graph/builder.ts';
import { nodeNamed } from '../../graph/graph.ts';
import { add, exp, neg } from '../../graph/ops/elementwise.ts';
import { reduceSum } from '../../graph/ops/reduction.ts';
import { reshape } from '../../graph/ops/shape.ts';
import { applyGradientDescent, placeholder, variable } from '../../graph/ops/state.ts';
import { partition, partitionedName } from '../../graph/partition.ts';
import { singleLoopPlan } from '../../graph/plan.ts';
import { type CompiledPlan, compilePlan } from '../../sim/compile.ts';
import { simulate } from '../../sim/engine.ts';
import type { MemoryUse } from '../../sim/memory-meter.ts';
import type { SimulationOptions } from '../../sim/simulation.ts';
import { chosenOptions } from '../../sim/strategies/input.ts';
import { synchronous } from '../../sim/strategies/sync.ts';
import { EVERYTHING, fullMesh } from './activities.ts';
import { curve, quantity, withMemory } from './memory-cases.ts';
import { tinyCost } from './tiny.ts';

/** Ops on n elements take n seconds and make 4 n bytes; `far` lists what is on the second device; 4 bytes/s between. */
class Bench {
  readonly builder = new GraphBuilder();
  private readonly far = new Set<string>();

  input(name: string, elements = 3): Value {
    return this.builder.add(placeholder, [], { dtype: 'float32', shape: [elements] }, { name });
  }

  onFar(name: string): string {
    this.far.add(name);
    return name;
  }

  run({
    bytes = 1e9,
    overhead,
    steps = 1,
    ...options
  }: { bytes?: number; overhead?: MemoryOverhead; steps?: number } & SimulationOptions = {}) {
    const graph = this.builder.finish();
    const cluster = withMemory(
      fullMesh(2, () => 4),
      bytes,
      overhead,
    );
    const deviceOf = Int32Array.from(graph.name, (name) => (this.far.has(name) ? 1 : 0));
    const plan = compilePlan(
      singleLoopPlan(partition(graph, ['near', 'far'], deviceOf), steps),
      cluster,
      tinyCost,
    );
    const simulation = simulate(plan, cluster, { memory: true, record: EVERYTHING, ...options });
    return { plan, simulation, memory: simulation.memory!, node: (name: string) => nodeNamed(graph, name) };
  }
}

const namesAtPeak = ({ loops }: CompiledPlan, { atPeak }: MemoryUse, device: number): string[] =>
  atPeak[device]!.map(({ loop, activity }) => partitionedName(loops[loop]!.template, activity)).sort();

describe('live bytes over time', () => {
  test('of a chain: an output lives from the start of its op to the end of its reader', () => {
    const bench = new Bench();
    const a = bench.builder.add(neg, [bench.input('x')], {}, { name: 'a' });
    bench.builder.add(exp, [a], {}, { name: 'b' });
    const { memory, plan } = bench.run();
    // 12 bytes each. 0: x and a. 3: a is done, x goes, b comes. 6: all gone.
    expect(curve(memory, 0)).toEqual({ 0: 24, 3: 24, 6: 0 });
    expect([memory.peakBytes[0], memory.peakSeconds[0]]).toEqual([24, 0]);
    expect(namesAtPeak(plan, memory, 0)).toEqual(['a', 'x']);
    expect([...memory.residentBytes, memory.peakBytes[1]]).toEqual([0, 0, 0]);
  });

  test('of a diamond: what two read stays until both are done', () => {
    const bench = new Bench();
    const a = bench.builder.add(neg, [bench.input('x')], {}, { name: 'a' });
    const b = bench.builder.add(exp, [a], {}, { name: 'b' });
    const c = bench.builder.add(neg, [a], {}, { name: 'c' });
    bench.builder.add(add, [b, c], {}, { name: 'd' });
    const { memory, plan } = bench.run();
    // 0 … 3 x, a; 3 … 6 a, b; 6 … 9 a, b, c; 9 … 12 b, c, d.
    expect(curve(memory, 0)).toEqual({ 0: 24, 3: 24, 6: 36, 9: 36, 12: 0 });
    expect([memory.peakBytes[0], memory.peakSeconds[0]]).toEqual([36, 6]);
    expect(namesAtPeak(plan, memory, 0)).toEqual(['a', 'b', 'c']);
  });

  test('of an op that reads the same value twice', () => {
    const bench = new Bench();
    const x = bench.input('x');
    bench.builder.add(add, [x, x], {}, { name: 'twice' });
    expect(curve(bench.run().memory, 0)).toEqual({ 0: 24, 3: 0 });
  });

  test('of a Reshape: it passes its input on', () => {
    const bench = new Bench();
    const { builder } = bench;
    const x = bench.input('x', 4);
    const flat = builder.add(reshape, [x], { shape: [2, 2] }, { name: 'flat' });
    const again = builder.add(reshape, [flat], { shape: [4] }, { name: 'again' });
    builder.add(neg, [flat], {}, { name: 'a' });
    builder.add(exp, [again], {}, { name: 'b' });
    // x is there until b has read it: 0 … 4 x, a; 4 … 8 x, b.
    const { memory, plan } = bench.run();
    expect(curve(memory, 0)).toEqual({ 0: 32, 4: 32, 8: 0 });
    expect(namesAtPeak(plan, memory, 0)).toEqual(['a', 'x']);
  });

  test('of a transfer: its buffer is there from its start, its source until its end', () => {
    const bench = new Bench();
    const a = bench.builder.add(neg, [bench.input('x')], {}, { name: 'a' });
    bench.builder.add(exp, [a], {}, { name: bench.onFar('b') });
    const { memory, plan } = bench.run();
    // a 0 … 3; 12 bytes move 3 … 6; b 6 … 9.
    expect(curve(memory, 0)).toEqual({ 0: 24, 3: 12, 6: 0, 9: 0 });
    expect(curve(memory, 1)).toMatchObject({ 0: 0, 3: 12, 6: 24, 9: 0 });
    expect([...memory.peakSeconds]).toEqual([0, 6]);
    expect(namesAtPeak(plan, memory, 1)).toHaveLength(2);
    expect(memory.atPeak[1]!.map(({ bytes }) => bytes)).toEqual([12, 12]);
  });

  test('of several steps: nothing is left over', () => {
    const bench = new Bench();
    const { builder } = bench;
    const w = builder.add(
      variable,
      [],
      { dtype: 'float32', shape: [3], trainable: true, initializer: 'zeros' },
      { name: 'w' },
    );
    const slope = builder.add(neg, [bench.input('x')], {}, { name: 'slope' });
    builder.node(applyGradientDescent, [w, slope], { learningRate: 1 }, { name: 'update' });
    const { memory, simulation } = bench.run({ steps: 3 });
    // w is resident; a step is slope 0 … 3 and an update of 6 flops, in place, that reads slope.
    expect(memory.residentBytes[0]).toBe(12);
    expect(simulation.seconds).toBe(27);
    // The next step's x and slope come as the last update ends.
    expect(curve(memory, 0)).toEqual({ 0: 36, 3: 24, 9: 36, 12: 24, 18: 36, 21: 24, 27: 12 });
    expect([memory.peakBytes[0], memory.peakSeconds[0]]).toEqual([36, 0]);
  });
});

test('variables, sums of gradients and the step counter stay on their parameter server', () => {
  const names = [
    '/job:ps/task:0/device:CPU:0',
    '/job:worker/task:0/device:CPU:0',
    '/job:worker/task:1/device:CPU:0',
  ];
  const mesh = fullMesh(3, () => 100);
  const cluster = withMemory(
    {
      ...mesh,
      devices: mesh.devices.map((device, d) => ({ ...device, name: names[d]! })),
      indexOf: (name) => names.indexOf(name),
    },
    1e9,
  );
  const plan = synchronous.plan({
    cluster,
    workers: 2,
    parameterServers: 1,
    batch: 6,
    model: { name: 'a sum', settings: {}, indivisible: () => undefined },
    options: chosenOptions(synchronous, {}),
    workerDevices: names.slice(1).map((name) => ({ compute: name, cpu: name })),
    learningRate: 0.1,
    updates: 3,
    replica: (builder) => {
      const float = { dtype: 'float32', shape: [6] } as const;
      const w = builder.add(variable, [], { ...float, trainable: true, initializer: 'zeros' }, { name: 'w' });
      const x = builder.add(placeholder, [], float, { name: 'x' });
      const sum = builder.add(add, [w, x], {}, {});
      const loss = builder.add(reduceSum, [sum], { axes: [0], keepdims: false }, {});
      return { loss, parameters: [w], feeds: [{ value: x }] };
    },
  });
  const { memory } = simulate(compilePlan(plan, cluster, tinyCost), cluster, { memory: true });
  // w and its sum, 24 bytes each, whatever the number of workers; an int64 counts steps.
  expect([...memory!.residentBytes]).toEqual([24 + 24 + 8, 0, 0]);
  expect(memory!.peakBytes[0]).toBeGreaterThan(56);
});

describe('out of memory is a result', () => {
  const diamond = () => {
    const bench = new Bench();
    const a = bench.builder.add(neg, [bench.input('x')], {}, { name: 'a' });
    const b = bench.builder.add(exp, [a], {}, { name: 'b' });
    const c = bench.builder.add(neg, [a], {}, { name: 'c' });
    bench.builder.add(add, [b, c], {}, { name: 'd' });
    return bench;
  };

  test('the first op that does not fit, what it asks for and what there is', () => {
    // As above: 24 bytes at 3, and c asks for 12 at 6.
    const { memory, simulation, node } = diamond().run({ bytes: 35 });
    expect(memory.outOfMemory).toEqual({
      device: 0,
      loop: 0,
      activity: node('c'),
      seconds: 6,
      bytes: 12,
      used: 24,
      capacity: 35,
    });
    // The simulation goes on, as if there were more.
    expect(simulation.seconds).toBe(12);
    expect(memory.peakBytes[0]).toBe(36);
    expect(diamond().run({ bytes: 36 }).memory.outOfMemory).toBeUndefined();
  });

  test('what is reserved and what the allocator wastes count', () => {
    const overhead = { reservedBytes: quantity(10), fragmentation: quantity(1.5) };
    const { memory, node } = diamond().run({ bytes: 60, overhead });
    expect([...memory.footprintBytes]).toEqual([10 + 1.5 * 36, 10]);
    expect(memory.outOfMemory).toMatchObject({ activity: node('c'), used: 10 + 1.5 * 24, bytes: 12 });
    expect(diamond().run({ bytes: 64, overhead }).memory.outOfMemory).toBeUndefined();
  });

  test('of a transfer, on the device that receives', () => {
    const bench = new Bench();
    bench.builder.add(exp, [bench.input('x', 5)], {}, { name: bench.onFar('b') });
    const { memory } = bench.run({ bytes: 19 });
    // x itself does not fit either, and comes first.
    expect(memory.outOfMemory).toMatchObject({ device: 0, bytes: 20, used: 0 });
    const small = new Bench();
    small.builder.add(exp, [small.input('x', 5)], {}, { name: small.onFar('b') });
    expect(small.run({ bytes: 39 }).memory.outOfMemory).toMatchObject({ device: 1, seconds: 5, used: 20 });
  });

  test('variables alone', () => {
    const bench = new Bench();
    const w = bench.builder.add(
      variable,
      [],
      { dtype: 'float32', shape: [10], trainable: true, initializer: 'zeros' },
      { name: 'w' },
    );
    bench.builder.add(neg, [w], {}, { name: 'a' });
    expect(bench.run({ bytes: 39 }).memory.outOfMemory).toMatchObject({
      device: 0,
      seconds: 0,
      bytes: 0,
      used: 40,
      capacity: 39,
    });
  });
});

test('activities without tensors occupy nothing', () => {
  const bench = new Bench();
  bench.builder.add(neg, [bench.input('x')], {}, {});
  const { plan } = bench.run();
  const bare = { ...plan, loops: plan.loops.map(({ memory: _, ...loop }) => loop) };
  const cluster = withMemory(
    fullMesh(2, () => 4),
    10,
  );
  const { memory } = simulate(bare, cluster, { memory: true });
  expect([...memory!.peakBytes]).toEqual([0, 0]);
});

test('a device that nothing lives on reserves nothing, however little it has', () => {
  const bench = new Bench();
  bench.builder.add(neg, [bench.input('x')], {}, {});
  const { plan } = bench.run();
  const overhead = { reservedBytes: quantity(20), fragmentation: quantity(1) };
  const cluster = withMemory(
    fullMesh(2, () => 4),
    43,
    overhead,
  );
  // The other device has less than would be reserved on it.
  const [near, far] = cluster.devices;
  const model = { ...far!.model, memoryBytes: quantity(1) };
  const unlike = { ...cluster, devices: [near!, { ...far!, model }] };
  expect(simulate(plan, unlike, { memory: true }).memory!.outOfMemory).toMatchObject({ device: 0 });
  const more = { ...near!.model, memoryBytes: quantity(44) };
  const enough = { ...cluster, devices: [{ ...near!, model: more }, unlike.devices[1]!] };
  expect(simulate(plan, enough, { memory: true }).memory!.outOfMemory).toBeUndefined();
});

test('a failure frees what was live', () => {
  const bench = new Bench();
  const a = bench.builder.add(neg, [bench.input('x')], {}, { name: 'a' });
  bench.builder.add(exp, [a], {}, { name: 'b' });
  const failure = { kind: 'failure', seconds: 4, devices: [0], what: 'near', repairSeconds: 6 } as const;
  const { memory } = bench.run({ disturbances: { changes: [failure][Symbol.iterator]() } });
  // As the chain above, lost at 4 and begun again at 10.
  expect(curve(memory, 0)).toEqual({ 0: 24, 3: 24, 4: 0, 10: 24, 13: 24, 16: 0 });
});
