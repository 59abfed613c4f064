import { describe, expect, it } from 'vitest';
import { stream } from '../../base/random.ts';
import { devicesOfItems, drawnGroups, groupMask } from '../../placement/hierarchical/grouping.ts';
import { itemsOf } from '../../placement/hierarchical/item-features.ts';
import { hierarchical } from '../../placement/hierarchical.ts';
import type { PlacerContext } from '../../placement/placer.ts';
import type { PlacementProblem } from '../../placement/problem.ts';
import { taskProblem } from '../../placement/task-problem.ts';
import { policySession } from '../../scenarios/policy-session.ts';
import { listSchedule } from './list-schedule.ts';
import { plainContext } from './plain-context.ts';
import { bruteForce, grid, SMALL_GRAPHS } from './policy-problems.ts';
import { clusterOf, contextOn, problemOn, taskMachine } from './tasks.ts';

const timedContext = (problem: PlacementProblem, seed?: number): PlacerContext => ({
  ...plainContext(problem, seed),
  session: policySession,
});
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

describe('hierarchical', () => {
  for (const [name, graph] of Object.entries(SMALL_GRAPHS)) {
    for (const seed of [1, 2]) {
      it(`finds the optimum of "${name}" (seed ${seed})`, () => {
        const machine = taskMachine(graph);
        const problem = problemOn(graph, clusterOf('GPU:0', 'GPU:1'), machine);
        const optimum = bruteForce(graph.nodeCount, (choice) => listSchedule(graph, choice, machine));
        const placer = hierarchical({ hidden: 16, grouperHidden: 16, evaluations: 100 });
        const context = { ...contextOn(graph, machine, seed), session: policySession };
        expect(listSchedule(graph, placer.place(problem, context).placement, machine)).toBe(optimum);
      });
    }
  }

  it('reaches a single device where crossing is dear, and most of its placements come near', () => {
    const problem = grid(2, 12, { secondsPerByte: 4 });
    const scores: number[] = [];
    const context = timedContext(problem);
    const evaluate = (placement: Int32Array): number => {
      scores.push(context.evaluate(placement));
      return scores.at(-1)!;
    };
    const placer = hierarchical({ hidden: 16, grouperHidden: 16, learningRate: 0.01, evaluations: 400 });
    const { placement, evaluations } = placer.place(problem, { ...context, evaluate });
    expect(evaluations).toBe(scores.length);
    expect(context.evaluate(placement)).toBeLessThanOrEqual(24);
    expect(mean(scores.slice(-40))).toBeLessThan(mean(scores.slice(0, 40)) / 1.5);
  });

  it('is the same with the same seed, and keeps to the evaluations that it may use', () => {
    const problem = grid(2, 4);
    const placer = hierarchical({ hidden: 8 });
    const place = (seed: number) =>
      placer.place(problem, { ...timedContext(problem, seed), evaluations: 30 });
    expect(place(5)).toEqual(place(5));
    expect(place(5).evaluations).toBe(30);
  });

  it('places a single task', () => {
    const problem = taskProblem([{ seconds: [3, 2] }], { devices: 2 });
    const { placement } = hierarchical({ hidden: 8, evaluations: 40 }).place(problem, timedContext(problem));
    expect([...placement]).toEqual([1]);
  });

  it('needs a session, but not where there is no choice', () => {
    const alone = taskProblem([{ seconds: 1 }], { devices: 1 });
    const { session: _, ...context } = timedContext(alone);
    expect([...hierarchical().place(alone, context).placement]).toEqual([0]);
    expect(() => hierarchical().place(grid(1, 2), context)).toThrow('needs context.session');
  });
});

describe('a grouping', () => {
  const inf = Number.POSITIVE_INFINITY;
  const problem = taskProblem(
    [
      { seconds: [1, 1, inf] },
      { seconds: [1, 2, 3] },
      { seconds: [inf, inf, 1] },
      { seconds: [inf, 3, 2] },
      { seconds: [inf, 1, inf], colocateWith: 3 },
      { seconds: [4, inf, 3] },
    ],
    { devices: 3 },
  );
  const items = itemsOf(problem);

  it('is of colocation groups that have a choice', () => {
    expect(items.count).toBe(3);
    expect([...items.itemOf]).toEqual([0, 1, -1, -1, -1, 2]);
    expect(items.feasible).toEqual([
      [0, 1],
      [0, 1, 2],
      [0, 2],
    ]);
  });

  it('is drawn by its probabilities', () => {
    const sure = Float32Array.of(0, 1, 0, 0, 0, 1, 1, 0, 0);
    expect([...drawnGroups(sure, 3, stream(1))]).toEqual([1, 2, 0]);
    const drawn = drawnGroups(new Float32Array(3000).fill(1 / 3), 3, stream(2));
    for (const g of [0, 1, 2])
      expect(drawn.filter((other) => other === g).length / 1000).toBeCloseTo(1 / 3, 1);
  });

  it('leaves each group the devices that all of its items have, or any has; without items one', () => {
    const allowed = (grouping: readonly number[]): boolean[][] => {
      const mask = groupMask(Int32Array.from(grouping), items, 2, 3);
      return [0, 1].map((g) => [...mask.subarray(g * 3, g * 3 + 3)].map((value) => value === 0));
    };
    expect(allowed([0, 0, 1])).toEqual([
      [true, true, false],
      [true, false, true],
    ]);
    expect(allowed([0, 0, 0])).toEqual([
      [true, false, false],
      [true, false, false],
    ]);
  });

  it('sends an item elsewhere that may not go with its group', () => {
    const work = Float64Array.of(2, 1, inf, 1, 2, 3, 4, inf, 3);
    expect([...devicesOfItems(Int32Array.of(0, 0, 1), [2, 1], items, work, 3)]).toEqual([1, 2, 2]);
  });
});
