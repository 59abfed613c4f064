import { GraphBuilder } from '../../graph/builder.ts';
import type { Graph } from '../../graph/graph.ts';
import type { PlacementProblem } from '../../placement/problem.ts';
import { type PlainMachine, type PlainTask, taskProblem } from '../../placement/task-problem.ts';
import { task } from './tasks.ts';

function authored(author: (g: GraphBuilder) => void): Graph {
  const g = new GraphBuilder();
  author(g);
  return g.finish();
}

/** Graphs that policies of the papers must solve, on two devices. */
export const SMALL_GRAPHS: { readonly [name: string]: Graph } = {
  'side by side': authored((g) => {
    g.add(task, [], { seconds: [3, 5] });
    g.add(task, [], { seconds: [2, 3] });
    g.add(task, [], { seconds: [2.5, 1] });
  }),
  'a fork that is worth a transfer': authored((g) => {
    const a = g.add(task, [], { seconds: [1, 3] });
    g.add(task, [a], { seconds: [5, 6] });
    g.add(task, [a], { seconds: [5, 4] });
  }),
  'a chain that is not': authored((g) => {
    const a = g.add(task, [], { seconds: [1, 2] });
    const b = g.add(task, [a], { seconds: [3, 1.5] });
    g.add(task, [b], { seconds: [1, 3] });
  }),
};

/** The least of a score over all placements of `tasks` tasks on two devices. */
export function bruteForce(tasks: number, score: (placement: Int32Array) => number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let code = 0; code < 2 ** tasks; code++) {
    least = Math.min(least, score(Int32Array.from({ length: tasks }, (_, i) => (code >> i) & 1)));
  }
  return least;
}

/**
 * `layers` × `steps` tasks like an unrolled recurrent net, where each reads from the one below and the one before; crossing
 * costs as much as a task. All on one device takes layers · steps seconds.
 */
export function grid(layers: number, steps: number, machine: Partial<PlainMachine> = {}): PlacementProblem {
  const tasks: PlainTask[] = [];
  for (let t = 0; t < steps; t++) {
    for (let layer = 0; layer < layers; layer++) {
      const at = tasks.length;
      const inputs = [
        ...(layer > 0 ? [{ from: at - 1, bytes: 1 }] : []),
        ...(t > 0 ? [{ from: at - layers, bytes: 1 }] : []),
      ];
      tasks.push({ seconds: 1, inputs, residentBytes: 1, op: `Layer${layer}` });
    }
  }
  return taskProblem(tasks, { devices: 2, ...machine });
}
