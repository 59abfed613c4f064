import { describe, expect, it } from 'vitest';
import { stream } from '../../base/random.ts';
import { lowerBounds } from '../../placement/bounds.ts';
import type { Placement } from '../../placement/placer.ts';
import { simulatePlacement } from '../../scenarios/placement-evaluator.ts';
import type { PlacementSetting } from '../../scenarios/placement-question.ts';
import { questionOf, settingOf } from './placement-experiments.ts';

/** Every colocation group on a device of its own luck. */
function anyPlacement({ problem }: PlacementSetting, seed: number): Placement {
  const random = stream(seed, 'placements');
  const deviceOf = problem.feasible.map((devices) => devices[Math.floor(random.uniform() * devices.length)]!);
  return Int32Array.from(problem.group, (group) => deviceOf[group]!);
}

/** All on one device, but for what cannot be there. */
function mostlyOn({ problem }: PlacementSetting, device: number): Placement {
  return Int32Array.from(problem.group, (group) => {
    const devices = problem.feasible[group]!;
    return devices.includes(device) ? device : devices[0]!;
  });
}

describe('what placements are compared by', () => {
  const SEEDS = [1, 2, 3, 4, 5];

  it('step time: the time that the engine gives, though placements are timed without it', () => {
    const setting = settingOf({ model: 'mnist-cnn' });
    const { runtime } = questionOf({ model: 'mnist-cnn' });
    for (const seed of SEEDS) {
      const placement = anyPlacement(setting, seed);
      const { simulation } = simulatePlacement(setting.graph, setting.cluster, placement, runtime, {});
      expect(setting.evaluator.evaluate(placement)).toBeCloseTo(simulation.seconds, 15);
    }
  });

  it('throughput: the busiest device or link, between the bounds on load and the step', () => {
    const setting = settingOf({ model: 'mnist-cnn', objective: 'throughput' });
    const { area, group } = lowerBounds(setting.problem);
    for (const seed of SEEDS) {
      const placement = anyPlacement(setting, seed);
      const score = setting.evaluator.evaluate(placement);
      const { seconds, bottleneckSeconds } = setting.evaluator.measure(placement);
      expect(score).toBe(bottleneckSeconds);
      expect(score).toBeLessThanOrEqual(seconds);
      expect(score).toBeGreaterThanOrEqual(Math.max(area, group) * (1 - 1e-9));
    }
  });

  it('cost: the step at the price of the machines that it uses', () => {
    const setting = settingOf({ cluster: 'aws-p3-16xlarge', objective: 'cost' });
    for (const seed of SEEDS) {
      const placement = anyPlacement(setting, seed);
      const { seconds } = setting.evaluator.measure(placement);
      expect(setting.evaluator.evaluate(placement)).toBeCloseTo((seconds * 24.48) / 3600, 15);
    }
    expect(() => settingOf({ objective: 'cost' })).toThrow('dgx-1, as it is here, has none');
  });

  it('peak memory: the share that the fullest device needs; beyond 1 it fails', () => {
    const setting = settingOf({ objective: 'peak-memory' });
    const placement = anyPlacement(setting, 1);
    const { memoryShare } = setting.evaluator.measure(placement);
    expect(setting.evaluator.evaluate(placement)).toBe(memoryShare);
    expect(memoryShare).toBeGreaterThan(0);
    expect(memoryShare).toBeLessThan(1);
    expect(setting.evaluator.failing).toBeGreaterThan(1);
  });

  it.each(['step-time', 'throughput', 'peak-memory'] as const)(
    '%s: what does not fit fails, the more the less it fits, and nothing that fits does',
    (objective) => {
      // Activations of 800 000 samples take more than 16 GB; those of a thousand fit.
      const [small, large] = [1000, 800_000].map((batch) =>
        settingOf({ model: 'mnist-cnn', batch, objective }),
      ) as [PlacementSetting, PlacementSetting];
      for (const seed of SEEDS) {
        const placement = anyPlacement(small, seed);
        expect(small.evaluator.evaluate(placement)).toBeLessThan(small.evaluator.failing);
      }
      const gpu = large.cluster.devices.findIndex(({ name }) => name.endsWith('GPU:0'));
      const allOnOne = mostlyOn(large, gpu);
      const { memoryShare, overflow } = large.evaluator.measure(allOnOne);
      expect(memoryShare).toBeGreaterThan(1);
      expect(overflow).toBeCloseTo(memoryShare - 1, 12);
      expect(large.evaluator.evaluate(allOnOne)).toBeGreaterThanOrEqual(large.evaluator.failing);
      const larger = settingOf({ model: 'mnist-cnn', batch: 1_000_000, objective });
      const excess = ({ evaluator }: PlacementSetting): number =>
        evaluator.evaluate(allOnOne) / evaluator.failing;
      expect(excess(larger)).toBeGreaterThan(excess(large));
    },
  );
});
