import { invariant } from '../base/errors.ts';
import type { GraphBuilder, NodeHandle, Value } from './builder.ts';
import type { GatherAttrs } from './ops/gather.ts';
import { gather } from './ops/gather.ts';
import { concat } from './ops/shape.ts';
import { type VariableAttrs, variable } from './ops/state.ts';
import { idsOfParts, joinRows } from './ops/table-parts.ts';

/** How nodes are authored again. */
export interface SplitOptions {
  /** Rows of each part of a variable, all of them together; one number where it stays whole. */
  readonly rowsOf: (variable: NodeHandle) => readonly number[];
  /** Device of a part of a variable, and of what is colocated with it. */
  readonly homeOf: (variable: NodeHandle, part: number) => string;
  /** Device of any other node, and of parts that are joined. */
  readonly deviceOf: (node: NodeHandle) => string;
  /** Nodes that must finish before any variable is read. */
  readonly before: readonly NodeHandle[];
}

/**
 * Authors the nodes of `source` again in `builder`, in their order and under their names, with variables divided by rows
 * (TensorFlow's PartitionedVariable): variable `w` becomes `w/part_0`, `w/part_1`, …, whose first values are parts of its.
 * Lookups of rows beside a variable (Gather along axis 0, colocated) are made in the parts and put together again (see
 * IdsOfParts); everything else uses the parts joined, on its own device.
 */
export class SplitVariables {
  private readonly source: GraphBuilder;
  private readonly builder: GraphBuilder;
  private readonly options: SplitOptions;
  /** By node id of the source; of variables in parts, once something uses all of it, the parts joined. */
  private readonly copies: NodeHandle[] = [];
  private readonly parts = new Map<NodeHandle, readonly Value[]>();

  constructor(source: GraphBuilder, builder: GraphBuilder, options: SplitOptions) {
    this.source = source;
    this.builder = builder;
    this.options = options;
    for (const node of source.nodes) this.author(node);
  }

  /** What stands for a value of the source. */
  copyOf({ node, index }: Value): Value {
    this.copies[node.id] ??= this.builder.node(
      concat,
      this.parts.get(node)!,
      { axis: 0 },
      { name: `${node.name}/joined`, device: this.options.deviceOf(node) },
    );
    return this.copies[node.id]!.outputs[index]!;
  }

  /** The parts of a variable of the source; one where it is whole. */
  partsOf(variable: Value): readonly Value[] {
    return this.parts.get(variable.node) ?? [this.copyOf(variable)];
  }

  private author(node: NodeHandle): void {
    const rows = node.op.name === variable.name ? this.options.rowsOf(node) : [];
    const parts = this.parts.get(colocatedTable(this.source, node) ?? node);
    if (rows.length > 1) this.parts.set(node, this.divide(node, rows));
    else this.copies[node.id] = parts === undefined ? this.copy(node) : this.lookUp(node, parts);
  }

  private copy(node: NodeHandle): NodeHandle {
    const { name, op, attrs, inputs } = node;
    const { homeOf, deviceOf, before } = this.options;
    const { colocateWith } = this.source.authored.getNodeAttributes(name);
    const root = this.source.nodes[colocateWith] ?? node;
    const isVariable = op.name === variable.name;
    const control = controlOf(this.source, node).map((id) => this.copies[id]!);
    return this.builder.node(
      op,
      inputs.map((input) => this.copyOf(input)),
      attrs as never,
      {
        name,
        device: root.op.name === variable.name ? homeOf(root, 0) : deviceOf(node),
        colocateWith: this.copies[colocateWith],
        control: isVariable ? [...before, ...control] : control,
      },
    );
  }

  private divide(node: NodeHandle, rows: readonly number[]): Value[] {
    const { homeOf, before: control } = this.options;
    return partAttrs(node, rows).map((attrs, i) =>
      this.builder.add(variable, [], attrs, {
        name: `${node.name}/part_${i}`,
        device: homeOf(node, i),
        control,
      }),
    );
  }

  /** The ids are divided where they are; the rows are joined where other nodes run. */
  private lookUp(node: NodeHandle, parts: readonly Value[]): NodeHandle {
    const { builder } = this;
    const { name, inputs } = node;
    const starts = [0];
    for (const { spec } of parts) starts.push(starts.at(-1)! + spec.shape[0]!);
    const ids = this.copyOf(inputs[1]!);
    const besideIds = builder.authored.getNodeAttribute(ids.node.name, 'device');
    const own = builder.node(
      idsOfParts,
      [ids],
      { starts },
      { name: `${name}/ids`, device: besideIds },
    ).outputs;
    const rows = parts.map((part, i) =>
      builder.add(
        gather,
        [part, own[i]!],
        { axis: 0 },
        {
          name: `${name}/part_${i}`,
          device: this.options.homeOf(inputs[0]!.node, i),
          colocateWith: part.node,
        },
      ),
    );
    return builder.node(joinRows, [ids, ...rows], { starts }, { name, device: this.options.deviceOf(node) });
  }
}

/** The variable in which a node looks up rows where the variable is; undefined for other nodes. */
export function colocatedTable(
  builder: GraphBuilder,
  { name, op, attrs, inputs }: NodeHandle,
): NodeHandle | undefined {
  if (op.name !== gather.name || (attrs as GatherAttrs).axis !== 0) return undefined;
  const table = inputs[0]!.node;
  const beside = builder.authored.getNodeAttribute(name, 'colocateWith') === table.id;
  return table.op.name === variable.name && beside ? table : undefined;
}

function partAttrs({ name, attrs }: NodeHandle, rows: readonly number[]): VariableAttrs[] {
  const {
    shape,
    whole = shape,
    origin = shape.map(() => 0),
    drawnAs = name,
    ...rest
  } = attrs as unknown as VariableAttrs;
  invariant(rest.initializer !== 'value', `${name} has a value that is not drawn`);
  let first = origin[0]!;
  return rows.map((extent) => {
    const part = { ...rest, shape: shape.with(0, extent), whole, origin: origin.with(0, first), drawnAs };
    first += extent;
    return part;
  });
}

/** Ids of the nodes that a node waits for beside its inputs. */
function controlOf({ authored }: GraphBuilder, { name }: NodeHandle): number[] {
  const ids: number[] = [];
  authored.forEachInboundEdge(name, (_edge, { output }, _source, _target, from) => {
    if (output === -1) ids.push(from.handle.id);
  });
  return ids;
}
