import { graphWork } from './cost.ts';
import type { Graph } from './graph.ts';
import type { Attrs, Op } from './op.ts';
import { type FusedAttrs, fused } from './ops/fused.ts';
import { sameShape } from './tensor-spec.ts';

/** Ops of which every output element depends on one element of each input, as they are without attributes. */
export const FUSABLE: ReadonlySet<string> = new Set([
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Neg',
  'Abs',
  'Reciprocal',
  'Exp',
  'Log',
  'Sqrt',
  'Erf',
  'Relu',
  'ReluGrad',
  'Sigmoid',
  'SigmoidGrad',
  'Tanh',
  'TanhGrad',
  'Gelu',
]);

/** Whether a node is of these and has no attributes, or such as change nothing. */
function isFusable(op: string, attrs: Attrs): boolean {
  const plain = Object.entries(attrs).every(([key, value]) => key === 'approximate' && value === 'none');
  return FUSABLE.has(op) && plain;
}

/** A graph some of whose nodes were merged. */
export interface FusedGraph {
  readonly graph: Graph;
  /** Per node of the fused graph: the node before whose result it computes. Ascending. */
  readonly nodes: Int32Array;
  /** Per tensor before: its id now, or −1 where it is no longer made. */
  readonly newTensor: Int32Array;
}

/** What may be merged: on which devices, and which tensors have to remain. */
export interface FuseOptions {
  /** Per node: its device; nodes of different devices are not merged. Default: all on one. */
  readonly deviceOf?: ArrayLike<number>;
  /** Whether a device's compiler or library merges ops. Default: yes. */
  readonly fuses?: (device: number) => boolean;
  /** Tensors that somebody fetches, and that have to exist. */
  readonly keep?: Iterable<number>;
}

/**
 * Merges element-wise ops into the op that alone uses their results: a node joins its consumers where all of them are one
 * group already, so nothing outside waits for anything inside but for the group's last result, and no cycle can arise.
 * Results have one shape and are float32; smaller inputs broadcast. Names, hints and order of what is left stay.
 */
export function fuseElementwise(graph: Graph, options: FuseOptions = {}): FusedGraph {
  const group = groups(graph, options);
  return rebuilt(graph, group);
}

/** Per node: 1 where it may be merged with others like it, if they are on one device. */
export function elementwiseNodes(graph: Graph): Uint8Array {
  const orders = new Uint8Array(graph.nodeCount);
  for (let node = 0; node < graph.nodeCount; node++) {
    for (let e = graph.controlStart[node]!; e < graph.controlStart[node + 1]!; e++) {
      orders[node] = 1;
      orders[graph.control[e]!] = 1;
    }
  }
  return orders.map((ordered, node) =>
    ordered === 0 &&
    isFusable(graph.op[node]!, graph.attrs[node]!) &&
    graph.spec[graph.outputStart[node]!]!.dtype === 'float32'
      ? 1
      : 0,
  );
}

/** Per node: the last node of its group, itself where it is merged with none. */
function groups(graph: Graph, { deviceOf, fuses = () => true, keep = [] }: FuseOptions): Int32Array {
  const kept = new Uint8Array(graph.tensorCount);
  for (const tensor of keep) kept[tensor] = 1;
  const readers = readersOf(graph);
  const elementwise = elementwiseNodes(graph);
  const device = (node: number): number => deviceOf?.[node] ?? 0;
  const eligible = (node: number): boolean => elementwise[node] === 1 && fuses(device(node));

  const group = Int32Array.from({ length: graph.nodeCount }, (_, node) => node);
  for (let node = graph.nodeCount - 1; node >= 0; node--) {
    const tensor = graph.outputStart[node]!;
    const users = readers[tensor];
    if (users === undefined || users.length === 0 || kept[tensor] === 1 || !eligible(node)) continue;
    const root = group[users[0]!]!;
    const joins =
      users.every((user) => group[user] === root && eligible(user)) &&
      device(root) === device(node) &&
      sameShape(graph.spec[tensor]!.shape, graph.spec[graph.outputStart[root]!]!.shape);
    if (joins) group[node] = root;
  }
  return group;
}

function readersOf(graph: Graph): (number[] | undefined)[] {
  const readers: (number[] | undefined)[] = new Array(graph.tensorCount);
  for (let node = 0; node < graph.nodeCount; node++) {
    for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++) {
      const tensor = graph.input[e]!;
      const list = readers[tensor];
      if (list === undefined) readers[tensor] = [node];
      else list.push(node);
    }
  }
  return readers;
}

function rebuilt(graph: Graph, group: Int32Array): FusedGraph {
  const members: number[][] = Array.from({ length: graph.nodeCount }, () => []);
  for (let node = 0; node < graph.nodeCount; node++) members[group[node]!]!.push(node);
  const nodes: number[] = [];
  for (let node = 0; node < graph.nodeCount; node++) if (group[node] === node) nodes.push(node);

  const newNode = new Int32Array(graph.nodeCount).fill(-1);
  const newTensor = new Int32Array(graph.tensorCount).fill(-1);
  const outputStart = new Int32Array(nodes.length + 1);
  const oldTensors: number[] = [];
  for (const [i, node] of nodes.entries()) {
    newNode[node] = i;
    for (let t = graph.outputStart[node]!; t < graph.outputStart[node + 1]!; t++) {
      newTensor[t] = oldTensors.length;
      oldTensors.push(t);
    }
    outputStart[i + 1] = oldTensors.length;
  }

  const inputStart = new Int32Array(nodes.length + 1);
  const controlStart = new Int32Array(nodes.length + 1);
  const input: number[] = [];
  const control: number[] = [];
  const op: string[] = [];
  const row: Op<never>[] = [];
  const attrs: Attrs[] = [];
  for (const [i, node] of nodes.entries()) {
    const own = members[node]!;
    if (own.length > 1) {
      const merged = mergedNode(graph, own);
      op.push(fused.name);
      row.push(fused as Op<never>);
      attrs.push(merged.attrs);
      for (const tensor of merged.inputs) input.push(newTensor[tensor]!);
    } else {
      op.push(graph.op[node]!);
      row.push(graph.row[node]!);
      attrs.push(graph.attrs[node]!);
      for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++) {
        input.push(newTensor[graph.input[e]!]!);
      }
      for (let e = graph.controlStart[node]!; e < graph.controlStart[node + 1]!; e++) {
        control.push(newNode[graph.control[e]!]!);
      }
    }
    inputStart[i + 1] = input.length;
    controlStart[i + 1] = control.length;
  }
  return {
    graph: {
      nodeCount: nodes.length,
      tensorCount: oldTensors.length,
      name: nodes.map((node) => graph.name[node]!),
      op,
      row,
      attrs,
      deviceHint: nodes.map((node) => graph.deviceHint[node]!),
      colocation: colocationOf(graph, group, nodes, newNode),
      inputStart,
      input: Int32Array.from(input),
      outputStart,
      producer: Int32Array.from(oldTensors, (t) => newNode[graph.producer[t]!]!),
      spec: oldTensors.map((t) => graph.spec[t]!),
      controlStart,
      control: Int32Array.from(control),
    },
    nodes: Int32Array.from(nodes),
    newTensor,
  };
}

/** The one op that `members` (ascending) become, and the tensors that it reads. */
function mergedNode(graph: Graph, members: readonly number[]): { attrs: FusedAttrs; inputs: number[] } {
  const made = new Map<number, number>();
  for (const [step, node] of members.entries()) made.set(graph.outputStart[node]!, step);
  const inputs: number[] = [];
  const position = new Map<number, number>();
  for (const node of members) {
    for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++) {
      const tensor = graph.input[e]!;
      if (!made.has(tensor) && !position.has(tensor)) position.set(tensor, inputs.push(tensor) - 1);
    }
  }
  const operands: number[] = [];
  for (const node of members) {
    const first = graph.inputStart[node]!;
    const count = graph.inputStart[node + 1]! - first;
    for (let k = 0; k < 2; k++) {
      const tensor = graph.input[first + k]!;
      const step = made.get(tensor);
      operands.push(k >= count ? -1 : step === undefined ? position.get(tensor)! : inputs.length + step);
    }
  }
  const work = graphWork(graph);
  const { dtype, shape } = graph.spec[graph.outputStart[members.at(-1)!]!]!;
  const flops = members.reduce((sum, node) => sum + work[node]!.flops, 0);
  return { attrs: { ops: members.map((node) => graph.op[node]!), operands, dtype, shape, flops }, inputs };
}

/** Colocation groups of what is left, each named by its smallest node: fusion comes after placement, and only names them. */
function colocationOf(
  graph: Graph,
  group: Int32Array,
  nodes: readonly number[],
  newNode: Int32Array,
): Int32Array {
  const smallest = new Map<number, number>();
  for (let node = 0; node < graph.nodeCount; node++) {
    const key = graph.colocation[node]!;
    const now = newNode[group[node]!]!;
    smallest.set(key, Math.min(smallest.get(key) ?? now, now));
  }
  return Int32Array.from(nodes, (node) => smallest.get(graph.colocation[node]!)!);
}
