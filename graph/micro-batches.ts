// Hot file: a step of half a million nodes is one of these. Columns in, columns out.
import { invariant } from '../base/errors.ts';
import type { Graph } from './graph.ts';
import type { Attrs, Op } from './op.ts';
import { add } from './ops/elementwise.ts';
import type { SliceAttrs } from './ops/shape.ts';
import { noOp } from './ops/state.ts';
import type { TensorSpec } from './tensor-spec.ts';

/** Where a node of a unit belongs that is part of no task. */
export const BEFORE = -1;
export const AFTER = -2;

/** Number of the task that is the forward, or the backward, part of stage `stage`. */
export const taskOf = (stage: number, backward: boolean): number => 2 * stage + (backward ? 1 : 0);

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
   * Slices that take micro-batch 0 out of a whole batch; those of micro-batch k begin k times their extent later. They are
   * fetched one task ahead.
   */
  readonly slices: ReadonlySet<number>;
}

/** A device's turn: the forward or backward part of one stage on one micro-batch, counted from 0. */
export interface Turn {
  readonly stage: number;
  readonly backward: boolean;
  readonly microBatch: number;
}

/** Per device of a pipeline: its turns, in order. */
export type Schedule = readonly (readonly Turn[])[];

export interface UnrolledGraph {
  readonly graph: Graph;
  /** Per node: the node of the unit that it copies, or on whose device it is and for whose sake. */
  readonly unitNode: Int32Array;
}

/**
 * All micro-batches of a step in one graph. Each runs copies of the unit's tasks, named `micro<k>/…` where there are several,
 * over the same variables. A device's turns come one after the other: what needs nothing of its own turn waits, by a control
 * edge, for a NoOp that waits for all of the turn before. Gradients are added up in the order of the turns.
 *
 * @throws InternalError where the turns of a schedule wait for each other in a circle, or one is missing.
 */
export function unrollMicroBatches(unit: MicroBatchUnit, schedule: Schedule): UnrolledGraph {
  const turns = inTopologicalOrder(schedule);
  return new Unroller(unit, turns, 1 + Math.max(...turns.map(({ microBatch }) => microBatch))).run();
}

interface OrderedTurn extends Turn {
  readonly device: number;
}

/** All turns, each behind those whose results it takes: the stage before, or behind on the way back. */
function inTopologicalOrder(schedule: Schedule): OrderedTurn[] {
  const stages = 1 + Math.max(...schedule.flat().map(({ stage }) => stage));
  const done = new Set<string>();
  const key = (stage: number, backward: boolean, microBatch: number): string =>
    `${taskOf(stage, backward)} ${microBatch}`;
  const isReady = ({ stage, backward, microBatch }: Turn): boolean => {
    if (!backward) return stage === 0 || done.has(key(stage - 1, false, microBatch));
    const last = stage === stages - 1;
    return done.has(key(stage, false, microBatch)) && (last || done.has(key(stage + 1, true, microBatch)));
  };
  const next = schedule.map(() => 0);
  const order: OrderedTurn[] = [];
  for (let before = -1; before < order.length; ) {
    before = order.length;
    for (const [device, turns] of schedule.entries()) {
      for (
        let turn = turns[next[device]!];
        turn !== undefined && isReady(turn);
        turn = turns[next[device]!]
      ) {
        order.push({ ...turn, device });
        done.add(key(turn.stage, turn.backward, turn.microBatch));
        next[device]!++;
      }
    }
  }
  const total = schedule.reduce((sum, turns) => sum + turns.length, 0);
  invariant(order.length === total, `${total - order.length} turns of the schedule cannot be reached`);
  return order;
}

interface Task {
  readonly nodes: number[];
  /** Nodes that nothing of the task reads, but for those that make gradients. */
  readonly last: number[];
  readonly summed: number[];
}

class Unroller {
  private readonly unit: MicroBatchUnit;
  private readonly turns: readonly OrderedTurn[];
  private readonly micro: number;
  private readonly tasks: readonly Task[];
  /** Per node of the unit: 1 where it reads nothing of its own task. */
  private readonly isFirst: Uint8Array;
  /** Per micro-batch and node of the unit: the copy. What runs once is in the row of micro-batch 0. */
  private readonly copy: Int32Array;
  /** Per tensor of the unit: the sum so far, or −1. */
  private readonly sum: Int32Array;

  private readonly unitNode: number[] = [];
  private readonly name: string[] = [];
  private readonly row: Op<never>[] = [];
  private readonly attrs: Attrs[] = [];
  private readonly input: number[] = [];
  private readonly inputStart: number[] = [0];
  private readonly control: number[] = [];
  private readonly controlStart: number[] = [0];
  private readonly spec: TensorSpec[] = [];
  private readonly producer: number[] = [];
  private readonly outputStart: number[] = [0];

  constructor(unit: MicroBatchUnit, turns: readonly OrderedTurn[], micro: number) {
    this.unit = unit;
    this.turns = turns;
    this.micro = micro;
    this.isFirst = new Uint8Array(unit.graph.nodeCount);
    this.tasks = tasksOf(unit, this.isFirst);
    this.copy = new Int32Array(micro * unit.graph.nodeCount).fill(-1);
    this.sum = new Int32Array(unit.graph.tensorCount).fill(-1);
  }

  run(): UnrolledGraph {
    const { graph, task } = this.unit;
    for (let node = 0; node < graph.nodeCount; node++) if (task[node] === BEFORE) this.addOnce(node);
    // Per device: the NoOps behind its last turn and behind the one before that.
    const lastDone: (number | undefined)[] = [];
    const doneBefore: (number | undefined)[] = [];
    for (const turn of this.turns) {
      const done = this.addTurn(turn, lastDone[turn.device], doneBefore[turn.device]);
      doneBefore[turn.device] = lastDone[turn.device];
      lastDone[turn.device] = done;
    }
    for (let node = 0; node < graph.nodeCount; node++) if (task[node] === AFTER) this.addOnce(node);
    return { graph: this.finish(), unitNode: Int32Array.from(this.unitNode) };
  }

  private addOnce(node: number): void {
    const { graph, task } = this.unit;
    this.begin(node, graph.name[node]!, graph.row[node]!, graph.attrs[node]!);
    for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++) {
      const tensor = graph.input[e]!;
      const isSum = task[node] === AFTER && this.unit.summed.has(tensor);
      this.input.push(isSum ? this.sum[tensor]! : this.tensor(tensor, 0));
    }
    for (let e = graph.controlStart[node]!; e < graph.controlStart[node + 1]!; e++) {
      this.control.push(this.lastCopy(graph.control[e]!));
    }
    this.copy[node] = this.end(node, graph.outputStart[node]!, graph.outputStart[node + 1]!);
  }

  /** Adds the copies of one turn, and returns the NoOp behind it. */
  private addTurn(turn: OrderedTurn, gate: number | undefined, earlierGate: number | undefined): number {
    const { graph, slices } = this.unit;
    const { microBatch: k } = turn;
    const task = this.tasks[taskOf(turn.stage, turn.backward)]!;
    const prefix = this.micro === 1 ? '' : `micro${k}/`;
    for (const node of task.nodes) {
      const isSlice = slices.has(node);
      const attrs = isSlice ? movedBy(graph.attrs[node] as SliceAttrs, k) : graph.attrs[node]!;
      this.begin(node, prefix + graph.name[node]!, graph.row[node]!, attrs);
      for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++) {
        this.input.push(this.tensor(graph.input[e]!, k));
      }
      for (let e = graph.controlStart[node]!; e < graph.controlStart[node + 1]!; e++) {
        this.control.push(this.copyOf(graph.control[e]!, k));
      }
      const awaited = isSlice ? earlierGate : this.isFirst[node] === 1 ? gate : undefined;
      if (awaited !== undefined) this.control.push(awaited);
      this.copy[k * graph.nodeCount + node] = this.end(
        node,
        graph.outputStart[node]!,
        graph.outputStart[node + 1]!,
      );
    }
    const ends = task.summed.map((tensor) => this.addToSum(tensor, k));
    for (const node of task.last) ends.push(this.copyOf(node, k));
    return this.addGate(turn, gate, ends);
  }

  /** Returns the node that has to be done before the sum holds micro-batch `k`. */
  private addToSum(tensor: number, k: number): number {
    const { graph } = this.unit;
    const node = graph.producer[tensor]!;
    const sum = this.sum[tensor]!;
    const own = this.tensor(tensor, k);
    if (sum === -1) {
      this.sum[tensor] = own;
      return this.copyOf(node, k);
    }
    const output = tensor - graph.outputStart[node]!;
    this.begin(node, `micro${k}/${graph.name[node]}/sum${output === 0 ? '' : output}`, add as Op<never>, {});
    this.input.push(sum, own);
    this.sum[tensor] = this.producer.length;
    return this.end(node, tensor, tensor + 1);
  }

  private addGate(
    { stage, backward, microBatch }: Turn,
    gate: number | undefined,
    ends: readonly number[],
  ): number {
    const { nodes } = this.tasks[taskOf(stage, backward)]!;
    invariant(nodes.length > 0, `stage ${stage} has nothing to do`);
    const name = `micro${microBatch}/stage${stage}/${backward ? 'backward' : 'forward'}/done`;
    this.begin(nodes[0]!, name, noOp as Op<never>, {});
    for (const end of ends) this.control.push(end);
    if (ends.length === 0 && gate !== undefined) this.control.push(gate);
    return this.end(nodes[0]!, 0, 0);
  }

  private begin(unitNode: number, name: string, row: Op<never>, attrs: Attrs): void {
    this.unitNode.push(unitNode);
    this.name.push(name);
    this.row.push(row);
    this.attrs.push(attrs);
  }

  /** Ends the node begun last, whose outputs are like tensors `from` … `to` − 1 of the unit; returns its id. */
  private end(unitNode: number, from: number, to: number): number {
    const id = this.inputStart.length - 1;
    invariant(id === this.unitNode.length - 1, `node ${unitNode} of the unit was not begun`);
    for (let tensor = from; tensor < to; tensor++) {
      this.spec.push(this.unit.graph.spec[tensor]!);
      this.producer.push(id);
    }
    this.outputStart.push(this.producer.length);
    this.inputStart.push(this.input.length);
    this.controlStart.push(this.control.length);
    return id;
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
    return this.outputStart[this.copyOf(node, k)]! + tensor - graph.outputStart[node]!;
  }

  private finish(): Graph {
    const { graph } = this.unit;
    const nodeCount = this.name.length;
    return {
      nodeCount,
      tensorCount: this.spec.length,
      name: this.name,
      op: this.row.map((row) => row.name),
      row: this.row,
      attrs: this.attrs,
      deviceHint: this.unitNode.map((node) => graph.deviceHint[node]!),
      colocation: Int32Array.from({ length: nodeCount }, (_, node) => node),
      inputStart: Int32Array.from(this.inputStart),
      input: Int32Array.from(this.input),
      outputStart: Int32Array.from(this.outputStart),
      producer: Int32Array.from(this.producer),
      spec: this.spec,
      controlStart: Int32Array.from(this.controlStart),
      control: Int32Array.from(this.control),
    };
  }
}

/** The tasks of a unit; notes in `isFirst` what reads nothing of its own. */
function tasksOf({ graph, task, summed, slices }: MicroBatchUnit, isFirst: Uint8Array): Task[] {
  const tasks: Task[] = [];
  const isRead = new Uint8Array(graph.nodeCount);
  const makesSum = new Uint8Array(graph.nodeCount);
  for (const tensor of summed) makesSum[graph.producer[tensor]!] = 1;
  for (let node = 0; node < graph.nodeCount; node++) {
    const own = task[node]!;
    if (own < 0) continue;
    while (tasks.length <= own) tasks.push({ nodes: [], last: [], summed: [] });
    let readsOwn = false;
    const reads = (before: number): void => {
      if (task[before] !== own) return;
      isRead[before] = 1;
      // Slices are there early: whoever reads one has still to wait for its turn.
      if (!slices.has(before)) readsOwn = true;
    };
    for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++) {
      reads(graph.producer[graph.input[e]!]!);
    }
    for (let e = graph.controlStart[node]!; e < graph.controlStart[node + 1]!; e++) reads(graph.control[e]!);
    tasks[own]!.nodes.push(node);
    if (!readsOwn) isFirst[node] = 1;
  }
  for (const { nodes, last } of tasks) {
    for (const node of nodes) if (isRead[node] === 0 && makesSum[node] === 0) last.push(node);
  }
  for (const tensor of summed) tasks[task[graph.producer[tensor]!]!]!.summed.push(tensor);
  return tasks;
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
