import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { stream } from '../../base/random.ts';
import { lowerBounds } from '../../placement/bounds.ts';
import { parseScenario } from '../../scenarios/load.ts';
import { boundsUnder } from '../../scenarios/placement-bounds.ts';
import { type PlacementQuestion, placementSetting } from '../../scenarios/placement-question.ts';
import type { PlacementScenario } from '../../scenarios/schema.ts';

const CLUSTERS = {
  'one GPU': { cpu: 'xeon-e5-2690v4', accelerator: 'a100-80gb', accelerators: 1 },
  'two GPUs': { cpu: 'xeon-e5-2690v4', accelerator: 'p100-pcie', accelerators: 2 },
  'a TPU and its host': { cpu: 'xeon-e5-2690v4', accelerator: 'tpu-v3', accelerators: 1 },
};
/** Where ops wait for dispatch, no bound is near. */
const RUNTIMES = [
  { dispatch: '0 s' },
  { dispatch: '0 s', fusion: 'all' },
  { dispatch: '0 s', stack: 'xla' },
  { dispatch: '0 s', stack: 'megatron', fusion: 'all' },
  { dispatch: '0 s', ops_at_a_time: { cpu: 2, accelerator: 4 } },
];
const MODELS = [
  { name: 'rnnlm', batch: 64, steps: 2 },
  { name: 'bert-base', batch: 2, layers: 1 },
];

function questionOf(workers: object, runtime: object, model: object): PlacementQuestion {
  const text = stringify({
    title: 'bounds',
    cluster: { network: { link: 'eth-1g' }, workers },
    runtime,
    experiments: [{ kind: 'placement', name: 'bounds', model, placers: ['heft'] }],
  });
  const scenario = parseScenario(text, 'bounds');
  const [experiment] = scenario.experiments as readonly PlacementScenario[];
  return {
    cluster: scenario.cluster,
    accelerators: scenario.cluster.workers.accelerators,
    runtime: scenario.runtime,
    model: experiment!.model,
    objective: 'step-time',
    soft: false,
  };
}

/** Each device alone, halves by depth, and colocation groups by chance. */
function placements({ problem }: ReturnType<typeof placementSetting>): Int32Array[] {
  const { deviceCount, groupCount, feasible, group } = problem;
  const random = stream(1, 'bounds');
  const on = (wish: (group: number) => number): Int32Array => {
    const deviceOf = Int32Array.from({ length: groupCount }, (_, g) => {
      const device = wish(g);
      return feasible[g]!.includes(device) ? device : feasible[g]![0]!;
    });
    return group.map((g) => deviceOf[g]!);
  };
  return [
    ...Array.from({ length: deviceCount }, (_, d) => on(() => d)),
    on((g) => (2 * g < groupCount ? 1 : deviceCount - 1)),
    on(() => random.below(deviceCount)),
  ];
}

describe.each(Object.entries(CLUSTERS))('no simulated step is below a bound on %s', (_, workers) => {
  it.each(RUNTIMES)('%j', (runtime) => {
    for (const model of MODELS) {
      const question = questionOf(workers, runtime, model);
      const setting = placementSetting(question);
      const { seconds } = boundsUnder(question.runtime, setting.graph, setting.cluster, setting.problem);
      expect(seconds).toBeGreaterThan(0);
      for (const placement of placements(setting)) {
        expect(setting.evaluator.measure(placement).seconds).toBeGreaterThanOrEqual(seconds * (1 - 1e-9));
      }
    }
  });
});

it('what placers know of a graph bounds no step of a runtime that merges its ops', () => {
  const question = questionOf(CLUSTERS['one GPU'], { dispatch: '0 s', stack: 'xla' }, MODELS[0]!);
  const setting = placementSetting(question);
  const steps = placements(setting).map((placement) => setting.evaluator.measure(placement).seconds);
  const bound = boundsUnder(question.runtime, setting.graph, setting.cluster, setting.problem).seconds;
  expect(lowerBounds(setting.problem).seconds).toBeGreaterThan(Math.min(...steps));
  expect(bound).toBeLessThanOrEqual(Math.min(...steps));
  expect(bound).toBeGreaterThan(0.6 * Math.min(...steps));
});
