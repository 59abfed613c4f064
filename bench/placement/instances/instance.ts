import type { PlacementProblem } from '../../../placement/problem.ts';
import { type PlainTask, taskProblem } from '../../../placement/task-problem.ts';

/** A schedule: device and start (in the instance's unit of time) per task. */
export interface Schedule {
  readonly placement: Int32Array;
  readonly start: Float64Array;
  /** When its last task is done. */
  readonly seconds: number;
}

/** A published scheduling instance. Its unit of time, whatever it is, counts as a second. */
export interface Instance {
  readonly name: string;
  /** Tasks in topological order; a byte crosses in a second, so that an edge's bytes are its published cost. */
  readonly problem: PlacementProblem;
  /** Position in `problem` of each task as the file numbers them. */
  readonly position: Int32Array;
  /** Least schedule length, where it is published. */
  readonly optimum?: number;
  /** The published schedule of that length. */
  readonly schedule?: Schedule;
}

export interface GivenEdge {
  readonly from: number;
  readonly to: number;
  /** Seconds between different devices. */
  readonly cost: number;
}

/**
 * The instance of tasks in any order. Each edge is a tensor of its own: the published models send per edge, even where
 * two edges carry the same.
 */
export function instanceOf(
  name: string,
  seconds: readonly PlainTask['seconds'][],
  edges: readonly GivenEdge[],
  devices: number,
): Instance {
  const order = topologicalOrder(seconds.length, edges);
  const position = new Int32Array(seconds.length);
  for (const [at, task] of order.entries()) position[task] = at;
  const inputs: { from: number; bytes: number }[][] = order.map(() => []);
  for (const { from, to, cost } of edges) inputs[position[to]!]!.push({ from: position[from]!, bytes: cost });
  const tasks = order.map((task, at) => ({
    name: `${task}`,
    seconds: seconds[task]!,
    inputs: inputs[at]!,
  }));
  return { name, problem: taskProblem(tasks, { devices }), position };
}

/** First ready, first taken; of those that are ready at once, the lowest. @throws Error where edges form a circle. */
function topologicalOrder(count: number, edges: readonly GivenEdge[]): number[] {
  const pending = new Int32Array(count);
  const successors: number[][] = Array.from({ length: count }, () => []);
  for (const { from, to } of edges) {
    if (!(from >= 0 && from < count && to >= 0 && to < count))
      throw new Error(`an edge from ${from} to ${to}: there are ${count} tasks`);
    pending[to]!++;
    successors[from]!.push(to);
  }
  const order: number[] = [];
  for (let task = 0; task < count; task++) if (pending[task] === 0) order.push(task);
  // Grows while it is walked.
  for (const task of order) {
    for (const next of successors[task]!.sort((a, b) => a - b)) if (--pending[next]! === 0) order.push(next);
  }
  if (order.length < count) throw new Error('the edges form a circle');
  return order;
}
