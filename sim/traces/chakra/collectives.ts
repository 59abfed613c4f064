import { UserError } from '../../../base/errors.ts';
import { quoted } from '../../../base/text.ts';
import { planCollective } from '../../../devices/collectives/index.ts';
import type { ActivityGraphBuilder } from '../../activity-graph.ts';
import { type CollectiveSetting, writeCollective } from '../../collectives/write-collective.ts';
import { ranksOf } from './groups.ts';
import { type ChakraNode, type ChakraTrace, COLLECTIVE_TYPES } from './schema.ts';
import { bytesOf, calledNode, sizeOf } from './work.ts';

export interface CollectiveSystem {
  /** By collective; ALGORITHMS unless given. */
  readonly algorithms?: { readonly [collective: string]: string };
  /** How ranks take part in collectives. */
  readonly collectives?: Pick<
    CollectiveSetting,
    'memoryBytesPerSecond' | 'endpointSeconds' | 'splits' | 'splitsAtOnce' | 'clock'
  >;
}

/** What collectives are made of where nothing is said. */
export const ALGORITHMS: { readonly [collective: string]: string } = {
  'all-reduce': 'ring',
  'reduce-scatter': 'ring',
  'all-gather': 'ring',
  'all-to-all': 'direct',
  broadcast: 'tree',
  reduce: 'tree',
};

/** One rank's part in a collective. */
interface Part {
  readonly node: ChakraNode;
  readonly file: string;
  readonly rank: number;
  /** The node's index in its rank's trace. */
  readonly index: number;
  /** The activity after which the rank is ready for it. */
  readonly ready: number;
}

/** Brings the ranks of collectives together: the k-th of a group, by node ids, is the same on all its ranks. */
export class Collectives {
  private readonly write: ActivityGraphBuilder;
  private readonly system: CollectiveSystem;
  private readonly groups: ReadonlyMap<string, readonly number[]>;
  private readonly rankCount: number;
  /** By name of the group: its ranks, and what each does in it, in order. */
  private readonly taken = new Map<string, { readonly ranks: readonly number[]; readonly parts: Part[][] }>();

  constructor(
    write: ActivityGraphBuilder,
    system: CollectiveSystem,
    groups: ReadonlyMap<string, readonly number[]>,
    rankCount: number,
  ) {
    this.write = write;
    this.system = system;
    this.groups = groups;
    this.rankCount = rankCount;
  }

  /** Whether there is no trace of any peer. */
  isAlone(node: ChakraNode, trace: ChakraTrace): boolean {
    return ranksOf(node, trace, this.groups, this.rankCount).ranks.length === 1;
  }

  take(node: ChakraNode, trace: ChakraTrace, rank: number, index: number, ready: number): void {
    const { group, ranks } = ranksOf(node, trace, this.groups, this.rankCount);
    const place = ranks.indexOf(rank);
    if (place < 0) {
      throw new UserError(
        `${calledNode(node, trace.file)}: rank ${rank} is not in the group ${quoted(group)}`,
      );
    }
    let known = this.taken.get(group);
    if (known === undefined) {
      known = { ranks, parts: ranks.map(() => []) };
      this.taken.set(group, known);
    }
    known.parts[place]!.push({ node, file: trace.file, rank, index, ready });
  }

  /** Writes them all, and says after which activity each part is done. */
  finish(): { readonly rank: number; readonly index: number; readonly done: number }[] {
    return [...this.taken.values()].flatMap(({ parts: lists }) => {
      const times = Math.max(...lists.map((list) => list.length));
      return Array.from({ length: times }, (_, k) => {
        const parts = lists.map((list, place) => list[k] ?? missing(lists, place, k));
        const done = this.together(parts);
        return parts.map(({ rank, index }, place) => ({ rank, index, done: done[place]! }));
      }).flat();
    });
  }

  private together(parts: readonly Part[]): ArrayLike<number> {
    const { node, file } = parts[0]!;
    const collective = collectiveOf(parts[0]!);
    const bytes = bytesOf(node, file);
    for (const other of parts) {
      const theirs = `${collectiveOf(other)} of ${bytesOf(other.node, other.file)} bytes`;
      if (theirs === `${collective} of ${bytes} bytes`) continue;
      throw new UserError(
        `${calledNode(node, file)} is ${collective} of ${bytes} bytes, but its counterpart ${calledNode(other.node, other.file)} is ${theirs}`,
      );
    }
    if (collective === 'barrier') return this.barrier(parts);
    const ranks = parts.length;
    const algorithm = this.system.algorithms?.[collective] ?? ALGORITHMS[collective];
    if (algorithm === undefined) {
      throw new UserError(`${calledNode(node, file)}: ${collective} between ranks is not modelled`);
    }
    const plan = planCollective(collective, algorithm, {
      ranks,
      // comm_size is what each rank brings; the vector that all have afterwards is `ranks` times as long.
      bytes: collective === 'all-gather' ? ranks * bytes : bytes,
      root: Math.max(
        0,
        parts.findIndex(({ rank }) => rank === node.attributes.get('root_rank')),
      ),
    });
    return writeCollective(this.write, plan, {
      ...this.system.collectives,
      devices: parts.map(({ rank }) => rank),
      after: parts.map(({ ready }) => ready),
    });
  }

  private barrier(parts: readonly Part[]): number[] {
    const meeting = this.write.join('barrier');
    for (const { ready } of parts) this.write.after(ready, meeting);
    return parts.map(() => meeting);
  }
}

function missing(lists: readonly (readonly Part[])[], place: number, k: number): never {
  const { node, file } = lists.find((list) => list.length > k)![k]!;
  throw new UserError(`${calledNode(node, file)}: rank ${place} of its group takes no part in it`);
}

function collectiveOf({ node, file }: Part): string {
  const type = sizeOf(node, file, 'comm_type') ?? 0;
  const collective = COLLECTIVE_TYPES[type];
  if (collective === undefined) throw new UserError(`${calledNode(node, file)}: unknown comm_type ${type}`);
  return collective === 'reduce-scatter-block' ? 'reduce-scatter' : collective;
}
