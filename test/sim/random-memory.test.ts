import { expect, test } from 'vitest';
import { stream as randomStream } from '../../base/random.ts';
import { GraphBuilder, type Value } from '../../graph/builder.ts';
import { add, exp, neg } from '../../graph/ops/elementwise.ts';
import { reshape } from '../../graph/ops/shape.ts';
import { placeholder } from '../../graph/ops/state.ts';
import { partition } from '../../graph/partition.ts';
import { singleLoopPlan } from '../../graph/plan.ts';
import { compilePlan } from '../../sim/compile.ts';
import { simulate } from '../../sim/engine.ts';
import { EVERYTHING, fullMesh } from './activities.ts';
import { curve, withMemory } from './memory-cases.ts';
import { naiveMemory } from './naive-memory.ts';
import { tinyCost } from './tiny.ts';

/** Random graphs over three devices, with Reshapes; every op takes a time of its own. */
test('200 random graphs: as a naive accountant says who replays the trace', () => {
  for (let seed = 0; seed < 200; seed++) {
    const random = randomStream(seed, 'memory');
    const builder = new GraphBuilder();
    const values: Value[] = [];
    const read = new Set<Value>();
    const pick = (): Value => {
      const value = values[random.below(values.length)]!;
      read.add(value);
      return value;
    };
    for (let i = 0; i < 2 + random.below(25); i++) {
      const what = i < 2 ? 0 : random.below(6);
      if (what === 0) values.push(builder.add(placeholder, [], { dtype: 'float32', shape: [2, 6] }, {}));
      else if (what === 1) {
        values.push(builder.add(reshape, [pick()], { shape: [2, 6] }, {}));
      } else if (what < 4) values.push(builder.add(neg, [pick()], {}, {}));
      else values.push(builder.add(add, [pick(), pick()], {}, {}));
    }
    // What no op reads would come and go at one instant.
    for (const value of values) if (!read.has(value)) builder.add(exp, [value], {}, {});
    const graph = builder.finish();
    const deviceOf = Int32Array.from({ length: graph.nodeCount }, () => random.below(3));
    const template = partition(graph, ['a', 'b', 'c'], deviceOf);
    const cluster = withMemory(
      fullMesh(3, (link) => 10 + link, 0.1),
      1e9,
    );
    const compiled = compilePlan(singleLoopPlan(template, 2), cluster, tinyCost);
    const simulation = simulate(compiled, cluster, {
      memory: true,
      record: EVERYTHING,
      // Messages that share a link fairly may arrive together; then, which comes first makes a difference.
      network: 'whole-messages',
      disturbances: { opFactor: () => 1 + random.uniform() },
    });
    const expected = naiveMemory(template, deviceOf, simulation, 2);
    for (let device = 0; device < 3; device++) {
      const actual = simulation.memory!;
      const { peak, live } = expected[device]!;
      expect(actual.peakBytes[device], `seed ${seed}, device ${device}`).toBe(peak);
      const over = curve(actual, device);
      for (const [at, bytes] of live)
        expect(over[at] ?? bytes, `seed ${seed}, device ${device}, ${at} s`).toBe(bytes);
      // Whatever comes goes.
      expect(actual.overTime[device]!.bytes.at(-1)).toBe(0);
      const listed = actual.atPeak[device]!;
      if (listed.length < 20) expect(listed.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(peak);
    }
  }
});
