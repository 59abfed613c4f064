import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parseScenario } from '../../scenarios/load.ts';
import { robustness } from '../../scenarios/placement-robustness.ts';
import { placementFile } from '../../scenarios/placing.ts';
import type { PlacementExperiment } from '../../scenarios/results.ts';
import { runScenario } from '../../scenarios/run.ts';
import { questionOf, settingOf } from './placement-experiments.ts';

async function experiment(options: object, seed = 1): Promise<PlacementExperiment> {
  const scenario = parseScenario(
    stringify({
      title: 'T',
      cluster: {
        workers: { cpu: 'xeon-e5-2699v3', accelerator: 'k40', accelerators: 2 },
        network: { link: 'eth-10g' },
      },
      experiments: [{ kind: 'placement', name: 'p', model: { name: 'mnist-cnn', batch: 64 }, ...options }],
    }),
    'a.yaml',
  );
  const { placement } = await runScenario(scenario, { seed, placing: { jobs: 1 } });
  return placement[0]!;
}

describe('a placement experiment', () => {
  it('has the naive single device in any case, first, and once', async () => {
    const { runs } = await experiment({ placers: ['heft'] });
    expect(runs.map(({ placer }) => placer)).toEqual(['single-device', 'heft']);
    expect(runs[0]!.speedUp).toBe(1);
    const asked = await experiment({ placers: ['heft', 'single-device'] });
    expect(asked.runs.map(({ placer }) => placer)).toEqual(['heft', 'single-device']);
  });

  it('lets placers that draw, draw, each as if alone; shows the one in the middle, and the best of all beside', async () => {
    const placers = [{ kind: 'annealing', evaluations: 60 }, 'random', 'heft'];
    const { runs, portfolio } = await experiment({ placers, seeds: 3 });
    expect(runs.map(({ placer, draws }) => [placer, draws.count])).toEqual([
      ['single-device', 1],
      ['annealing', 3],
      ['random', 3],
      ['heft', 1],
    ]);
    const singles = await Promise.all([experiment({ placers }), experiment({ placers: ['random'] })]);
    const first = singles[0].runs[2]!.stepSeconds;
    // Whoever else places, and however often: the first draw is the same.
    expect(singles[1].runs[1]!.stepSeconds).toBe(first);
    const { leastSeconds, mostSeconds } = runs[2]!.draws;
    expect(leastSeconds).toBeLessThan(mostSeconds);
    expect(first).toBeGreaterThanOrEqual(leastSeconds);
    expect(first).toBeLessThanOrEqual(mostSeconds);
    expect(runs[2]!.stepSeconds).toBeGreaterThanOrEqual(leastSeconds);
    expect(portfolio.stepSeconds).toBe(Math.min(...runs.map(({ draws }) => draws.leastSeconds)));
    expect(runs.map(({ label }) => label)).toContain(portfolio.label);
  });

  it('searches on where pipelined steps follow each other sooner than one step can be done', async () => {
    const placers = [{ kind: 'learned-list', evaluations: 64 }];
    const { runs, bounds } = await experiment({ placers, objective: 'throughput' });
    const learned = runs[1]!;
    expect(learned.score).toBeLessThan(Math.max(...Object.values(bounds)));
    expect(learned.evaluations).toBe(64);
  });

  it('says in a file where each node is, by names that TensorFlow has for devices', async () => {
    const found = await experiment({ placers: ['heft'] });
    const file = JSON.parse(placementFile(found)) as { nodes: object; placer: string; format: string };
    expect(file).toMatchObject({ format: 'stepcast placement', version: 1, model: 'mnist-cnn', batch: 64 });
    const { devices } = found.runs[0]!;
    const placed = found.nodes.map((node, i) => [node, devices[found.portfolio.deviceOf[i]!]!.device]);
    expect(file.nodes).toEqual(Object.fromEntries(placed));
    expect(Object.keys(file.nodes)).toHaveLength(found.model.nodes);
  });

  it('finds no step below any bound, and none that is better than the best of all', async () => {
    const { runs, bounds, portfolio } = await experiment({
      placers: ['greedy', 'etf', 'm-etf', 'contiguous'],
    });
    for (const { draws, score } of runs) {
      expect(draws.leastSeconds).toBeGreaterThanOrEqual(Math.max(...Object.values(bounds)) * (1 - 1e-9));
      expect(score).toBeGreaterThanOrEqual(portfolio.score);
    }
  });
});

describe('robustness', () => {
  const { graph, cluster, problem } = settingOf({ model: 'mnist-cnn' });
  const { runtime } = questionOf({ model: 'mnist-cnn' });
  const on = (nth: number): Int32Array =>
    Int32Array.from(problem.group, (group) => {
      const devices = problem.feasible[group]!;
      return devices[Math.min(nth, devices.length - 1)]!;
    });

  it('is the same for the same seed and placement, whichever others there are', () => {
    const [one, other] = [on(0), on(1)];
    const [alone] = robustness(graph, cluster, runtime, [one], 3);
    const [first, second, third] = robustness(graph, cluster, runtime, [one, other, one], 3);
    expect({ ...first, firstShare: 1 }).toEqual(alone);
    expect(third).toEqual(first);
    // In every draw one of them is first.
    expect(first!.firstShare + second!.firstShare).toBeGreaterThanOrEqual(1);
    expect(robustness(graph, cluster, runtime, [one], 4)).not.toEqual([alone]);
  });

  it('of one device stays within 20 % of its step, and half the bandwidth only makes it longer', () => {
    const placement = on(1);
    const { evaluator } = settingOf({ model: 'mnist-cnn' });
    const { seconds } = evaluator.measure(placement);
    const [stands] = robustness(graph, cluster, runtime, [placement], 1);
    expect(stands!.leastSeconds).toBeGreaterThanOrEqual(0.8 * seconds);
    expect(stands!.leastSeconds).toBeLessThanOrEqual(stands!.medianSeconds);
    expect(stands!.medianSeconds).toBeLessThanOrEqual(stands!.mostSeconds);
    expect(stands!.mostSeconds).toBeLessThanOrEqual(1.2 * seconds);
    expect(stands!.halfBandwidthSeconds).toBeGreaterThanOrEqual(seconds);
  });

  it('is not known where the runtime merges ops: they have no times of their own there', () => {
    expect(robustness(graph, cluster, { ...runtime, fusion: 'all' }, [on(0)], 1)).toEqual([null]);
  });
});
