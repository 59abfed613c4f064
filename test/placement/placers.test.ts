import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../graph/builder.ts';
import { roundRobin } from '../../placement/round-robin.ts';
import { singleDevice } from '../../placement/single-device.ts';
import { clusterOf, contextOn, problemOn, task, taskMachine } from './tasks.ts';

const cluster = clusterOf('CPU:0', 'GPU:0', 'GPU:1');

function graphOf(author: (g: GraphBuilder) => void) {
  const g = new GraphBuilder();
  author(g);
  const graph = g.finish();
  const machine = taskMachine(graph);
  return { problem: problemOn(graph, cluster, machine), context: contextOn(graph, machine) };
}

describe('round-robin', () => {
  it('takes groups in topological order, each choice of devices in turn', () => {
    const { problem, context } = graphOf((g) => {
      const any = { seconds: [1] };
      const first = g.node(task, [], any); // turn 0 of all devices
      g.node(task, [], any); // turn 1
      g.node(task, [], any, { colocateWith: first }); // with the first
      g.node(task, [], any, { device: '/device:CPU:0' }); // its own turn
      g.node(task, [], any); // turn 2
      g.node(task, [], any, { device: '/device:GPU:*' }); // turn 0 of the GPUs
      g.node(task, [], any); // turn 0 again
      g.node(task, [], any, { device: '/device:GPU:*' }); // turn 1 of the GPUs
    });
    expect([...roundRobin.place(problem, context).placement]).toEqual([0, 1, 0, 0, 2, 1, 0, 2]);
  });
});

describe('single-device', () => {
  const { problem, context } = graphOf((g) => {
    const a = g.add(task, [], { seconds: [3, 2, 1] });
    g.add(task, [a], { seconds: [3, 2, 1] }, { device: '/device:CPU:0' });
  });

  it('tries every device and tells the fastest', () => {
    // CPU: 3 + 3. GPU:0: 2 + 1 (transfer) + 3 = 6. GPU:1: 1 + 1 + 3 = 5.
    const result = singleDevice().place(problem, context);
    expect([...result.placement]).toEqual([2, 0]);
    expect(result.evaluations).toBe(3);
    expect(result.history).toEqual([
      [1, 6],
      [3, 5],
    ]);
    expect(result.note).toBe('on /job:worker/task:0/device:GPU:1, the fastest of 3');
  });

  it('takes a device by name, or the fastest of those that match', () => {
    const one = singleDevice('/job:worker/task:0/device:GPU:0').place(problem, context);
    expect([...one.placement]).toEqual([1, 0]);
    expect(one.evaluations).toBe(0);
    const gpu = singleDevice('/device:GPU:*').place(problem, context);
    expect([...gpu.placement]).toEqual([2, 0]);
    expect(() => singleDevice('/device:GPU:7').place(problem, context)).toThrow('unknown device');
  });
});
