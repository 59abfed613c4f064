import { DisjointSets } from './disjoint-sets.ts';
import type { Graph } from './graph.ts';

/** A graph without the nodes that nothing asked for. */
export interface PrunedGraph {
  readonly graph: Graph;
  /** Per node of the pruned graph: its id before. Ascending. */
  readonly nodes: Int32Array;
  /** Per node of the whole graph: its id now, or −1. */
  readonly newNode: Int32Array;
  /** Per tensor of the whole graph: its id now, or −1. */
  readonly newTensor: Int32Array;
}

/**
 * The part of `graph` that `roots` (node ids) need: they and all that they reach backwards over data and control
 * edges (white paper 2015, section 4.2). Names, attributes, hints and the order of nodes stay.
 */
export function prune(graph: Graph, roots: Iterable<number>): PrunedGraph {
  const needed = new Uint8Array(graph.nodeCount);
  for (const root of roots) needed[root] = 1;
  for (let node = graph.nodeCount - 1; node >= 0; node--) {
    if (needed[node] === 0) continue;
    for (const before of predecessors(graph, node)) needed[before] = 1;
  }

  const newNode = new Int32Array(graph.nodeCount).fill(-1);
  const newTensor = new Int32Array(graph.tensorCount).fill(-1);
  const nodes: number[] = [];
  const tensors: number[] = [];
  for (let node = 0; node < graph.nodeCount; node++) {
    if (needed[node] === 0) continue;
    newNode[node] = nodes.length;
    nodes.push(node);
    for (let t = graph.outputStart[node]!; t < graph.outputStart[node + 1]!; t++) {
      newTensor[t] = tensors.length;
      tensors.push(t);
    }
  }
  const inputs = selectRows(graph.inputStart, graph.input, nodes, newTensor);
  const controls = selectRows(graph.controlStart, graph.control, nodes, newNode);
  const outputStart = new Int32Array(nodes.length + 1);
  for (const [i, node] of nodes.entries()) {
    outputStart[i + 1] = outputStart[i]! + graph.outputStart[node + 1]! - graph.outputStart[node]!;
  }
  return {
    graph: {
      nodeCount: nodes.length,
      tensorCount: tensors.length,
      name: nodes.map((node) => graph.name[node]!),
      op: nodes.map((node) => graph.op[node]!),
      row: nodes.map((node) => graph.row[node]!),
      attrs: nodes.map((node) => graph.attrs[node]!),
      deviceHint: nodes.map((node) => graph.deviceHint[node]!),
      colocation: remainingGroups(graph, nodes),
      inputStart: inputs.start,
      input: inputs.values,
      outputStart,
      producer: Int32Array.from(tensors, (t) => newNode[graph.producer[t]!]!),
      spec: tensors.map((t) => graph.spec[t]!),
      controlStart: controls.start,
      control: controls.values,
    },
    nodes: Int32Array.from(nodes),
    newNode,
    newTensor,
  };
}

function* predecessors(graph: Graph, node: number): Generator<number> {
  for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++) {
    yield graph.producer[graph.input[e]!]!;
  }
  for (let e = graph.controlStart[node]!; e < graph.controlStart[node + 1]!; e++) yield graph.control[e]!;
}

/** The rows `nodes` of a CSR matrix, its values renumbered. */
function selectRows(
  start: Int32Array,
  values: Int32Array,
  nodes: readonly number[],
  renumber: Int32Array,
): { start: Int32Array; values: Int32Array } {
  const newStart = new Int32Array(nodes.length + 1);
  const newValues: number[] = [];
  for (const [i, node] of nodes.entries()) {
    for (let e = start[node]!; e < start[node + 1]!; e++) newValues.push(renumber[values[e]!]!);
    newStart[i + 1] = newValues.length;
  }
  return { start: newStart, values: Int32Array.from(newValues) };
}

/** Colocation groups of the nodes that are left, each named by its smallest member that is left. */
function remainingGroups(graph: Graph, nodes: readonly number[]): Int32Array {
  const groups = new DisjointSets(nodes.length);
  const first = new Map<number, number>();
  for (const [i, node] of nodes.entries()) {
    const group = graph.colocation[node]!;
    const member = first.get(group);
    if (member === undefined) first.set(group, i);
    else groups.union(member, i);
  }
  return groups.smallestMembers();
}

/** Nodes that are run for what they change, not for what they output. */
export function effectNodes({ row }: Graph): number[] {
  return [...row.keys()].filter((node) => (row[node]!.changes ?? 0) > 0 || row[node]!.effect === true);
}

/**
 * `graph` without the nodes whose results change nothing, such as the gradient of the first layer's input, which
 * differentiation adds with the one of its weights. A real system does not run them, so they must not cost time.
 */
export function withoutDeadNodes(graph: Graph): Graph {
  return prune(graph, effectNodes(graph)).graph;
}
