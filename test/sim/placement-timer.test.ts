import { describe, expect, it } from 'vitest';
import { type RandomStream, stream } from '../../base/random.ts';
import { findDevice, findLink } from '../../devices/catalog/index.ts';
import { buildCluster } from '../../devices/cluster-builder.ts';
import { kernelSeconds } from '../../devices/kernels/index.ts';
import type { Graph } from '../../graph/graph.ts';
import { partition } from '../../graph/partition.ts';
import { singleLoopPlan } from '../../graph/plan.ts';
import { MODELS } from '../../graph/zoo/index.ts';
import { stepGraph } from '../../scenarios/model-summary.ts';
import { compilePlan } from '../../sim/compile.ts';
import { simulate } from '../../sim/engine.ts';
import { canTimePlacements, PlacementTimer } from '../../sim/placement-timer.ts';

const cluster = buildCluster({
  jobs: [
    {
      name: 'worker',
      tasks: 2,
      cpu: findDevice('xeon-e5-2699v3'),
      nic: findLink('eth-10g'),
      accelerators: { model: findDevice('k40'), count: 2, bus: findLink('pcie3-x16') },
    },
  ],
});
const names = cluster.devices.map(({ name }) => name);
const devices = names.length;

/** Runs of consecutive nodes on one device, of about `length` nodes each. */
function randomPlacement(graph: Graph, random: RandomStream, length: number): Int32Array {
  let device = 0;
  return Int32Array.from({ length: graph.nodeCount }, () => {
    if (random.uniform() < 1 / length) device = random.below(devices);
    return device;
  });
}

const GRAPHS = {
  'mnist-cnn': stepGraph(MODELS['mnist-cnn'], 16, 'float32'),
  'inception-v3': stepGraph(MODELS['inception-v3'], 2, 'float32'),
};

describe('times and peaks are those of the simulator, to the bit', () => {
  const runtimes = {
    plain: {},
    'store and forward': { network: 'store-and-forward' },
    dispatch: { dispatchSeconds: Float64Array.from(names, (name) => (name.includes('GPU') ? 2e-5 : 0)) },
    'copy engines': {
      copyEngines: Int32Array.from(names, (name, d) => (name.includes('GPU') ? 1 + (d % 2) : 0)),
    },
    all: {
      dispatchSeconds: Float64Array.from(names, (name) => (name.includes('GPU') ? 5e-6 : 0)),
      copyEngines: Int32Array.from(names, (name) => (name.includes('GPU') ? 2 : 0)),
    },
  } as const;
  for (const [graphName, graph] of Object.entries(GRAPHS)) {
    for (const [runtimeName, options] of Object.entries(runtimes)) {
      it(`${graphName}, ${runtimeName}`, () => {
        expect(canTimePlacements(graph)).toBe(true);
        const timer = new PlacementTimer(graph, cluster, kernelSeconds, options);
        const random = stream(1, graphName, runtimeName);
        for (let trial = 0; trial < (graphName === 'mnist-cnn' ? 40 : 4); trial++) {
          const placement = randomPlacement(graph, random, 1 + 3 * trial);
          const plan = singleLoopPlan(partition(graph, names, placement));
          const compiled = compilePlan(plan, cluster, kernelSeconds);
          const expected = simulate(compiled, cluster, { ...options, memory: true });
          expect(timer.seconds(placement)).toBe(expected.seconds);
          expect([...timer.peakBytes]).toEqual([...expected.memory!.peakBytes]);
          expect([...timer.linkBusySeconds]).toEqual([...expected.linkBusySeconds]);
          expect(timer.transferBytes).toBeCloseTo(expected.transferBytes, 3);
        }
      });
    }
  }
});

it('takes factors of op times, which change no order by themselves', () => {
  const graph = GRAPHS['mnist-cnn'];
  const timer = new PlacementTimer(graph, cluster, kernelSeconds, {});
  const single = new Int32Array(graph.nodeCount).fill(1);
  const alone = timer.seconds(single);
  const twice = timer.seconds(single, new Float64Array(graph.nodeCount).fill(2));
  expect(twice).toBeCloseTo(2 * alone, 12);
  expect(timer.seconds(single)).toBe(alone);
});
