import type { GraphBuilder, NodeHandle, Value } from '../../graph/builder.ts';
import type { VariableAttrs } from '../../graph/ops/state.ts';
import { colocatedTable } from '../../graph/split-variables.ts';
import { byteCount } from '../../graph/tensor-spec.ts';
import type { Chosen } from './options.ts';
import type { serverOptions } from './server-options.ts';

/** A part of a variable by rows, or all of it, and the task of its parameter server. */
export interface VariableHome {
  readonly rows: number;
  readonly task: number;
}

/**
 * The homes of a model's variables in `model`, in the order in which they were authored.
 *
 * - `bytes`: the server with the fewest bytes so far (TensorFlow's GreedyLoadBalancingStrategy with byte_size_load_fn; ties:
 *   lowest task).
 * - `round-robin`: one server after the other (TensorFlow's replica_device_setter as it is by default).
 * - `load`: the server of which a step moves the fewest bytes so far: what is read of a variable, and of those that are
 *   trained as much again for the gradient; of tables that are looked up, the rows.
 *
 * Variables that ask for a server themselves come before all others.
 *
 * A parameter of more than `split_above` bytes is cut by rows into ⌈bytes / split_above⌉ parts, at most one per server, all of
 * the same number of rows or one more (TensorFlow's variable_axis_size_partitioner, whose documentation recommends just
 * under 64 MiB). Those stay whole that have a value given, or something beside them other than lookups.
 */
export function variableHomes(
  model: GraphBuilder,
  parameters: readonly Value[],
  servers: number,
  { homes, split_above }: Chosen<typeof serverOptions>,
): ReadonlyMap<NodeHandle, readonly VariableHome[]> {
  const trained = new Set(parameters.map(({ node }) => node));
  const uses = variableUses(model);
  const load = new Float64Array(servers);
  const weightOf = (node: NodeHandle): number => {
    const bytes = byteCount(node.outputs[0]!.spec);
    if (homes !== 'load') return bytes;
    return (uses.get(node)!.rowBytes ?? bytes) * (trained.has(node) ? 2 : 1);
  };
  const found = new Map<NodeHandle, VariableHome[]>();
  for (const node of uses.keys()) {
    const task = taskOf(model.authored.getNodeAttribute(node.name, 'device'));
    if (task === undefined) continue;
    found.set(node, [{ rows: rowsOf(node), task }]);
    load[task]! += weightOf(node);
  }
  let next = 0;
  for (const [node, { divisible }] of uses) {
    if (found.has(node)) continue;
    const rows = rowsOf(node);
    const parts = Math.ceil(byteCount(node.outputs[0]!.spec) / split_above);
    const count = divisible && trained.has(node) ? Math.max(1, Math.min(servers, rows, parts)) : 1;
    const ofParts = Array.from({ length: count }, (_, part): VariableHome => {
      const own = Math.floor(rows / count) + (part < rows % count ? 1 : 0);
      const task = homes === 'round-robin' ? next++ % servers : load.indexOf(Math.min(...load));
      load[task]! += count === 1 ? weightOf(node) : weightOf(node) * (own / rows);
      return { rows: own, task };
    });
    found.set(node, ofParts);
  }
  return found;
}

/** Extent of the first axis; 1 of a scalar. */
function rowsOf({ outputs }: NodeHandle): number {
  return outputs[0]!.spec.shape[0] ?? 1;
}

interface VariableUse {
  /** Whether it has rows, drawn one by one, and nothing other than lookups is to run beside it. */
  divisible: boolean;
  /** Bytes of the rows that are looked up beside it; undefined where all of it is read. */
  rowBytes: number | undefined;
}

/** Per variable, in the order in which they were authored. */
function variableUses(model: GraphBuilder): Map<NodeHandle, VariableUse> {
  const uses = new Map<NodeHandle, VariableUse>();
  const readWhole = new Set<NodeHandle>();
  for (const node of model.nodes) {
    if (node.op.name === 'Variable') {
      const { shape, initializer } = node.attrs as unknown as VariableAttrs;
      uses.set(node, { divisible: shape.length > 0 && initializer !== 'value', rowBytes: undefined });
    }
    const table = colocatedTable(model, node);
    if (table !== undefined) {
      const use = uses.get(table)!;
      use.rowBytes = (use.rowBytes ?? 0) + byteCount(node.outputs[0]!.spec);
      continue;
    }
    for (const input of node.inputs) readWhole.add(input.node);
    const beside = uses.get(model.nodes[model.authored.getNodeAttribute(node.name, 'colocateWith')]!);
    if (beside !== undefined) beside.divisible = false;
  }
  for (const node of readWhole) {
    const use = uses.get(node);
    if (use !== undefined) use.rowBytes = undefined;
  }
  return uses;
}

/** Task of the parameter server that a device hint names; undefined where it names none. */
export function taskOf(hint: string): number | undefined {
  const task = /^\/job:ps\/task:(\d+)/.exec(hint)?.[1];
  return task === undefined ? undefined : Number(task);
}
