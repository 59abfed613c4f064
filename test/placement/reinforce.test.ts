import { describe, expect, it } from 'vitest';
import { stream } from '../../base/random.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { graphWork } from '../../graph/cost.ts';
import type { Graph } from '../../graph/graph.ts';
import { greedy } from '../../placement/greedy.ts';
import { learnPlacement, REINFORCE_DEFAULTS, reinforce } from '../../placement/reinforce.ts';
import { singleDevice } from '../../placement/single-device.ts';
import { inceptionLike } from './inception-like.ts';
import { listSchedule } from './list-schedule.ts';
import { SMALL_GRAPHS } from './policy-problems.ts';
import { clusterOf, contextOn, problemOn, rooflineMachine, task, taskMachine } from './tasks.ts';

function authored(author: (g: GraphBuilder) => void): Graph {
  const g = new GraphBuilder();
  author(g);
  return g.finish();
}

describe('with 3 groups and 2 devices', () => {
  const twoGpus = clusterOf('GPU:0', 'GPU:1');
  for (const [name, graph] of Object.entries(SMALL_GRAPHS)) {
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      it(`is sure of the optimum of "${name}" (seed ${seed})`, () => {
        const machine = taskMachine(graph);
        const groups = problemOn(graph, twoGpus, machine).opGroups(90);
        expect([...groups.groupOf]).toEqual([0, 1, 2]);
        const evaluate = (choice: Int32Array): number => listSchedule(graph, choice, machine);
        const all = Array.from({ length: 8 }, (_, i) => Int32Array.of(i & 1, (i >> 1) & 1, i >> 2));
        const optimum = all.reduce((a, b) => (evaluate(b) < evaluate(a) ? b : a));

        // One round: what is tested is the learning, not the search around what it found.
        const options = { ...REINFORCE_DEFAULTS, updates: 199, patience: 200 };
        const single = [0, 1].map((d) => evaluate(Int32Array.of(d, d, d)));
        const learned = learnPlacement(groups, single, evaluate, stream(seed), options);
        expect([...learned.best]).toEqual([...optimum]);
        expect(learned.policy.probability(optimum)).toBeGreaterThan(0.99);
        const total = all.reduce((sum, choice) => sum + learned.policy.probability(choice), 0);
        expect(total).toBeCloseTo(1, 9);
      });
    }
  }
});

describe('on a network like Inception-v3, one CPU and four GPUs', () => {
  const graph = inceptionLike();
  const cluster = clusterOf('CPU:0', 'GPU:0', 'GPU:1', 'GPU:2', 'GPU:3');
  const machine = rooflineMachine(cluster, graphWork(graph));
  const problem = problemOn(graph, cluster, machine);

  it('beats greedy and the best single device within 3,000 evaluations', () => {
    const seconds = [singleDevice(), greedy, reinforce({ evaluations: 3000 })].map((placer) =>
      listSchedule(graph, placer.place(problem, contextOn(graph, machine)).placement, machine),
    );
    expect(seconds[2]).toBeLessThan(Math.min(seconds[0]!, seconds[1]!));
  }, 60_000);

  it('groups by layer', () => {
    const { groups, groupOf } = problem.opGroups(90);
    expect(groups.length).toBeGreaterThanOrEqual(80);
    expect(groups.length).toBeLessThanOrEqual(100);
    const members = (name: string): string[] =>
      graph.name.filter((_, node) => groupOf[node]! >= 0 && groups[groupOf[node]!]!.name === name);
    const branch = 'Mixed_6b/Branch_0';
    expect(members(branch).sort()).toEqual(graph.name.filter((name) => name.includes(`${branch}/`)).sort());
    const layer = 'Mixed_6a/Branch_0/Conv2d_0a_3x3';
    expect(members(`${layer}/(parameters)`).sort()).toEqual(
      [
        `${layer}/weights`,
        `${layer}/mean`,
        `${layer}/variance`,
        `${layer}/scale`,
        `${layer}/beta`,
        `gradients/${layer}/Conv/ConvFilterGrad`,
        `${layer}/update`,
        `${layer}/update_1`,
        `${layer}/update_2`,
      ].sort(),
    );
  });
});

it('counts a placement that does not run as slow, and survives where none runs', () => {
  const graph = authored((g) => {
    for (let i = 0; i < 4; i++) g.add(task, [], { seconds: [1] });
  });
  const cluster = clusterOf('GPU:0', 'GPU:1');
  const machine = taskMachine(graph);
  const problem = problemOn(graph, cluster, machine);
  const context = contextOn(graph, machine);
  const fits = (placement: Int32Array): boolean => placement.reduce((sum, d) => sum + d, 0) === 2;
  const evaluate = (placement: Int32Array): number => (fits(placement) ? 2 : Number.POSITIVE_INFINITY);
  const some = reinforce().place(problem, { ...context, evaluate });
  expect(fits(some.placement)).toBe(true);
  const none = reinforce().place(problem, { ...context, evaluate: () => Number.NaN });
  expect(none.placement).toHaveLength(4);
});
