import { invariant } from '../base/errors.ts';
import { getOrMake } from '../base/get-or-make.ts';
import type { Graph } from './graph.ts';
import { GraphColumns } from './graph-columns.ts';
import type { MicroBatchUnit } from './micro-batch-unit.ts';
import type { Op } from './op.ts';
import { ROWS as RANDOM } from './ops/random.ts';
import { identity } from './ops/shape.ts';

/** A unit with, per node, the segment that it is of: forward nodes and those of their gradients; −1 for none. */
export interface SegmentedUnit extends MicroBatchUnit {
  readonly segment: Int32Array;
}

/**
 * Makes backward compute each segment's forward pass anew, from what enters the segment, so that only that has to be kept
 * (activation recomputation, or checkpointing: Chen et al., "Training deep nets with sublinear memory cost", 2016). The
 * copies are ordinary nodes of the backward task, named `<node>/again`; the first of them wait for the gradient of what
 * leaves the segment, as Megatron-LM's do. (GPipe's may start before it.) All of the segment runs again, also what nothing
 * needs any more, as PyTorch's checkpoint does, but for what was drawn at random, which is kept.
 */
export function recompute(unit: SegmentedUnit): MicroBatchUnit {
  return new Recomputation(unit).run();
}

/** One node of the new graph: `node`, a copy of it, or (`arrival`) an Identity of one of its tensors. */
interface Entry {
  readonly node: number;
  readonly kind: 'own' | 'again' | 'arrival';
  readonly tensor: number;
  readonly task: number;
  /** Entries to wait for. */
  readonly after: readonly number[];
}

class Recomputation {
  private readonly unit: SegmentedUnit;
  private readonly entries: Entry[] = [];
  /** Per node of the unit: its entry, and that of its copy; −1 where there is none. */
  private readonly own: Int32Array;
  private readonly again: Int32Array;
  /** Per segment: nodes that run again, and nodes of backward tasks; ascending. */
  private readonly forwardOf: ReadonlyMap<number, readonly number[]>;
  private readonly backwardOf: ReadonlyMap<number, readonly number[]>;

  constructor(unit: SegmentedUnit) {
    this.unit = unit;
    this.own = new Int32Array(unit.graph.nodeCount).fill(-1);
    this.again = new Int32Array(unit.graph.nodeCount).fill(-1);
    const { segment, task } = unit;
    const once = onceOnly(unit);
    this.forwardOf = bySegment(segment, (node) => isForward(task[node]!) && once[node] === 0);
    this.backwardOf = bySegment(segment, (node) => isBackward(task[node]!));
  }

  run(): MicroBatchUnit {
    const { graph, task, segment } = this.unit;
    const begun = new Set<number>();
    for (let node = 0; node < graph.nodeCount; node++) {
      const own = segment[node]!;
      if (own >= 0 && isBackward(task[node]!) && !begun.has(own)) {
        begun.add(own);
        this.addCopies(own, this.backwardOf.get(own)!);
      }
      this.own[node] = this.entries.push({ node, kind: 'own', tensor: -1, task: task[node]!, after: [] }) - 1;
    }
    return this.finish();
  }

  private addCopies(segment: number, readers: readonly number[]): void {
    const { graph, task } = this.unit;
    const repeated = this.forwardOf.get(segment);
    if (repeated === undefined) return;
    const backward = task[readers[0]!]!;
    const awaited = this.arrivals(segment, readers, backward);
    for (const node of repeated) {
      const first = !producersOf(graph, node).some(
        (before) => this.again[before]! >= 0 && this.unit.segment[before] === segment,
      );
      const after = first ? awaited : [];
      this.again[node] = this.entries.push({ node, kind: 'again', tensor: -1, task: backward, after }) - 1;
    }
  }

  /** Entries that are done when the gradients that backward of the segment starts from are on its device. */
  private arrivals(segment: number, readers: readonly number[], backward: number): number[] {
    const { graph, task, segment: segments } = this.unit;
    const found: number[] = [];
    const seen = new Set<number>();
    for (const reader of readers) {
      for (let e = graph.inputStart[reader]!; e < graph.inputStart[reader + 1]!; e++) {
        const tensor = graph.input[e]!;
        const from = graph.producer[tensor]!;
        if (!isBackward(task[from]!) || segments[from] === segment || seen.has(tensor)) continue;
        seen.add(tensor);
        const there = this.own[from]!;
        // A gradient that only a later node of this segment takes may come later.
        if (there < 0) continue;
        if (task[from] === backward) found.push(there);
        else
          found.push(
            this.entries.push({ node: from, kind: 'arrival', tensor, task: backward, after: [] }) - 1,
          );
      }
    }
    return found;
  }

  private finish(): MicroBatchUnit {
    const { graph, summed, inputs } = this.unit;
    const columns = new GraphColumns();
    for (const entry of this.entries) {
      const { node, kind, after, tensor } = entry;
      const arrives = kind === 'arrival';
      if (arrives) columns.input(this.ownTensor(columns, tensor));
      else {
        for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++) {
          columns.input(this.tensorSeenBy(columns, entry, graph.input[e]!));
        }
      }
      for (let e = graph.controlStart[node]!; e < graph.controlStart[node + 1]!; e++) {
        if (kind === 'own') columns.control(this.own[graph.control[e]!]!);
      }
      for (const awaited of after) columns.control(awaited);
      columns.add(
        this.nameOf(entry),
        arrives ? (identity as Op<never>) : graph.row[node]!,
        arrives ? {} : graph.attrs[node]!,
        this.hintOf(entry),
        graph.spec,
        arrives ? tensor : graph.outputStart[node]!,
        arrives ? tensor + 1 : graph.outputStart[node + 1]!,
      );
    }
    return {
      graph: columns.finish(),
      task: Int32Array.from(this.entries, ({ task }) => task),
      summed: new Set([...summed].map((tensor) => this.ownTensor(columns, tensor))),
      inputs: new Set([...inputs].map((node) => this.own[node]!)),
    };
  }

  private ownTensor(columns: GraphColumns, tensor: number): number {
    const { graph } = this.unit;
    const node = graph.producer[tensor]!;
    return columns.firstOutput(this.own[node]!) + tensor - graph.outputStart[node]!;
  }

  /** Backward of a segment, and what runs again of it, reads what ran again. */
  private tensorSeenBy(columns: GraphColumns, { kind, node: reader, task }: Entry, tensor: number): number {
    const { graph, segment } = this.unit;
    const node = graph.producer[tensor]!;
    const again = this.again[node]!;
    const isOther = segment[node] !== segment[reader] || (kind === 'own' && !isBackward(task));
    if (again < 0 || isOther) return this.ownTensor(columns, tensor);
    return columns.firstOutput(again) + tensor - graph.outputStart[node]!;
  }

  private nameOf({ node, kind, tensor }: Entry): string {
    const { graph } = this.unit;
    if (kind === 'own') return graph.name[node]!;
    if (kind === 'again') return `${graph.name[node]}/again`;
    const output = tensor - graph.outputStart[node]!;
    return `${graph.name[node]}/arrived${output === 0 ? '' : output}`;
  }

  private hintOf({ node, kind, task }: Entry): string {
    const { graph, task: tasks } = this.unit;
    if (kind !== 'arrival') return graph.deviceHint[node]!;
    const reader = tasks.indexOf(task);
    invariant(reader >= 0, `task ${task} has no node`);
    return graph.deviceHint[reader]!;
  }
}

function bySegment(segment: Int32Array, has: (node: number) => boolean): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (let node = 0; node < segment.length; node++) {
    if (segment[node]! >= 0 && has(node)) getOrMake(found, segment[node]!, () => []).push(node);
  }
  return found;
}

function isForward(task: number): boolean {
  return task >= 0 && task % 2 === 0;
}

function isBackward(task: number): boolean {
  return task >= 0 && task % 2 === 1;
}

function producersOf(graph: Graph, node: number): number[] {
  const found: number[] = [];
  for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++) {
    found.push(graph.producer[graph.input[e]!]!);
  }
  return found;
}

/** Per node: 1 where it cannot run twice: inputs, what is drawn, and what has an effect. */
function onceOnly({ graph, inputs }: SegmentedUnit): Uint8Array {
  return Uint8Array.from(graph.row, ({ name, changes = 0, effect }, node) => {
    const draws = Object.hasOwn(RANDOM, name) || name === 'Dropout';
    return inputs.has(node) || draws || changes > 0 || effect === true ? 1 : 0;
  });
}
