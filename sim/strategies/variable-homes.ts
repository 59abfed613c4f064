import { formatBytes, parseQuantity } from '../../base/units.ts';
import type { GraphBuilder, NodeHandle, Value } from '../../graph/builder.ts';
import type { VariableAttrs } from '../../graph/ops/state.ts';
import { colocatedTable } from '../../graph/split-variables.ts';
import { byteCount } from '../../graph/tensor-spec.ts';
import { bytesOption, type Chosen, choiceOption } from './options.ts';

/** Options of every strategy whose variables live on parameter servers. */
export const serverOptions = {
  homes: choiceOption(
    ['bytes', 'round-robin', 'load'],
    'Where variables live: each on the server with the fewest bytes so far, on one server after the other, or on the server that steps move the fewest bytes from and to.',
  ),
  split_above: bytesOption('64 MiB', 'Larger parameters are divided by rows among the servers.'),
} as const;

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
 * A parameter of more than `split_above` bytes is cut by rows into the fewest parts that are not larger, at most one per
 * server, all of the same number of rows or one more (TensorFlow's variable_axis_size_partitioner, whose documentation
 * recommends just under 64 MiB). Those stay whole that have a value given, or something beside them other than lookups.
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
  let next = 0;
  const found = new Map<NodeHandle, VariableHome[]>();
  for (const [node, { wholeOnly, rowBytes }] of uses) {
    const { spec } = node.outputs[0]!;
    const bytes = byteCount(spec);
    const given = (node.attrs as unknown as VariableAttrs).initializer === 'value';
    const divides = trained.has(node) && !wholeOnly && !given && spec.shape.length > 0;
    const rows = spec.shape[0] ?? 1;
    const count =
      divides && bytes > split_above ? Math.min(servers, rows, Math.ceil(bytes / split_above)) : 1;
    const moved = (rowBytes ?? bytes) * (trained.has(node) ? 2 : 1);
    found.set(
      node,
      Array.from({ length: count }, (_, part) => {
        const own = Math.floor(rows / count) + (part < rows % count ? 1 : 0);
        const share = rows === 0 ? 1 : own / rows;
        const task = homes === 'round-robin' ? next++ % servers : load.indexOf(Math.min(...load));
        load[task]! += (homes === 'load' ? moved : bytes) * share;
        return { rows: own, task };
      }),
    );
  }
  return found;
}

interface VariableUse {
  /** Whether nodes other than lookups are to run beside it. */
  wholeOnly: boolean;
  /** Bytes of the rows that are looked up beside it; undefined where all of it is read. */
  rowBytes: number | undefined;
}

function variableUses(model: GraphBuilder): Map<NodeHandle, VariableUse> {
  const uses = new Map<NodeHandle, VariableUse>();
  const readWhole = new Set<NodeHandle>();
  for (const node of model.nodes) {
    if (node.op.name === 'Variable') uses.set(node, { wholeOnly: false, rowBytes: undefined });
    const table = colocatedTable(model, node);
    if (table !== undefined) {
      const use = uses.get(table)!;
      use.rowBytes = (use.rowBytes ?? 0) + byteCount(node.outputs[0]!.spec);
      continue;
    }
    for (const input of node.inputs) readWhole.add(input.node);
    const beside = uses.get(model.nodes[model.authored.getNodeAttribute(node.name, 'colocateWith')]!);
    if (beside !== undefined) beside.wholeOnly = true;
  }
  for (const node of readWhole) {
    const use = uses.get(node);
    if (use !== undefined) use.rowBytes = undefined;
  }
  return uses;
}

const DEFAULT_SPLIT = parseQuantity(serverOptions.split_above.value, 'bytes');

/** What tells runs with other homes than by default apart, after a strategy's label. */
export function homesLabel({ homes, split_above }: Chosen<typeof serverOptions>): string {
  const where = homes === serverOptions.homes.value ? '' : `, variables by ${homes}`;
  return split_above === DEFAULT_SPLIT ? where : `${where}, split above ${formatBytes(split_above)}`;
}
