import { invariant } from '../base/errors.ts';
import { getOrMake } from '../base/get-or-make.ts';
import type { GraphBuilder, NodeHandle, Value } from './builder.ts';
import type { Attrs, Op } from './op.ts';
import { type VariableAttrs, variable } from './ops/state.ts';
import { sources } from './stage-boundaries.ts';

export interface StageOptions {
  /** Ids of the nodes behind each of which another stage begins, ascending. */
  readonly cuts: readonly number[];
  /** Stages of equal homes are on one device, and share variables. */
  readonly homeOf: (stage: number) => number;
  /** The device hint of what is on a stage; `node`: of a node that does not only hold a value. */
  readonly deviceOf: (stage: number, node?: NodeHandle) => string;
  /** Authors a feed that `stage` is the first to read. */
  readonly feed: (builder: GraphBuilder, placeholder: NodeHandle, stage: number) => Value;
  /** Attributes of a node on its stage; its own unless given. */
  readonly attrsOn?: (node: NodeHandle, stage: number) => Attrs;
}

/** A variable on the stage that is the first of its device to read it. */
export interface VariableCopy {
  readonly stage: number;
  readonly value: Value;
}

export interface StagedForward {
  /** A value of the graph as it was, here. */
  readonly valueOf: (value: Value) => Value;
  /** What became of a variable of the graph as it was: itself first, then its copies. */
  readonly copiesOf: (value: Value) => readonly VariableCopy[];
}

/**
 * Authors the forward graph of `nodes` once more on `builder`, cut into stages by its order: each node has the hint of its
 * stage. A variable is on the first stage that reads it. Stages on other devices that do have copies of their own, equally
 * initialised, whose gradients somebody has to add up, as Megatron-LM does with the table of words that first and last stage
 * share (Narayanan et al. 2021, "Efficient large-scale language model training on GPU clusters using Megatron-LM"). What is
 * made of constants only is made on each stage that needs it.
 */
export function authorStages(
  builder: GraphBuilder,
  nodes: readonly NodeHandle[],
  authored: GraphBuilder['authored'],
  { cuts, homeOf, deviceOf, feed, attrsOn = (node) => node.attrs }: StageOptions,
): StagedForward {
  const isSource = sources(nodes);
  const stageOf = stagesByOrder(nodes.length, cuts);
  const made = new Map<Value, Value>();
  const feeds = new Map<NodeHandle, Value>();
  const copies = new Map<NodeHandle, VariableCopy[]>();
  const constants = new Map<NodeHandle, Map<number, NodeHandle>>();

  const add = (node: NodeHandle, stage: number, name: string): NodeHandle => {
    const control: NodeHandle[] = [];
    authored.forEachInboundEdge(node.name, (_edge, edge, _source, _target, source) => {
      if (edge.output === -1 && !isSource[source.handle.id]) control.push(nodeHere(source.handle));
    });
    return builder.node(
      node.op as Op<Attrs>,
      node.inputs.map((input) => valueOn(input, stage)),
      attrsOn(node, stage),
      { name, device: deviceOf(stage, isSource[node.id] ? undefined : node), control },
    );
  };
  const nodeHere = (node: NodeHandle): NodeHandle => {
    const [first] = node.outputs;
    invariant(first !== undefined, `${node.name} has no output to be found by`);
    return made.get(first)!.node;
  };
  const valueOn = (value: Value, stage: number): Value => {
    const { node, index } = value;
    if (!isSource[node.id]) return made.get(node.outputs[index]!)!;
    if (node.op.name === 'Placeholder') return getOrMake(feeds, node, () => feed(builder, node, stage));
    if (node.op.name === 'Variable') return variableOn(node, stage);
    const onStage = getOrMake(constants, node, () => new Map<number, NodeHandle>());
    const name = onStage.size === 0 ? node.name : `${node.name}/stage${stage}`;
    return getOrMake(onStage, stage, () => add(node, stage, name)).outputs[index]!;
  };
  const variableOn = (node: NodeHandle, stage: number): Value => {
    const list = getOrMake(copies, node, () => []);
    const found = list.find((copy) => homeOf(copy.stage) === homeOf(stage));
    if (found !== undefined) return found.value;
    const attrs = node.attrs as unknown as VariableAttrs;
    const [name, own] =
      list.length === 0
        ? [node.name, attrs]
        : [`${node.name}/stage${stage}`, { ...attrs, drawnAs: attrs.drawnAs ?? node.name }];
    const value = builder.add(variable, [], own, { name, device: deviceOf(stage) });
    list.push({ stage, value });
    return value;
  };

  for (const node of nodes) {
    if (isSource[node.id]) continue;
    const { outputs } = add(node, stageOf[node.id]!, node.name);
    for (const [i, output] of node.outputs.entries()) made.set(output, outputs[i]!);
  }
  return {
    valueOf: ({ node, index }) => made.get(node.outputs[index]!)!,
    copiesOf: ({ node }) => {
      const found = copies.get(node);
      invariant(found !== undefined, `nothing reads the variable ${node.name}`);
      return found;
    },
  };
}

/** Per node id: how many of `cuts` are before it. */
function stagesByOrder(count: number, cuts: readonly number[]): Int32Array {
  const stageOf = new Int32Array(count);
  for (let id = 0, stage = 0; id < count; id++) {
    stageOf[id] = stage;
    if (id === cuts[stage]) stage++;
  }
  return stageOf;
}
