import { describe, expect, test } from 'vitest';
import { stream } from '../../base/random.ts';
import { findDevice, findLink } from '../../devices/catalog/index.ts';
import { buildCluster } from '../../devices/cluster-builder.ts';
import { kernelSeconds } from '../../devices/kernels/index.ts';
import { MODELS } from '../../graph/zoo/index.ts';
import { compilePlan } from '../../sim/compile.ts';
import { simulate } from '../../sim/engine.ts';
import type { Program } from '../../sim/program.ts';
import type { SimulationOptions } from '../../sim/simulation.ts';
import { TOGETHER } from '../../sim/straggler-tally.ts';
import { STRATEGIES } from '../../sim/strategies/index.ts';
import { planBy } from '../../sim/strategies/input.ts';
import { tinyCluster } from './tiny.ts';
import { asynchronousProgram, synchronousProgram } from './tiny-training.ts';

function timesOf(program: Program, disturbances: SimulationOptions['disturbances'] = {}) {
  const cluster = tinyCluster(
    Array.from(program.streamWidth, (_, i) => `device/${i}`),
    [],
    {},
  );
  const simulation = simulate(program, cluster, { stragglers: true, disturbances });
  return { ...simulation.stragglers!, updateSeconds: simulation.updateSeconds };
}

describe('gradients in sums', () => {
  test('an update waits for the slowest last; its own steps end when their gradients are added', () => {
    // Gradients come at 4, 6 and 5, each takes 1 to add, and the update takes 1: a step of 8.
    const times = timesOf(synchronousProgram({ compute: [4, 6, 5], deliver: 1, update: 1 }, 3, 6));
    expect([...times.lastShare]).toEqual([0, 1, 0]);
    expect([...times.computeSeconds]).toEqual([4, 6, 5]);
    expect([...times.stepSeconds]).toEqual([5, 7, 6]);
    expect([...times.steps]).toEqual([6, 6, 6]);
    expect(times.waitsFor).toBe('gradients');
  });

  test('who comes together shares the update, whoever is served last', () => {
    const times = timesOf(synchronousProgram({ compute: [5, 5, 4, 5], deliver: 1, update: 1 }, 4, 3));
    expect([...times.lastShare]).toEqual([1 / 3, 1 / 3, 0, 1 / 3]);
  });

  test('of those that are too late nobody waits', () => {
    // The first two come at 4 and 5, the third at 6, when the sum is complete.
    const times = timesOf(synchronousProgram({ compute: [4, 6, 5], deliver: 1, update: 1 }, 2, 6));
    expect([...times.lastShare]).toEqual([0, 0, 1]);
  });

  test('under luck: as counted by hand from the factors', () => {
    const draws = stream(1, 'luck');
    const compute = [4, 4.1, 3.9, 4.3];
    const updates = 60;
    const factors = compute.map(() => Array.from({ length: updates + 1 }, () => 1 + draws.uniform()));
    const program = synchronousProgram({ compute, deliver: 0, update: 1 }, 4, updates);
    const times = timesOf(program, { slowdown: (replica, step) => factors[replica]?.[step] ?? 1 });
    const expected = compute.map(() => 0);
    for (let k = 0; k < updates; k++) {
      const length = times.updateSeconds[k]! - (times.updateSeconds[k - 1] ?? 0);
      const seconds = compute.map((own, r) => own * factors[r]![k]!);
      const late = seconds.map((own) => own >= Math.max(...seconds) - TOGETHER * length);
      const parts = late.filter(Boolean).length;
      for (const [r, isLate] of late.entries()) if (isLate) expected[r]! += 1 / parts / updates;
    }
    for (const [r, share] of times.lastShare.entries()) expect(share).toBeCloseTo(expected[r]!, 12);
    expect(times.lastShare.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  });
});

test('updates that workers make by themselves wait for nobody', () => {
  const times = timesOf(asynchronousProgram({ compute: [4, 8], deliver: 0, update: 0 }, 30));
  expect(times.waitsFor).toBe('nothing');
  expect([...times.stepSeconds]).toEqual([4, 8]);
  expect([...times.steps]).toEqual([20, 10]);
});

describe('ranks of collectives', () => {
  const cluster = buildCluster({
    jobs: [
      {
        name: 'worker',
        tasks: 4,
        cpu: findDevice('xeon-e5-2699v3'),
        accelerators: { model: findDevice('k40'), count: 1, bus: findLink('pcie3-x16') },
        nic: findLink('eth-10g'),
      },
    ],
  });
  const updates = 12;
  const compiled = (kind: 'all-reduce' | 'zero') =>
    compilePlan(
      planBy(STRATEGIES[kind], {
        ...{ model: MODELS['mnist-cnn']!, batch: 64, cluster, workers: 4, updates },
        ...(kind === 'zero' && { options: { stage: 3 } }),
      }),
      cluster,
      kernelSeconds,
    );

  test.each(['all-reduce', 'zero'] as const)('%s: who is slow in a step is waited for in it', (kind) => {
    const slow = [2, 2, 0, 3, 2, 1, 2, 0, 2, 2, 3, 2];
    const slowdown = (replica: number, step: number): number => (slow[step] === replica ? 3 : 1);
    const { stragglers } = simulate(compiled(kind), cluster, {
      stragglers: true,
      disturbances: { slowdown },
    });
    const counts = [0, 1, 2, 3].map((r) => slow.filter((of) => of === r).length / updates);
    for (const [r, share] of stragglers!.lastShare.entries()) expect(share).toBeCloseTo(counts[r]!, 12);
    expect(stragglers!.waitsFor).toBe('ranks');
    // Compute of the slow steps counts thrice; the last step may end with the simulation, and is then not counted.
    const units = stragglers!.computeSeconds.map((seconds, r) => {
      const done = slow.slice(0, stragglers!.steps[r]);
      return (seconds * done.length) / (done.length + 2 * done.filter((of) => of === r).length);
    });
    for (const unit of units) expect(unit / units[0]!).toBeCloseTo(1, 9);
  });

  test('without differences all share every update', () => {
    const { stragglers } = simulate(compiled('all-reduce'), cluster, { stragglers: true });
    expect([...stragglers!.lastShare]).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  test('what is noted changes nothing', () => {
    const slowdown = (replica: number, step: number): number => 1 + ((replica * 7 + step * 5) % 11) / 10;
    const [noted, plain] = [true, false].map((stragglers) =>
      simulate(compiled('all-reduce'), cluster, { stragglers, disturbances: { slowdown } }),
    );
    expect(noted!.updateSeconds).toEqual(plain!.updateSeconds);
    expect(noted!.events).toBe(plain!.events);
    expect(plain!.stragglers).toBeUndefined();
  });
});
