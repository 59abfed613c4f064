import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { stream } from '../../base/random.ts';
import { kernelSeconds } from '../../devices/kernels/index.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { reduceSum } from '../../graph/ops/reduction.ts';
import { identity, reshape } from '../../graph/ops/shape.ts';
import { variable } from '../../graph/ops/state.ts';
import { lowerBounds } from '../../placement/bounds.ts';
import { graphProblem } from '../../placement/graph-problem.ts';
import { parseScenario } from '../../scenarios/load.ts';
import { boundsUnder } from '../../scenarios/placement-bounds.ts';
import { simulatePlacement } from '../../scenarios/placement-evaluator.ts';
import {
  type PlacementQuestion,
  placementCosts,
  placementSetting,
} from '../../scenarios/placement-question.ts';
import type { PlacementScenario } from '../../scenarios/schema.ts';
import { PlacementTimer } from '../../sim/placement-timer.ts';

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

describe.each(Object.entries(CLUSTERS))(
  'no simulated step is below a bound, in time or memory, on %s',
  (_, workers) => {
    it.each(RUNTIMES)('%j', (runtime) => {
      for (const model of MODELS) {
        const question = questionOf(workers, runtime, model);
        const setting = placementSetting(question);
        const { graph, cluster, problem } = setting;
        const { seconds } = boundsUnder(question.runtime, graph, cluster, problem);
        expect(seconds).toBeGreaterThan(0);
        for (const placement of placements(setting)) {
          const step = simulatePlacement(graph, cluster, placement, question.runtime, { memory: true });
          const { peakBytes: capacityBytes } = step.simulation.memory!;
          expect(step.simulation.seconds).toBeGreaterThanOrEqual(seconds * (1 - 1e-9));
          const justRoom = boundsUnder(question.runtime, graph, cluster, { ...problem, capacityBytes });
          expect(justRoom.memory).toMatchObject({ fits: true });
        }
      }
    });
  },
);

it('views and reads of variables need no memory of their own: what fits with them can fit', () => {
  const builder = new GraphBuilder();
  const attrs = { dtype: 'float32', shape: [2 ** 20, 16], trainable: true, initializer: 'zeros' } as const;
  const table = builder.add(variable, [], attrs, { name: 'table' });
  const read = builder.add(identity, [table], {});
  builder.add(reduceSum, [builder.add(reshape, [read], { shape: [2 ** 22, 4] })], { axes: [0, 1] });
  const graph = builder.finish();
  const question = questionOf(CLUSTERS['one GPU'], {}, MODELS[0]!);
  const { cluster } = placementSetting(question);
  const problem = graphProblem(graph, cluster, placementCosts(graph, cluster));
  const [bytes] = problem.residentBytes;
  const small = { ...problem, capacityBytes: problem.capacityBytes.map(() => 1.5 * bytes!) };
  const timer = new PlacementTimer(graph, cluster, kernelSeconds);
  timer.seconds(new Int32Array(graph.nodeCount).fill(1));
  expect(timer.peakBytes[1]).toBeLessThan(1.5 * bytes!);
  expect(lowerBounds(small).memory.fits).toBe(false);
  expect(boundsUnder(question.runtime, graph, cluster, small).memory.fits).toBe(true);
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
