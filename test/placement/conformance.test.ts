import { describe, expect, it } from 'vitest';
import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { graphWork } from '../../graph/cost.ts';
import type { Graph } from '../../graph/graph.ts';
import { relu } from '../../graph/ops/elementwise.ts';
import { softmaxCrossEntropyLoss } from '../../graph/ops/loss.ts';
import { matmul } from '../../graph/ops/matmul.ts';
import { applyGradientDescent, placeholder, variable } from '../../graph/ops/state.ts';
import { lowerBounds } from '../../placement/bounds.ts';
import { PLACERS } from '../../placement/index.ts';
import type { Placer } from '../../placement/placer.ts';
import { policySession } from '../../scenarios/policy-session.ts';
import { inceptionLike } from './inception-like.ts';
import { listSchedule, type Machine } from './list-schedule.ts';
import { clusterOf, contextOn, problemOn, rooflineMachine, task, taskMachine } from './tasks.ts';

function authored(author: (g: GraphBuilder) => void): Graph {
  const g = new GraphBuilder();
  author(g);
  return g.finish();
}

/** A training step of a small classifier; its input must be read on a CPU. */
function perceptron(): Graph {
  return authored((g) => {
    const x = g.add(placeholder, [], { dtype: 'float32', shape: [64, 100] }, { device: '/device:CPU:*' });
    const labels = g.add(placeholder, [], { dtype: 'int64', shape: [64] }, { device: '/device:CPU:*' });
    const weights = [
      [100, 300],
      [300, 10],
    ].map((shape, i) =>
      g.scope(`layer${i}`, () =>
        g.add(
          variable,
          [],
          { dtype: 'float32', shape, trainable: true, initializer: 'glorot' },
          { name: 'w' },
        ),
      ),
    );
    const hidden = g.scope('layer0', () => g.add(relu, [g.add(matmul, [x, weights[0]!], {})], {}));
    const logits = g.scope('layer1', () => g.add(matmul, [hidden, weights[1]!], {}));
    const d = gradients(g, g.add(softmaxCrossEntropyLoss, [logits, labels], {}), weights);
    for (const [i, w] of weights.entries()) {
      g.node(applyGradientDescent, [w, d[i]!], { learningRate: 0.1 }, { name: `layer${i}/update` });
    }
  });
}

const GRAPHS: { readonly [name: string]: Graph } = {
  empty: authored(() => {}),
  'one node': authored((g) => g.add(task, [], { seconds: [2, 1] })),
  chain: authored((g) => {
    let x = g.add(task, [], { seconds: [2, 1] });
    for (let i = 0; i < 9; i++) x = g.add(task, [x], { seconds: [3, 1 + (i % 3)] });
  }),
  'colocated diamonds': authored((g) => {
    let x = g.add(task, [], { seconds: [2, 1], size: 4 });
    for (let i = 0; i < 4; i++) {
      const left = g.node(task, [x], { seconds: [4, 2] }, { device: i === 2 ? '/device:CPU:0' : '' });
      const right = g.node(task, [x], { seconds: [1, 3], size: 2 });
      const both = [left.outputs[0]!, right.outputs[0]!];
      x = g.add(task, both, { seconds: [2] }, { colocateWith: i % 2 ? left : right, control: [left] });
    }
  }),
  'independent nodes, one without a GPU kernel': authored((g) => {
    for (let i = 0; i < 12; i++) g.add(task, [], { seconds: [2 + (i % 5), 1 + (i % 3)] });
    g.add(task, [], { seconds: [1, Number.POSITIVE_INFINITY] });
  }),
  perceptron: perceptron(),
  'two cells of Inception': inceptionLike(8, 2),
};

const CLUSTERS = {
  'one CPU': clusterOf('CPU:0'),
  'CPU and GPU': clusterOf('CPU:0', 'GPU:0'),
  'CPU and four GPUs': clusterOf('CPU:0', 'GPU:0', 'GPU:1', 'GPU:2', 'GPU:3'),
  'two hosts': clusterOf('0/CPU:0', '0/GPU:0', '1/CPU:0', '1/GPU:0'),
};

/** Evaluations of a search: fewer than by default, which is for large graphs. */
const EVALUATIONS: { readonly [placer: string]: number } = { reinforce: 200, seq2seq: 8, hierarchical: 8 };
const FEW = 32;

for (const [placerName, placer] of Object.entries<Placer>(PLACERS)) {
  describe(placerName, () => {
    for (const [graphName, graph] of Object.entries(GRAPHS)) {
      for (const [clusterName, cluster] of Object.entries(CLUSTERS)) {
        it(`places "${graphName}" on "${clusterName}"`, () => {
          const isTasks = graph.op.every((op) => (op as string) === 'Task');
          const real: Machine = rooflineMachine(cluster, isTasks ? [] : graphWork(graph));
          const machine = isTasks ? taskMachine(graph) : real;
          const ask = () => ({
            ...contextOn(graph, machine, 7),
            session: policySession,
            evaluations: EVALUATIONS[placerName] ?? FEW,
          });
          const context = ask();
          const problem = problemOn(graph, cluster, machine);
          const result = placer.place(problem, context);
          const { placement } = result;

          expect(placement).toHaveLength(graph.nodeCount);
          expect(result.evaluations).toBe(context.calls());
          for (const [g, devices] of problem.feasible.entries()) {
            const members = problem.member.subarray(problem.memberStart[g]!, problem.memberStart[g + 1]!);
            expect(devices).toContain(placement[members[0]!]);
            for (const task of members) expect(placement[task]).toBe(placement[members[0]!]);
          }

          const seconds = listSchedule(graph, placement, machine);
          expect(seconds).toBeGreaterThanOrEqual(lowerBounds(problem).seconds * (1 - 1e-9));
          const last = result.history?.at(-1);
          if (last !== undefined) expect(last[1]).toBe(seconds);

          expect(placer.place(problem, ask())).toEqual(result);
        });
      }
    }
  });
}
