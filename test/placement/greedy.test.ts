import { expect, it } from 'vitest';
import { GraphBuilder } from '../../graph/builder.ts';
import { applyGradientDescent, variable } from '../../graph/ops/state.ts';
import { greedy } from '../../placement/greedy.ts';
import { listSchedule } from './list-schedule.ts';
import { clusterOf, contextOn, problemOn, task, taskMachine } from './tasks.ts';

const cluster = clusterOf('GPU:0', 'GPU:1');

/** Placement and the oracle's step time. A float crosses in 1 s; control signals in 0.5 s. */
function place(author: (g: GraphBuilder) => void): [number[], number] {
  const g = new GraphBuilder();
  author(g);
  const graph = g.finish();
  const machine = taskMachine(graph);
  const { placement } = greedy.place(problemOn(graph, cluster, machine), contextOn(graph, machine));
  return [[...placement], listSchedule(graph, placement, machine)];
}

it('takes ready nodes by ready time and puts each where it finishes soonest', () => {
  // a, b ready at 0, a first (lower id).  a: 4 on 0, 5 on 1                        → 0, done 4
  // b: 4 + 1 = 5 on 0, 1.5 on 1                                                    → 1, done 1.5
  // c(b) ready at 1.5: max(4, 1.5 + 1) + 1 = 5 on 0, 1.5 + 6 = 7.5 on 1            → 0, done 5
  // d(a, b) ready at 4, before e (ready at 5) though its id is higher:
  //   max(free 5, 4, 1.5 + 1) + 1 = 6 on 0, max(1.5, 4 + 1, 1.5) + 0.5 = 5.5 on 1  → 1, done 5.5
  // e(c): 5 + 2 = 7 on 0, max(5.5, 5 + 1) + 1.5 = 7.5 on 1                         → 0, done 7
  const [placement, seconds] = place((g) => {
    const a = g.add(task, [], { seconds: [4, 5] });
    const b = g.add(task, [], { seconds: [1, 1.5] });
    const c = g.add(task, [b], { seconds: [1, 6] });
    g.add(task, [c], { seconds: [2, 1.5] });
    g.add(task, [a, b], { seconds: [1, 0.5] });
  });
  expect(placement).toEqual([0, 1, 0, 0, 1]);
  expect(seconds).toBe(7);
});

it('lets a chain hop to save half a second and pays one for the way back (a weakness of the algorithm)', () => {
  // a: 1 on 0, 2 on 1                                   → 0, done 1
  // b: 1 + 3 = 4 on 0, (1 + 1) + 1.5 = 3.5 on 1         → 1, done 3.5
  // c: (3.5 + 1) + 1 = 5.5 on 0, 3.5 + 3 = 6.5 on 1     → 0, done 5.5; all on 0 takes 1 + 3 + 1 = 5
  const [placement, seconds] = place((g) => {
    const a = g.add(task, [], { seconds: [1, 2] });
    const b = g.add(task, [a], { seconds: [3, 1.5] });
    g.add(task, [b], { seconds: [1, 3] });
  });
  expect(placement).toEqual([0, 1, 0]);
  expect(seconds).toBe(5.5);
});

it('binds a colocation group by its first-reached member (a weakness of the algorithm)', () => {
  // a: 1 on 0, 1.5 on 1 → 0, which binds b: 1 + 10 = 11. Both on 1 would take 1.5 + 2 = 3.5.
  const [placement, seconds] = place((g) => {
    const a = g.node(task, [], { seconds: [1, 1.5] });
    g.add(task, a.outputs, { seconds: [10, 2] }, { colocateWith: a });
  });
  expect(placement).toEqual([0, 0]);
  expect(seconds).toBe(11);
});

it('counts control signals', () => {
  // a: done 1 on 0. b after a: 1 + 2 = 3 on 0, (1 + 0.5) + 1.4 = 2.9 on 1.
  const [placement, seconds] = place((g) => {
    const a = g.node(task, [], { seconds: [1, 9] });
    g.node(task, [], { seconds: [2, 1.4] }, { control: [a] });
  });
  expect(placement).toEqual([0, 1]);
  expect(seconds).toBeCloseTo(2.9, 12);
});

it("breaks ties by the group's work: a variable goes where its update is fast", () => {
  const [placement] = place((g) => {
    const attrs = { dtype: 'float32', shape: [1], trainable: true, initializer: 'zeros' } as const;
    const w = g.node(variable, [], attrs);
    const slow = g.node(task, w.outputs, { seconds: [3, 2] }, { colocateWith: w });
    g.add(applyGradientDescent, [w.outputs[0]!, slow.outputs[0]!], { learningRate: 1 });
  });
  expect(placement).toEqual([1, 1, 1]);
});
