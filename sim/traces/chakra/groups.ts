import { UserError } from '../../../base/errors.ts';
import { quoted } from '../../../base/text.ts';
import { type ChakraNode, type ChakraTrace, NodeType } from './schema.ts';

/**
 * Ranks of each process group by name, as the metadata nodes of converted PyTorch traces list them: a JSON array of
 * {pg_name, ranks} inside a list of one text. A group without ranks has all of them.
 *
 * @throws UserError where a metadata node has something that looks like such a list and is none.
 */
export function processGroups(traces: readonly ChakraTrace[]): ReadonlyMap<string, readonly number[]> {
  const all = traces.map((_, rank) => rank);
  const groups = new Map<string, readonly number[]>();
  for (const { file, nodes } of traces) {
    for (const node of nodes) {
      if (node.type !== NodeType.metadata || !node.inputs?.includes('pg_name')) continue;
      for (const { pg_name: name, ranks } of listedGroups(node, file)) {
        groups.set(String(name), ranks.length === 0 ? all : ranks);
      }
    }
  }
  return groups;
}

interface ListedGroup {
  readonly pg_name: string | number;
  readonly ranks: readonly number[];
}

function listedGroups({ id, inputs = '' }: ChakraNode, file: string): ListedGroup[] {
  try {
    const listed: unknown = JSON.parse(inputs.slice(inputs.indexOf("'") + 1, inputs.lastIndexOf("'")));
    const isGroup = (item: Partial<ListedGroup> | null): item is ListedGroup =>
      (typeof item?.pg_name === 'string' || typeof item?.pg_name === 'number') &&
      Array.isArray(item.ranks) &&
      item.ranks.every((rank) => Number.isSafeInteger(rank) && rank >= 0);
    if (Array.isArray(listed) && listed.every(isGroup)) return listed;
  } catch {
    // Said below.
  }
  throw new UserError(`${file}: node ${id}: process groups that cannot be read: ${quoted(inputs)}`);
}

/**
 * The ranks that take part in a collective: those of its `pg_name`, or all. Listed ranks of which there is no trace do
 * not take part: what they send is unknown.
 */
export function ranksOf(
  node: ChakraNode,
  { file }: ChakraTrace,
  groups: ReadonlyMap<string, readonly number[]>,
  ranks: number,
): { readonly group: string; readonly ranks: readonly number[] } {
  const group = String(node.attributes.get('pg_name') ?? '');
  const listed = group === '' ? undefined : groups.get(group);
  if (group !== '' && listed === undefined && groups.size > 0) {
    throw new UserError(`${file}: node ${node.id}: no metadata lists the process group ${quoted(group)}`);
  }
  const dimensions = node.attributes.get('involved_dim');
  if (ranks > 1 && group === '' && Array.isArray(dimensions) && dimensions.includes(false)) {
    throw new UserError(
      `${file}: node ${node.id}: a collective over some dimensions of a topology; only process groups are understood`,
    );
  }
  const all = Array.from({ length: ranks }, (_, rank) => rank);
  return { group, ranks: listed?.filter((rank) => rank < ranks) ?? all };
}
