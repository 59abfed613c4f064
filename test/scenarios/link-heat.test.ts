import { describe, expect, test } from 'vitest';
import { stream } from '../../base/random.ts';
import { findDevice, findLink } from '../../devices/catalog/index.ts';
import { buildCluster } from '../../devices/cluster-builder.ts';
import { kernelSeconds } from '../../devices/kernels/index.ts';
import { MODELS } from '../../graph/zoo/index.ts';
import { linkHeat } from '../../scenarios/link-heat.ts';
import type { LinkHeat } from '../../scenarios/results.ts';
import { compilePlan } from '../../sim/compile.ts';
import { simulate } from '../../sim/engine.ts';
import { LinkLoads } from '../../sim/network/link-loads.ts';
import { STRATEGIES } from '../../sim/strategies/index.ts';
import { planBy } from '../../sim/strategies/input.ts';
import { tinyCluster } from '../sim/tiny.ts';

/** Bytes of a link as its cells have them. */
function bytesOfCells(heat: LinkHeat, link: number, bytesPerSecond: number): number {
  const cells = heat.load[link]!;
  return (cells.reduce((sum, share) => sum + share, 0) * bytesPerSecond * heat.seconds) / cells.length;
}

describe('by hand', () => {
  const cluster = tinyCluster(
    ['a'],
    [
      ['slow', 10, 0],
      ['fast', 1000, 0],
      ['idle', 10, 0],
    ],
    {},
  );

  test('a stretch fills its cells in proportion', () => {
    const loads = new LinkLoads(3);
    loads.begin(100);
    // Cells are 1 s long: half of the first, all of the second, a quarter of the third.
    loads.stretch(0, 100.5, 102.25, 17.5);
    loads.stretch(1, 219, 220, 500);
    const heat = linkHeat('x', cluster, { linkLoads: loads, recorded: { from: 100, until: 220 } })!;
    expect(heat.links).toEqual(['fast', 'slow']);
    expect(heat.bytes).toEqual([500, 17.5]);
    expect(heat.load[1]!.slice(0, 4)).toEqual([0.5, 1, 0.25, 0]);
    expect(heat.load[0]!.at(-1)).toBe(0.5);
    expect(heat.busy.map((share) => share * 120)).toEqual([1, 1.75]);
    expect(heat.others).toBe(0);
  });

  test('what goes on beyond the end counts as far as it is in it', () => {
    const loads = new LinkLoads(3);
    loads.begin(0);
    loads.stretch(0, 11, 13, 20);
    const heat = linkHeat('x', cluster, { linkLoads: loads, recorded: { from: 0, until: 12 } })!;
    expect(heat.bytes[0]).toBeCloseTo(10, 12);
    expect(heat.load[0]!.slice(-11)).toEqual([0, ...new Array<number>(10).fill(1)]);
  });

  test('where nothing was sent there is nothing', () => {
    const linkLoads = new LinkLoads(3);
    expect(linkHeat('x', cluster, { linkLoads, recorded: { from: 0, until: 1 } })).toBeNull();
  });

  test('stretches at random keep their bytes', () => {
    const draws = stream(4, 'stretches');
    const loads = new LinkLoads(3);
    loads.begin(0);
    let sent = 0;
    for (let now = 0; now < 50; ) {
      const length = 3 * draws.uniform() ** 4;
      const bytes = 10 * length * draws.uniform();
      loads.stretch(0, now, now + length, bytes);
      sent += bytes;
      now += length * (1 + draws.uniform());
    }
    const heat = linkHeat('x', cluster, { linkLoads: loads, recorded: { from: 0, until: 60 } })!;
    expect(heat.bytes[0]).toBeCloseTo(sent, 9);
    expect(bytesOfCells(heat, 0, 10)).toBeCloseTo(sent, 3);
  });
});

test('of a training: the cells have all bytes of each link, and no link carries more than it can', () => {
  const cpu = findDevice('xeon-e5-2699v3');
  const nic = findLink('eth-10g');
  const accelerators = { model: findDevice('k40'), count: 1, bus: findLink('pcie3-x16') };
  const cluster = buildCluster({
    jobs: [
      { name: 'worker', tasks: 5, cpu, accelerators, nic },
      { name: 'ps', tasks: 2, cpu, nic },
    ],
  });
  const model = MODELS['mnist-cnn']!;
  const asked = { model, batch: 8, cluster, workers: 5, parameterServers: 2, updates: 3 };
  const plan = compilePlan(planBy(STRATEGIES.sync, asked), cluster, kernelSeconds);
  const simulation = simulate(plan, cluster, { record: { from: 0, to: 3 } });
  const heat = linkHeat('x', cluster, simulation)!;
  const { linkBytes } = simulation;
  expect(heat.links).toHaveLength(linkBytes.filter((bytes) => bytes > 0).length);
  for (const [i, name] of heat.links.entries()) {
    const link = cluster.links.findIndex((one) => one.name === name);
    const rate = cluster.links[link]!.model.bytesPerSecond.value;
    expect(heat.bytes[i]! / linkBytes[link]!).toBeCloseTo(1, 6);
    // Cells are to the millionth.
    expect(Math.abs(bytesOfCells(heat, i, rate) - linkBytes[link]!)).toBeLessThan(1e-6 * rate * heat.seconds);
    expect(Math.max(...heat.load[i]!)).toBeLessThanOrEqual(1);
    expect(heat.busy[i]! * heat.seconds).toBeCloseTo(simulation.linkBusySeconds[link]!, 9);
    if (i > 0) expect(heat.bytes[i]).toBeLessThanOrEqual(heat.bytes[i - 1]!);
  }
});
