// Hot file: a step of half a million nodes is one of these. Columns in, columns out.
import { invariant } from '../base/errors.ts';
import { countLike } from './cost.ts';
import type { Graph } from './graph.ts';
import { GraphColumns } from './graph-columns.ts';
import { IntColumn } from './int-column.ts';
import {
  AFTER,
  BEFORE,
  type MicroBatchUnit,
  tasksOf,
  type UnitTask,
  type UnitTasks,
} from './micro-batch-unit.ts';
import type { Attrs, Op } from './op.ts';
import { add } from './ops/elementwise.ts';
import { identity, type SliceAttrs } from './ops/shape.ts';
import { noOp } from './ops/state.ts';
import { type OrderedTurn, type Schedule, stageOf, taskOf, turnsInOrder } from './turns.ts';

export interface UnrolledGraph {
  readonly graph: Graph;
  /** Per node: the node of the unit that it copies, or on whose device it is and for whose sake. */
  readonly unitNode: Int32Array;
}

/**
 * All micro-batches of a step in one graph. Each runs copies of the unit's tasks, named `micro<k>/…` where there are several,
 * over the same variables. A device's turns come one after the other: what needs nothing of its own turn waits, by a control
 * edge, for a NoOp that waits for all of the turn before. Inputs are fetched one turn ahead. What other stages read leaves
 * when the turn is done, as frameworks send once a stage's forward or backward has returned. Gradients are added up in the
 * order of the turns.
 */
export function unrollMicroBatches(unit: MicroBatchUnit, schedule: Schedule): UnrolledGraph {
  return new Unroller(unit, turnsInOrder(schedule)).run();
}

class Unroller {
  private readonly unit: MicroBatchUnit;
  private readonly turns: readonly OrderedTurn[];
  private readonly micro: number;
  private readonly tasks: UnitTasks;
  private readonly columns = new GraphColumns();
  private readonly unitNode = new IntColumn();
  /** Per node: the node of the unit that it is a copy of, or −1. */
  private readonly copied = new IntColumn();
  /** Per micro-batch and node of the unit: the copy, or −1. What runs once is in the row of micro-batch 0. */
  private readonly copy: Int32Array;
  /** Per tensor of the unit: the sum so far, or −1. */
  private readonly sum: Int32Array;
  /** Per tensor of the unit that other stages read: per micro-batch, what they read. */
  private readonly left = new Map<number, Int32Array>();

  constructor(unit: MicroBatchUnit, turns: readonly OrderedTurn[]) {
    this.unit = unit;
    this.turns = turns;
    this.micro = 1 + Math.max(...turns.map(({ microBatch }) => microBatch));
    this.tasks = tasksOf(unit);
    this.copy = new Int32Array(this.micro * unit.graph.nodeCount).fill(-1);
    this.sum = new Int32Array(unit.graph.tensorCount).fill(-1);
  }

  run(): UnrolledGraph {
    this.addAll(BEFORE);
    // Per device: the NoOps behind its last turn and behind the one before that.
    const lastDone: (number | undefined)[] = [];
    const doneBefore: (number | undefined)[] = [];
    for (const turn of this.turns) {
      const task = this.tasks.tasks[taskOf(turn.stage, turn.backward)];
      if (task === undefined) continue;
      const done = this.addTurn(turn, task, lastDone[turn.device], doneBefore[turn.device]);
      doneBefore[turn.device] = lastDone[turn.device];
      lastDone[turn.device] = done;
    }
    this.addAll(AFTER);
    const graph = this.columns.finish();
    countLike(graph, this.unit.graph, this.copied.finish());
    return { graph, unitNode: this.unitNode.finish() };
  }

  /** Adds the nodes that run once, before or after all turns. */
  private addAll(when: number): void {
    const { graph, task, summed } = this.unit;
    for (let node = 0; node < graph.nodeCount; node++) {
      if (task[node] !== when) continue;
      for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++) {
        const tensor = graph.input[e]!;
        this.columns.input(summed.has(tensor) ? this.sum[tensor]! : this.tensor(tensor, 0));
      }
      for (let e = graph.controlStart[node]!; e < graph.controlStart[node + 1]!; e++) {
        this.columns.control(this.lastCopy(graph.control[e]!));
      }
      this.copy[node] = this.addCopy(node, graph.name[node]!, graph.attrs[node]!);
    }
  }

  /** Adds the copies of one turn, and returns the NoOp behind it. */
  private addTurn(
    turn: OrderedTurn,
    task: UnitTask,
    gate: number | undefined,
    earlierGate: number | undefined,
  ): number {
    const { graph, inputs } = this.unit;
    const { isFirst } = this.tasks;
    const { microBatch: k } = turn;
    const prefix = this.prefix(k);
    for (const node of task.nodes) {
      for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++) {
        this.columns.input(this.tensorSeenBy(node, graph.input[e]!, k));
      }
      for (let e = graph.controlStart[node]!; e < graph.controlStart[node + 1]!; e++) {
        this.columns.control(this.copyOf(graph.control[e]!, k));
      }
      const isInput = inputs.has(node);
      const awaited = isInput ? earlierGate : isFirst[node] === 1 ? gate : undefined;
      if (awaited !== undefined) this.columns.control(awaited);
      const own = graph.attrs[node]!;
      const attrs = isInput && graph.op[node] === 'Slice' ? movedBy(own as SliceAttrs, k) : own;
      this.copy[k * graph.nodeCount + node] = this.addCopy(node, prefix + graph.name[node]!, attrs);
    }
    const ends = task.summed.map((tensor) => this.addToSum(tensor, k));
    for (const node of task.last) ends.push(this.copyOf(node, k));
    for (const end of ends) this.columns.control(end);
    if (ends.length === 0 && gate !== undefined) this.columns.control(gate);
    // The last node is on the stage's device: what comes from its host is there to be read.
    const name = `${prefix}stage${turn.stage}/${turn.backward ? 'backward' : 'forward'}/done`;
    const done = this.addNew(task.nodes.at(-1)!, name, noOp as Op<never>);
    for (const tensor of task.leaving) this.addLeaving(tensor, k, done);
    return done;
  }

  /** Returns the node that has to be done before the sum holds micro-batch `k`. */
  private addToSum(tensor: number, k: number): number {
    const sum = this.sum[tensor]!;
    const own = this.tensor(tensor, k);
    if (sum === -1) {
      this.sum[tensor] = own;
      return this.copyOf(this.unit.graph.producer[tensor]!, k);
    }
    this.columns.input(sum);
    this.columns.input(own);
    const node = this.addLike(tensor, k, 'sum', add as Op<never>);
    this.sum[tensor] = this.columns.firstOutput(node);
    return node;
  }

  private addLeaving(tensor: number, k: number, done: number): void {
    const { left, micro } = this;
    this.columns.input(this.tensor(tensor, k));
    this.columns.control(done);
    const node = this.addLike(tensor, k, 'left', identity as Op<never>);
    if (!left.has(tensor)) left.set(tensor, new Int32Array(micro).fill(-1));
    left.get(tensor)![k] = this.columns.firstOutput(node);
  }

  /** A copy of a node. */
  private addCopy(node: number, name: string, attrs: Attrs): number {
    const { graph } = this.unit;
    this.unitNode.push(node);
    this.copied.push(node);
    const from = graph.outputStart[node]!;
    const to = graph.outputStart[node + 1]!;
    return this.columns.add(name, graph.row[node]!, attrs, graph.deviceHint[node]!, graph.spec, from, to);
  }

  /** A node of no outputs beside a node of the unit. */
  private addNew(beside: number, name: string, row: Op<never>): number {
    this.unitNode.push(beside);
    this.copied.push(-1);
    return this.columns.add(name, row, {}, this.unit.graph.deviceHint[beside]!, []);
  }

  /** A node of one output like a tensor of the unit, beside its producer. */
  private addLike(tensor: number, k: number, what: string, row: Op<never>): number {
    const { graph } = this.unit;
    const node = graph.producer[tensor]!;
    const output = tensor - graph.outputStart[node]!;
    const name = `${this.prefix(k)}${graph.name[node]}/${what}${output === 0 ? '' : output}`;
    this.unitNode.push(node);
    this.copied.push(-1);
    return this.columns.add(name, row, {}, graph.deviceHint[node]!, graph.spec, tensor, tensor + 1);
  }

  private copyOf(node: number, k: number): number {
    const { graph, task } = this.unit;
    const copy = this.copy[task[node]! < 0 ? node : k * graph.nodeCount + node]!;
    invariant(copy >= 0, `${graph.name[node]} of micro-batch ${k} is asked for before its turn`);
    return copy;
  }

  /** Of what runs once per micro-batch, the one whose turn was last. */
  private lastCopy(node: number): number {
    const { graph, task } = this.unit;
    if (task[node]! < 0) return this.copyOf(node, 0);
    let last = -1;
    for (let k = 0; k < this.micro; k++) last = Math.max(last, this.copy[k * graph.nodeCount + node]!);
    return last;
  }

  private tensor(tensor: number, k: number): number {
    const { graph } = this.unit;
    const node = graph.producer[tensor]!;
    return this.columns.firstOutput(this.copyOf(node, k)) + tensor - graph.outputStart[node]!;
  }

  /** What `reader` reads of micro-batch `k`: of another stage, what has left that. */
  private tensorSeenBy(reader: number, tensor: number, k: number): number {
    const { graph, task } = this.unit;
    const from = task[graph.producer[tensor]!]!;
    if (from < 0 || stageOf(from) === stageOf(task[reader]!)) return this.tensor(tensor, k);
    const left = this.left.get(tensor)?.[k] ?? -1;
    invariant(left >= 0, `${graph.name[reader]} of micro-batch ${k} reads what has not left its stage`);
    return left;
  }

  private prefix(k: number): string {
    return this.micro === 1 ? '' : `micro${k}/`;
  }
}

/** A slice of the same extents, `k` times as far along. */
function movedBy({ starts, ends, ...others }: SliceAttrs, k: number): Attrs {
  const by = (i: number): number => k * (ends[i]! - starts[i]!);
  return {
    ...others,
    starts: starts.map((start, i) => start + by(i)),
    ends: ends.map((end, i) => end + by(i)),
  };
}
