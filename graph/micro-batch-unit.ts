import type { Graph } from './graph.ts';
import { stageOf } from './turns.ts';

/** Where a node of a unit belongs that is part of no task. */
export const BEFORE = -1;
export const AFTER = -2;

/** One micro-batch of a training step whose layers are cut into stages, and what is done once for all of them. */
export interface MicroBatchUnit {
  readonly graph: Graph;
  /**
   * Per node: its task (`taskOf`), run once per micro-batch; or BEFORE (variables, constants, whole batches) or AFTER
   * (exchanges and updates), run once. Nodes before read none of tasks, and tasks none of nodes after.
   */
  readonly task: Int32Array;
  /** Gradients: tensors of tasks whose sums over the micro-batches are what nodes after read in their place. */
  readonly summed: ReadonlySet<number>;
  /**
   * Nodes by which the micro-batch comes in, from hosts: feeds of its own, and Slices that take micro-batch 0 out of a whole
   * batch; those of micro-batch k begin k times their extent later.
   */
  readonly inputs: ReadonlySet<number>;
}

/** What is to be known of a task to run it again and again. */
export interface UnitTask {
  readonly nodes: number[];
  /** Nodes that nothing of the task reads, but for those that make gradients. */
  readonly last: number[];
  readonly summed: number[];
  /** Tensors that other stages read. */
  readonly leaving: number[];
}

export interface UnitTasks {
  /** By number; tasks without nodes may be missing. */
  readonly tasks: readonly (UnitTask | undefined)[];
  /** Per node: 1 where it reads nothing of its own task but inputs. */
  readonly isFirst: Uint8Array;
}

export function tasksOf({ graph, task, summed, inputs }: MicroBatchUnit): UnitTasks {
  const tasks: (UnitTask | undefined)[] = [];
  const isFirst = new Uint8Array(graph.nodeCount);
  const isRead = new Uint8Array(graph.nodeCount);
  const makesSum = new Uint8Array(graph.nodeCount);
  const leaving = new Set<number>();
  for (const tensor of summed) makesSum[graph.producer[tensor]!] = 1;
  for (let node = 0; node < graph.nodeCount; node++) {
    const own = task[node]!;
    if (own < 0) continue;
    let readsOwn = false;
    const reads = (before: number): void => {
      if (task[before] !== own) return;
      isRead[before] = 1;
      if (!inputs.has(before)) readsOwn = true;
    };
    for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++) {
      const tensor = graph.input[e]!;
      const from = task[graph.producer[tensor]!]!;
      reads(graph.producer[tensor]!);
      if (from >= 0 && stageOf(from) !== stageOf(own)) leaving.add(tensor);
    }
    for (let e = graph.controlStart[node]!; e < graph.controlStart[node + 1]!; e++) reads(graph.control[e]!);
    tasks[own] ??= { nodes: [], last: [], summed: [], leaving: [] };
    tasks[own].nodes.push(node);
    if (!readsOwn) isFirst[node] = 1;
  }
  for (const { nodes, last } of tasks.filter((own) => own !== undefined)) {
    for (const node of nodes) if (isRead[node] === 0 && makesSum[node] === 0) last.push(node);
  }
  for (const tensor of leaving) tasks[task[graph.producer[tensor]!]!]!.leaving.push(tensor);
  for (const tensor of summed) tasks[task[graph.producer[tensor]!]!]!.summed.push(tensor);
  return { tasks, isFirst };
}
