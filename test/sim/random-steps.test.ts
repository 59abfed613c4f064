import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stream } from '../../base/random.ts';
import type { Cluster } from '../../devices/cluster.ts';
import { simulateActivities } from '../../sim/simulate-activities.ts';
import type { SimulationOptions } from '../../sim/simulation.ts';
import type { Trace } from '../../sim/trace.ts';
import { EVERYTHING, fullMesh, run } from './activities.ts';
import { naiveTimes } from './naive-step.ts';
import { randomStep, type Step, shuffled, written } from './random-step.ts';
import { tinyCluster } from './tiny.ts';

/** Devices on one switch: routes of two links, up and down, which others share. */
function star(devices: number, speed = 1, latency = 0.01): Cluster {
  const routes: { [pair: string]: number[] } = {};
  for (let from = 0; from < devices; from++)
    for (let to = 0; to < devices; to++) routes[`${from}>${to}`] = from === to ? [] : [2 * from, 2 * to + 1];
  return tinyCluster(
    Array.from({ length: devices }, (_, d) => `d${d}`),
    Array.from({ length: 2 * devices }, (_, link) => [`${link}`, speed * (7 + (link % 3)), latency] as const),
    routes,
  );
}

const mesh = (devices: number, speed = 1, latency = 0.01): Cluster =>
  fullMesh(devices, (link) => speed * (3 + (link % 5)), latency);

function expectTimes(
  step: Step,
  cluster: Cluster,
  options: SimulationOptions,
  reference: ReturnType<typeof naiveTimes>,
  what: string,
) {
  const { times } = run(written(step), cluster, options);
  for (const [i, end] of reference.end.entries()) {
    const [began, ended] = times[i]!;
    const near = Math.abs(began - reference.start[i]!) + Math.abs(ended - end) <= 1e-9 * (1 + end);
    expect(near, `${what}, ${i}: ${began} … ${ended} for ${reference.start[i]} … ${end}`).toBe(true);
  }
}

describe('random steps take what a naive simulator says, activity by activity', () => {
  test('300 with whole messages over one hop', () => {
    for (let c = 0; c < 300; c++) {
      const step = randomStep(stream(c, 'whole'), { apart: true });
      const cluster = mesh(step.devices);
      const reference = naiveTimes(step, cluster, 'whole');
      for (const network of ['whole-messages', 'store-and-forward'] as const)
        expectTimes(step, cluster, { network }, reference, `case ${c}`);
    }
  });

  test('1,000 with fluid sharing, each twentieth of up to 500 activities', () => {
    for (let c = 0; c < 1000; c++) {
      const step = randomStep(stream(c, 'fluid'), { apart: true, spread: c % 20 === 0 ? 490 : 60 });
      const cluster = star(step.devices);
      expectTimes(step, cluster, {}, naiveTimes(step, cluster, 'fluid'), `case ${c}`);
    }
  });
});

/** Options at random: whatever is switched on, the properties below hold. */
const anyOptions = fc.record({
  network: fc.constantFrom('fluid', 'store-and-forward', 'whole-messages'),
  readyPolicy: fc.constantFrom('fifo', 'critical-path'),
  dispatch: fc.constantFrom(0, 0.125),
  engines: fc.nat(2),
}) satisfies fc.Arbitrary<unknown>;
type AnyOptions = typeof anyOptions extends fc.Arbitrary<infer T> ? T : never;

function optionsOf(
  { network, readyPolicy, dispatch, engines }: AnyOptions,
  devices: number,
  speed = 1,
): SimulationOptions {
  return {
    network,
    readyPolicy,
    dispatchSeconds: new Float64Array(devices).fill(dispatch / speed),
    copyEngines: new Int32Array(devices).fill(engines),
    // Ranks of the critical path are those of undisturbed devices: there, the step itself is written faster.
    disturbances: { deviceFactor: new Float64Array(devices).fill(readyPolicy === 'fifo' ? 1 / speed : 1) },
  };
}

const columns = ({ length, kind, node, place, start, end, bytes, cause }: Trace) =>
  [kind, node, place, start, end, bytes, cause].map((column) => [...column.subarray(0, length)]);

test('the same step twice gives the same trace', () => {
  fc.assert(
    fc.property(fc.nat(1e6), anyOptions, (seed, chosen) => {
      const step = randomStep(stream(seed, 'twice'), { apart: false });
      const once = () =>
        simulateActivities(written(step), star(step.devices), {
          ...optionsOf(chosen, step.devices),
          record: EVERYTHING,
        });
      const [a, b] = [once(), once()];
      expect(columns(b.trace)).toEqual(columns(a.trace));
      expect([b.linkBytes, b.linkBusySeconds, b.events]).toEqual([a.linkBytes, a.linkBusySeconds, a.events]);
    }),
    { numRuns: 100 },
  );
});

test('doubling all speeds halves all times, to the last bit, where there is no latency', () => {
  fc.assert(
    fc.property(fc.nat(1e6), anyOptions, (seed, chosen) => {
      const step = randomStep(stream(seed, 'twice as fast'), { apart: false });
      const at = (speed: number) =>
        run(
          written(chosen.readyPolicy === 'fifo' ? step : faster(step, speed)),
          star(step.devices, speed, 0),
          optionsOf(chosen, step.devices, speed),
        ).times;
      const slow = at(1);
      for (const [name, [start, end]] of Object.entries(at(2))) {
        expect([2 * start, 2 * end]).toEqual(slow[name]);
      }
    }),
    { numRuns: 100 },
  );
});

/** The step with its ops in 1 / speed of their time. */
function faster(step: Step, speed: number): Step {
  return {
    ...step,
    activities: step.activities.map((activity) =>
      activity.kind === 'compute' ? { ...activity, amount: activity.amount / speed } : activity,
    ),
  };
}

test('where no two times are equal, the order in which activities and edges are listed changes nothing', () => {
  fc.assert(
    fc.property(fc.nat(1e6), anyOptions, (seed, chosen) => {
      const random = stream(seed, 'any order');
      const step = randomStep(random, { apart: true });
      // Dispatch goes in the order in which ops become ready, and joins make several ready at once.
      const apart = { ...step, edges: step.edges.filter(([before]) => fanOut(step, before) === 1) };
      const spread = { ...apart, ...delayed(apart) };
      const options = optionsOf(chosen, step.devices);
      const listed = run(written(spread), star(step.devices), options).times;
      const mixed = run(
        written(spread, shuffled(spread.activities.length, random)),
        star(step.devices),
        options,
      ).times;
      for (const [name, [start, end]] of Object.entries(listed)) {
        expect(mixed[name]![0]).toBeCloseTo(start, 9);
        expect(mixed[name]![1]).toBeCloseTo(end, 9);
      }
    }),
    { numRuns: 150 },
  );
});

const fanOut = ({ edges }: Step, of: number): number => edges.filter(([before]) => before === of).length;

/** What has lost its edges waits for a delay of its own again. */
function delayed({ activities, edges }: Step): Pick<Step, 'activities' | 'edges'> {
  const all = [...activities];
  const more = [...edges];
  for (const [i, { kind }] of activities.entries()) {
    if (kind === 'delay' || edges.some(([, after]) => after === i)) continue;
    more.push([all.push({ kind: 'delay', amount: (i + 1) / Math.SQRT2 / activities.length }) - 1, i]);
  }
  return { activities: all, edges: more };
}
