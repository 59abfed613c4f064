// Hot file: unrolled steps have half a million nodes.
import type { Graph } from './graph.ts';
import { IntColumn } from './int-column.ts';
import type { Attrs, Op } from './op.ts';
import type { TensorSpec } from './tensor-spec.ts';

/**
 * Writes a graph's columns node by node, in topological order, without checks: for passes that copy nodes of graphs that
 * were checked when they were authored.
 *
 *     columns.input(tensor);
 *     columns.control(node);
 *     const id = columns.add('name', row, attrs, hint, specs);
 */
export class GraphColumns {
  private readonly name: string[] = [];
  private readonly row: Op<never>[] = [];
  private readonly attrs: Attrs[] = [];
  private readonly deviceHint: string[] = [];
  private readonly inputs = new IntColumn();
  private readonly inputStart = new IntColumn();
  private readonly controls = new IntColumn();
  private readonly controlStart = new IntColumn();
  private readonly spec: TensorSpec[] = [];
  private readonly producer = new IntColumn();
  private readonly outputStart = new IntColumn();

  constructor() {
    for (const start of [this.inputStart, this.controlStart, this.outputStart]) start.push(0);
  }

  /** The next node to be added reads a tensor. */
  input(tensor: number): void {
    this.inputs.push(tensor);
  }

  /** The next node to be added waits for a node. */
  control(node: number): void {
    this.controls.push(node);
  }

  /** Adds a node with the inputs and control edges given since the last; returns its id. */
  add(
    name: string,
    row: Op<never>,
    attrs: Attrs,
    deviceHint: string,
    outputs: readonly TensorSpec[],
    from = 0,
    to = outputs.length,
  ): number {
    const id = this.name.push(name) - 1;
    this.row.push(row);
    this.attrs.push(attrs);
    this.deviceHint.push(deviceHint);
    for (let i = from; i < to; i++) {
      this.spec.push(outputs[i]!);
      this.producer.push(id);
    }
    this.inputStart.push(this.inputs.length);
    this.controlStart.push(this.controls.length);
    this.outputStart.push(this.spec.length);
    return id;
  }

  /** The tensor that is a node's first output. */
  firstOutput(node: number): number {
    return this.outputStart.at(node);
  }

  finish(): Graph {
    const nodeCount = this.name.length;
    return {
      nodeCount,
      tensorCount: this.spec.length,
      name: this.name,
      op: this.row.map(({ name }) => name),
      row: this.row,
      attrs: this.attrs,
      deviceHint: this.deviceHint,
      colocation: Int32Array.from({ length: nodeCount }, (_, node) => node),
      inputStart: this.inputStart.finish(),
      input: this.inputs.finish(),
      outputStart: this.outputStart.finish(),
      producer: this.producer.finish(),
      spec: this.spec,
      controlStart: this.controlStart.finish(),
      control: this.controls.finish(),
    };
  }
}
