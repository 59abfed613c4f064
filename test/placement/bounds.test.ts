import { expect, it } from 'vitest';
import { GraphBuilder } from '../../graph/builder.ts';
import { lowerBounds } from '../../placement/bounds.ts';
import { clusterOf, problemOn, task, taskMachine } from './tasks.ts';

function boundsOf(devices: readonly string[], author: (g: GraphBuilder) => void) {
  const g = new GraphBuilder();
  author(g);
  const graph = g.finish();
  return lowerBounds(problemOn(graph, clusterOf(...devices), taskMachine(graph)));
}

it('follows the longest path of least times', () => {
  // 1 + 2 + 1: each node on its faster device, though they differ.
  const { criticalPath } = boundsOf(['GPU:0', 'GPU:1'], (g) => {
    const a = g.node(task, [], { seconds: [1, 5] });
    const b = g.node(task, [], { seconds: [3, 2] }, { control: [a] });
    g.add(task, b.outputs, { seconds: [9, 1] });
  });
  expect(criticalPath).toBe(4);
});

it('divides work among equal devices', () => {
  const bounds = boundsOf(['GPU:0', 'GPU:1', 'GPU:2'], (g) => {
    for (let i = 0; i < 4; i++) g.add(task, [], { seconds: [3] });
  });
  expect(bounds).toEqual({ criticalPath: 3, area: 4, group: 3, seconds: 4 });
});

it('divides work between unequal devices as the linear program does', () => {
  // CPU/GPU ratios 2, 4, 8: the CPU takes the task of ratio 2 first. With x of it on the CPU (8 s there, 4 s on the
  // GPU) the loads are 8x and 4(1 − x) + 2 + 1: equal at x = 7/12, T = 14/3.
  const { area } = boundsOf(['CPU:0', 'GPU:0'], (g) => {
    for (const seconds of [
      [8, 4],
      [8, 2],
      [8, 1],
    ]) {
      g.add(task, [], { seconds });
    }
  });
  expect(area).toBeCloseTo(14 / 3, 9);
});

it('does not give work to a device that may not take it', () => {
  // Two tasks of 3 s for one GPU of two, two of 1 s for either: 6 on the first.
  const { area } = boundsOf(['GPU:0', 'GPU:1'], (g) => {
    for (let i = 0; i < 2; i++) g.add(task, [], { seconds: [3] }, { device: '/device:GPU:0' });
    for (let i = 0; i < 2; i++) g.add(task, [], { seconds: [1] });
  });
  expect(area).toBeCloseTo(6, 9);
});

it('is valid for three kinds of device', () => {
  // One task per kind that only that kind does fast: nothing beats 1 s, and 1 s can be reached.
  const { area } = boundsOf(['CPU:0', 'GPU:0', 'GPU:1'], (g) => {
    for (const seconds of [
      [1, 50, 60],
      [50, 1, 60],
      [50, 60, 1],
    ]) {
      g.add(task, [], { seconds });
    }
  });
  expect(area).toBeLessThanOrEqual(1 + 1e-12);
  expect(area).toBeGreaterThan(0.95);
});

it('adds up a colocation group on its best device', () => {
  const { group } = boundsOf(['GPU:0', 'GPU:1'], (g) => {
    const a = g.node(task, [], { seconds: [3, 1] });
    g.node(task, [], { seconds: [1, 4] }, { colocateWith: a });
  });
  expect(group).toBe(4);
});
