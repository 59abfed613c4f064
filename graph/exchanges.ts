import { invariant, UserError } from '../base/errors.ts';
import { getOrMake } from '../base/get-or-make.ts';
import { inputSpecs, outputSpecs } from './graph.ts';
import { COLLECTIVE_OF_OP } from './ops/collective.ts';
import type { PartitionedGraph } from './partition.ts';
import { type CollectiveGroup, type Loop, nameIn, type Plan } from './plan.ts';
import { byteCount } from './tensor-spec.ts';

/** What nodes of one or several loops exchange, once per step of each. */
export interface Exchange {
  /** Of the nodes. */
  readonly name: string;
  /** A collective of devices/collectives, and an algorithm for it or `auto`. */
  readonly collective: string;
  readonly algorithm: string;
  /** The vector that each rank brings; of an all-gather, that each ends with. */
  readonly bytes: number;
  readonly group: CollectiveGroup;
  /** In the order of their ranks. Ranks that others stand for have none. */
  readonly members: readonly { readonly loop: number; readonly node: number; readonly rank: number }[];
}

export interface PlannedExchanges {
  readonly exchanges: readonly Exchange[];
  /** Per loop: the number of the exchange that a node of its template takes part in. */
  readonly exchangeOf: readonly ReadonlyMap<number, number>[];
}

/**
 * Who meets whom in a plan: nodes of kinds AllReduce, AllGather … of equal group and equal name, over all loops.
 *
 * @throws InternalError where ranks are missing or there twice; UserError where they bring tensors of different sizes.
 */
export function plannedExchanges({ groups = [], loops }: Plan): PlannedExchanges {
  const groupNamed = new Map(groups.map((group) => [group.name, group]));
  const nodesOf = new Map<PartitionedGraph, number[]>();
  const numbers = new Map<string, number>();
  const found: (Exchange & { readonly members: { loop: number; node: number; rank: number }[] })[] = [];
  const exchangeOf = loops.map((loop, l) => {
    const { graph, device } = loop.template;
    const own = new Map<number, number>();
    for (const node of getOrMake(nodesOf, loop.template, () => collectiveNodes(loop.template))) {
      const name = graph.name[node]!;
      const groupName = nameIn(String(graph.attrs[node]!.group), loop);
      const group = groupNamed.get(groupName);
      invariant(group !== undefined, `${name}: the plan declares no group ${groupName}`);
      const rank = group.devices.indexOf(loop.device[device[node]!]!);
      invariant(rank >= 0, `${name}: its device is not in group ${groupName}`);
      const number = getOrMake(numbers, `${groupName} ${name}`, () => {
        return found.push({ name, ...exchanged(loop.template, node), group, members: [] }) - 1;
      });
      found[number]!.members.push({ loop: l, node, rank });
      own.set(node, number);
    }
    return own;
  });
  for (const exchange of found) check(exchange, loops);
  return { exchanges: found, exchangeOf };
}

function collectiveNodes({ graph }: PartitionedGraph): number[] {
  return graph.op.flatMap((op, node) => (COLLECTIVE_OF_OP[op] === undefined ? [] : [node]));
}

function exchanged(
  { graph }: PartitionedGraph,
  node: number,
): Pick<Exchange, 'collective' | 'algorithm' | 'bytes'> {
  const collective = COLLECTIVE_OF_OP[graph.op[node]!]!;
  const specs = collective === 'all-gather' ? outputSpecs(graph, node) : inputSpecs(graph, node);
  return {
    collective,
    algorithm: String(graph.attrs[node]!.algorithm),
    bytes: specs.reduce((sum, spec) => sum + byteCount(spec), 0),
  };
}

function check(
  { name, group, members, bytes }: Exchange & { readonly members: { rank: number }[] },
  loops: readonly Loop[],
): void {
  members.sort((a, b) => a.rank - b.rank);
  const ranks = new Set(members.map(({ rank }) => rank));
  invariant(ranks.size === members.length, `${name}: a rank of group ${group.name} takes part twice`);
  const folded = members.some(({ loop }) => loops[loop]!.standsForOthers === true);
  invariant(
    folded || members.length === group.devices.length,
    `${name}: ${members.length} of the ${group.devices.length} ranks of group ${group.name} take part`,
  );
  for (const { loop, node } of members) {
    if (exchanged(loops[loop]!.template, node).bytes !== bytes)
      throw new UserError(`${name}: the ranks of group ${group.name} bring tensors of different sizes`);
  }
}
