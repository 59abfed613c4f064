import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../graph/builder.ts';
import { applyMomentum } from '../../graph/ops/optimizers.ts';
import { applyGradientDescent, assign, variable } from '../../graph/ops/state.ts';
import { resolveConstraints } from '../../placement/constraints.ts';
import { clusterOf, task, taskSeconds } from './tasks.ts';

const cluster = clusterOf('CPU:0', 'GPU:0', 'GPU:1');
const weights = { dtype: 'float32', shape: [1], trainable: true, initializer: 'zeros' } as const;
const anywhere = { seconds: [1] };
const none = Number.POSITIVE_INFINITY;

function resolve(author: (g: GraphBuilder) => void) {
  const g = new GraphBuilder();
  author(g);
  const graph = g.finish();
  return resolveConstraints(graph, cluster, { seconds: taskSeconds(graph) });
}

describe('feasible devices', () => {
  it('are those that match the specification and have a kernel', () => {
    const { feasible } = resolve((g) => {
      g.add(task, [], anywhere);
      g.add(task, [], anywhere, { device: '/device:GPU:*' });
      g.add(task, [], { seconds: [1, none, 1] });
      g.add(task, [], { seconds: [none, none, 1] }, { device: '/job:worker' });
    });
    expect(feasible).toEqual([[0, 1, 2], [1, 2], [0, 2], [2]]);
  });

  it('of a colocation group are those of every member', () => {
    const { feasible, group, groups } = resolve((g) => {
      const a = g.node(task, [], anywhere, { device: '/device:GPU:*' });
      g.node(task, [], anywhere);
      g.node(task, [], { seconds: [1, none, 1] }, { colocateWith: a });
    });
    expect(feasible).toEqual([[2], [0, 1, 2], [2]]);
    expect([...group]).toEqual([0, 1, 0]);
    expect(groups).toEqual([0, 1]);
  });

  it('of a change to a variable are those of the variable, through further changes', () => {
    const { group } = resolve((g) => {
      const w = g.add(variable, [], weights);
      const value = g.add(task, [], anywhere);
      const assigned = g.add(assign, [w, value], {});
      g.add(applyGradientDescent, [assigned, value], { learningRate: 1 });
    });
    expect([...group]).toEqual([0, 1, 0, 0]);
  });

  it('of a change to several variables are those of all of them', () => {
    const { group } = resolve((g) => {
      const w = g.add(variable, [], weights);
      const velocity = g.add(variable, [], { ...weights, trainable: false });
      const gradient = g.add(task, [], anywhere);
      const other = g.add(variable, [], weights);
      g.add(applyMomentum, [w, velocity, gradient], { learningRate: 1, momentum: 0.9 });
      g.add(assign, [other, gradient], {});
    });
    expect([...group]).toEqual([0, 0, 2, 3, 0, 3]);
  });
});

describe('what cannot be placed', () => {
  it('names two nodes that contradict each other', () => {
    expect(() =>
      resolve((g) => {
        const w = g.add(variable, [], weights, { name: 'w', device: '/device:GPU:*' });
        const dw = g.add(task, [], anywhere, { name: 'dw' });
        const options = { name: 'w/update', device: '/device:CPU:0' };
        g.add(applyGradientDescent, [w, dw], { learningRate: 1 }, options);
      }),
    ).toThrow('"w" asks for /device:GPU:* but "w/update" for /device:CPU:0, and they are colocated');
  });

  it('says where a colocated node has kernels', () => {
    expect(() =>
      resolve((g) => {
        const a = g.node(task, [], anywhere, { name: 'a', device: '/device:CPU:0' });
        g.node(task, [], { seconds: [none, 1, 1] }, { name: 'b', colocateWith: a });
      }),
    ).toThrow(
      '"a" asks for /device:CPU:0 but "b" has kernels only on /job:worker/task:0/device:GPU:0, ' +
        '/job:worker/task:0/device:GPU:1, and they are colocated',
    );
  });

  it('names all where no two alone contradict each other', () => {
    expect(() =>
      resolve((g) => {
        const a = g.node(task, [], { seconds: [1, 1, none] }, { name: 'a' });
        g.node(task, [], { seconds: [1, none, 1] }, { name: 'b', colocateWith: a });
        g.node(task, [], { seconds: [none, 1, 1] }, { name: 'c', colocateWith: a });
      }),
    ).toThrow(
      /^"a" has kernels only on .*; "b" has .*; "c" has .*; they are colocated, and no device suits all$/,
    );
  });

  it('names a node that no device matches', () => {
    expect(() => resolve((g) => g.add(task, [], anywhere, { name: 'a', device: '/job:ps' }))).toThrow(
      '"a" asks for /job:ps, and no device of the cluster matches; there are /job:worker/task:0/device:CPU:0,',
    );
  });

  it('names a node without a kernel', () => {
    expect(() =>
      resolve((g) => g.add(task, [], { seconds: [1, none] }, { name: 'a', device: '/device:GPU:*' })),
    ).toThrow('"a" asks for /device:GPU:*, where there is no kernel for Task; it has kernels only on');
    expect(() => resolve((g) => g.add(task, [], { seconds: [none] }, { name: 'a' }))).toThrow(
      '"a": no device of the cluster has a kernel for Task',
    );
  });

  it('names the node with a malformed specification', () => {
    expect(() => resolve((g) => g.add(task, [], anywhere, { name: 'a', device: 'gpu' }))).toThrow(
      /^"a": device/,
    );
  });
});

describe('soft placement', () => {
  const soft = (author: (g: GraphBuilder) => void) => {
    const g = new GraphBuilder();
    author(g);
    const graph = g.finish();
    return resolveConstraints(graph, cluster, { seconds: taskSeconds(graph) }, { soft: true });
  };

  it('ignores specifications that leave a group no device, and says whose', () => {
    const { feasible, relaxed } = soft((g) => {
      g.add(task, [], { seconds: [1, none, none] }, { device: '/device:GPU:0' });
      const a = g.node(task, [], anywhere, { device: '/device:CPU:0' });
      g.node(task, [], anywhere, { device: '/device:GPU:1', colocateWith: a });
      g.add(task, [], anywhere, { device: '/job:worker/task:7' });
      g.add(task, [], anywhere, { device: '/device:GPU:1' });
    });
    expect(feasible).toEqual([[0], [0, 1, 2], [0, 1, 2], [0, 1, 2], [2]]);
    expect(relaxed).toEqual([0, 1, 2, 3]);
  });

  it('cannot make up for kernels that are missing', () => {
    expect(() =>
      soft((g) => {
        const a = g.node(task, [], { seconds: [1, none, none] });
        g.node(task, [], { seconds: [none, 1, 1] }, { colocateWith: a });
      }),
    ).toThrow('"Task" has kernels only on /job:worker/task:0/device:CPU:0 but "Task_1" has kernels only on');
  });
});
