import { invariant } from '../base/errors.ts';
import type { Graph } from './graph.ts';
import type { MicroBatchUnit } from './micro-batches.ts';
import type { Attrs, Op } from './op.ts';
import { ROWS as RANDOM } from './ops/random.ts';
import { identity } from './ops/shape.ts';
import type { TensorSpec } from './tensor-spec.ts';

/** A unit with, per node, the segment that it is of: forward nodes and those of their gradients; −1 for none. */
export interface SegmentedUnit extends MicroBatchUnit {
  readonly segment: Int32Array;
}

/**
 * Makes backward compute anew what it needs of each segment's forward pass, from what enters the segment, so that only that
 * has to be kept (activation recomputation, or checkpointing: Chen et al., "Training deep nets with sublinear memory cost",
 * 2016). The copies are ordinary nodes of the backward task, named `<node>/again`; the first of them wait for the gradient
 * of what leaves the segment, as Megatron-LM's do. (GPipe's may start before it.) What other segments read is kept, and so
 * is what was drawn at random.
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
  /** Per node: whether its outputs are there when backward needs them. */
  private readonly isKept: Uint8Array;

  constructor(unit: SegmentedUnit) {
    this.unit = unit;
    this.own = new Int32Array(unit.graph.nodeCount).fill(-1);
    this.again = new Int32Array(unit.graph.nodeCount).fill(-1);
    this.isKept = keptNodes(unit);
  }

  run(): MicroBatchUnit {
    const { graph, task, segment } = this.unit;
    const begun = new Set<number>();
    const backwardOf = this.backwardNodes();
    for (let node = 0; node < graph.nodeCount; node++) {
      const own = segment[node]!;
      if (own >= 0 && isBackward(task[node]!) && !begun.has(own)) {
        begun.add(own);
        this.addCopies(own, backwardOf.get(own)!);
      }
      this.own[node] = this.entries.push({ node, kind: 'own', tensor: -1, task: task[node]!, after: [] }) - 1;
    }
    return this.finish();
  }

  /** Per segment: its nodes of backward tasks, ascending. */
  private backwardNodes(): Map<number, number[]> {
    const { graph, task, segment } = this.unit;
    const found = new Map<number, number[]>();
    for (let node = 0; node < graph.nodeCount; node++) {
      if (segment[node]! < 0 || !isBackward(task[node]!)) continue;
      const list = found.get(segment[node]!);
      if (list === undefined) found.set(segment[node]!, [node]);
      else list.push(node);
    }
    return found;
  }

  private addCopies(segment: number, readers: readonly number[]): void {
    const { graph, task } = this.unit;
    const needed = this.needed(segment, readers);
    if (needed.length === 0) return;
    const backward = task[readers[0]!]!;
    const awaited = this.arrivals(segment, readers, backward);
    for (const node of needed) {
      const first = !producersOf(graph, node).some((before) => this.again[before]! >= 0);
      const after = first ? awaited : [];
      this.again[node] = this.entries.push({ node, kind: 'again', tensor: -1, task: backward, after }) - 1;
    }
  }

  /** Forward nodes of the segment that its backward nodes `readers` need again, ascending. */
  private needed(segment: number, readers: readonly number[]): number[] {
    const { graph } = this.unit;
    const found = new Set<number>();
    const askers = [...readers];
    for (let asker = askers.pop(); asker !== undefined; asker = askers.pop()) {
      for (const before of producersOf(graph, asker)) {
        if (!this.isRepeatable(before, segment) || found.has(before)) continue;
        found.add(before);
        askers.push(before);
      }
    }
    return [...found].sort((a, b) => a - b);
  }

  private isRepeatable(node: number, segment: number): boolean {
    const { task, segment: segments } = this.unit;
    return segments[node] === segment && isForward(task[node]!) && this.isKept[node] === 0;
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
    const { graph, summed, slices } = this.unit;
    const { entries } = this;
    const outputStart = new Int32Array(entries.length + 1);
    const spec: TensorSpec[] = [];
    const producer: number[] = [];
    for (const [id, { node, kind, tensor }] of entries.entries()) {
      const [from, to] =
        kind === 'arrival' ? [tensor, tensor + 1] : [graph.outputStart[node]!, graph.outputStart[node + 1]!];
      for (let t = from; t < to; t++) {
        spec.push(graph.spec[t]!);
        producer.push(id);
      }
      outputStart[id + 1] = spec.length;
    }
    const ownTensor = (tensor: number): number => {
      const node = graph.producer[tensor]!;
      return outputStart[this.own[node]!]! + tensor - graph.outputStart[node]!;
    };
    const seenBy = ({ kind, task }: Entry, tensor: number): number => {
      const node = graph.producer[tensor]!;
      const copied = this.again[node]! >= 0 && (kind === 'again' || isBackward(task));
      return copied ? outputStart[this.again[node]!]! + tensor - graph.outputStart[node]! : ownTensor(tensor);
    };
    const input: number[] = [];
    const inputStart = new Int32Array(entries.length + 1);
    const control: number[] = [];
    const controlStart = new Int32Array(entries.length + 1);
    for (const [id, entry] of entries.entries()) {
      const { node, kind, after, tensor } = entry;
      if (kind === 'arrival') input.push(ownTensor(tensor));
      else {
        for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++) {
          input.push(seenBy(entry, graph.input[e]!));
        }
      }
      if (kind === 'own') {
        for (let e = graph.controlStart[node]!; e < graph.controlStart[node + 1]!; e++) {
          control.push(this.own[graph.control[e]!]!);
        }
      }
      control.push(...after);
      inputStart[id + 1] = input.length;
      controlStart[id + 1] = control.length;
    }
    const rows = entries.map(({ node, kind }) =>
      kind === 'arrival' ? (identity as Op<never>) : graph.row[node]!,
    );
    return {
      graph: {
        nodeCount: entries.length,
        tensorCount: spec.length,
        name: entries.map((entry) => this.nameOf(entry)),
        op: rows.map(({ name }) => name),
        row: rows,
        attrs: entries.map(({ node, kind }): Attrs => (kind === 'arrival' ? {} : graph.attrs[node]!)),
        deviceHint: entries.map((entry) => this.hintOf(entry)),
        colocation: Int32Array.from(entries, (_, id) => id),
        inputStart,
        input: Int32Array.from(input),
        outputStart,
        producer: Int32Array.from(producer),
        spec,
        controlStart,
        control: Int32Array.from(control),
      },
      task: Int32Array.from(entries, ({ task }) => task),
      summed: new Set([...summed].map(ownTensor)),
      slices: new Set([...slices].map((node) => this.own[node]!)),
    };
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

/**
 * Per node: 1 where its outputs are kept for backward: those of no segment, what forward nodes of others read, what was drawn,
 * and what has an effect, which must not happen twice.
 */
function keptNodes({ graph, task, segment, slices }: SegmentedUnit): Uint8Array {
  const kept = new Uint8Array(graph.nodeCount);
  for (let node = 0; node < graph.nodeCount; node++) {
    const { name, changes = 0, effect } = graph.row[node]!;
    const draws = Object.hasOwn(RANDOM, name) || name === 'Dropout';
    if (segment[node]! < 0 || slices.has(node) || draws || changes > 0 || effect === true) kept[node] = 1;
    if (!isForward(task[node]!)) continue;
    for (const before of producersOf(graph, node)) if (segment[before] !== segment[node]) kept[before] = 1;
  }
  return kept;
}
